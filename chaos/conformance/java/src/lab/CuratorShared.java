package lab;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;

/** What clients share: barriers, queues, numbers. */
final class CuratorShared {
  private static final int SHORT_MS = 300;
  private static final int LONG_S = 20;

  private CuratorShared() {}

  static void addTo(Cases cases) {
    cases.add("barrier", CuratorShared::barrier);
    cases.add("double barrier", CuratorShared::doubleBarrier);
    cases.add("queue", CuratorShared::queue);
    cases.add("priority queue", CuratorShared::priorityQueue);
    cases.add("simple queue", CuratorShared::simpleQueue);
    cases.add("shared count", CuratorShared::sharedCount);
    cases.add("shared value", CuratorShared::sharedValue);
    cases.add("atomic long", CuratorShared::atomicLong);
  }

  private static Object barrier(Lab lab) throws Exception {
    String path = lab.root + "/barrier";
    DistributedBarrier one = new DistributedBarrier(CuratorBasics.client(lab), path);
    CuratorFramework waiting = CuratorBasics.client(lab);
    DistributedBarrier two = new DistributedBarrier(waiting, path);
    Seen seen = new Seen();
    one.setBarrier();
    waiting.sync().forPath(path);
    seen.of("closed", () -> two.waitOnBarrier(SHORT_MS, TimeUnit.MILLISECONDS));
    CompletableFuture<Boolean> passed = CompletableFuture.supplyAsync(() -> {
      try {
        return two.waitOnBarrier(LONG_S, TimeUnit.SECONDS);
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    });
    one.removeBarrier();
    return seen.of("opened", () -> Lab.within(passed));
  }

  private static Object doubleBarrier(Lab lab) throws Exception {
    String path = lab.root + "/double";
    List<CompletableFuture<String>> members = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(CuratorBasics.client(lab), path, 3);
      members.add(CompletableFuture.supplyAsync(() -> {
        try {
          return barrier.enter(LONG_S, TimeUnit.SECONDS) + " " + barrier.leave(LONG_S, TimeUnit.SECONDS);
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      }, task -> new Thread(task).start()));
    }
    Seen seen = new Seen();
    for (int i = 0; i < 3; i++) {
      CompletableFuture<String> member = members.get(i);
      seen.of("member " + i, () -> Lab.within(member));
    }
    DistributedDoubleBarrier alone = new DistributedDoubleBarrier(CuratorBasics.client(lab), path + "2", 2);
    return seen.of("alone", () -> alone.enter(SHORT_MS, TimeUnit.MILLISECONDS));
  }

  private static final QueueSerializer<String> TEXT = new QueueSerializer<>() {
    @Override
    public byte[] serialize(String item) {
      return ZnodeCases.b(item);
    }

    @Override
    public String deserialize(byte[] bytes) {
      return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    }
  };

  private static final class Taken implements QueueConsumer<String> {
    final List<String> items = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void consumeMessage(String message) {
      items.add(message);
    }

    @Override
    public void stateChanged(CuratorFramework client, ConnectionState newState) {}
  }

  private static Object queue(Lab lab) throws Exception {
    Taken taken = new Taken();
    String path = lab.root + "/queue";
    DistributedQueue<String> producer = lab.closed(
        QueueBuilder.builder(CuratorBasics.client(lab), null, TEXT, path).buildQueue());
    producer.start();
    for (int i = 0; i < 10; i++) producer.put("item " + i);
    producer.flushPuts(LONG_S, TimeUnit.SECONDS);
    DistributedQueue<String> consumer = lab.closed(QueueBuilder
        .builder(CuratorBasics.client(lab), taken, TEXT, path).lockPath(lab.root + "/locks").buildQueue());
    consumer.start();
    Lab.until("all are taken", () -> taken.items.size() == 10);
    return new Seen().of("items", () -> taken.items.stream().sorted().toList());
  }

  private static Object priorityQueue(Lab lab) throws Exception {
    Taken taken = new Taken();
    String path = lab.root + "/queue";
    DistributedPriorityQueue<String> producer = lab.closed(
        QueueBuilder.builder(CuratorBasics.client(lab), null, TEXT, path).buildPriorityQueue(1));
    producer.start();
    for (int priority : new int[] {5, 1, 9, -3}) producer.put("priority " + priority, priority);
    producer.flushPuts(LONG_S, TimeUnit.SECONDS);
    DistributedPriorityQueue<String> consumer = lab.closed(
        QueueBuilder.builder(CuratorBasics.client(lab), taken, TEXT, path).buildPriorityQueue(1));
    consumer.start();
    Lab.until("all are taken", () -> taken.items.size() == 4);
    return new Seen().of("items", () -> taken.items.stream().sorted().toList());
  }

  private static Object simpleQueue(Lab lab) throws Exception {
    SimpleDistributedQueue queue = new SimpleDistributedQueue(CuratorBasics.client(lab), lab.root + "/q");
    Seen seen = new Seen();
    seen.of("poll empty", () -> queue.poll());
    for (String item : new String[] {"a", "b", "c"}) queue.offer(ZnodeCases.b(item));
    seen.of("peek", () -> queue.peek());
    seen.of("take", () -> queue.take());
    seen.of("poll", () -> queue.poll(LONG_S, TimeUnit.SECONDS));
    seen.of("remove", () -> queue.remove());
    return seen.of("poll in vain", () -> queue.poll(SHORT_MS, TimeUnit.MILLISECONDS));
  }

  private static Object sharedCount(Lab lab) throws Exception {
    SharedCount one = lab.closed(new SharedCount(CuratorBasics.client(lab), lab.root + "/count", 7));
    SharedCount two = lab.closed(new SharedCount(CuratorBasics.client(lab), lab.root + "/count", 7));
    one.start();
    two.start();
    Seen seen = new Seen();
    seen.of("seed", () -> one.getCount());
    one.setCount(8);
    Lab.until("the other sees it", () -> two.getCount() == 8);
    seen.of("try", () -> two.trySetCount(two.getVersionedValue(), 9));
    Lab.until("the first sees it", () -> one.getCount() == 9);
    return seen.of("count", () -> one.getCount());
  }

  private static Object sharedValue(Lab lab) throws Exception {
    SharedValue one = lab.closed(new SharedValue(CuratorBasics.client(lab), lab.root + "/value", ZnodeCases.b("a")));
    one.start();
    Seen seen = new Seen();
    var old = one.getVersionedValue();
    seen.of("try", () -> one.trySetValue(old, ZnodeCases.b("b")));
    seen.of("try with the old version", () -> one.trySetValue(old, ZnodeCases.b("c")));
    return seen.of("value", () -> one.getValue());
  }

  private static Object atomicLong(Lab lab) throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      DistributedAtomicLong number =
          new DistributedAtomicLong(CuratorBasics.client(lab), lab.root + "/n", new RetryNTimes(100, 10));
      Thread thread = new Thread(() -> {
        for (int k = 0; k < 10; k++) {
          try {
            while (!number.increment().succeeded()) Thread.onSpinWait();
          } catch (Exception error) {
            throw new IllegalStateException(error);
          }
        }
      });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) thread.join();
    CuratorFramework client = CuratorBasics.client(lab);
    client.sync().forPath(lab.root);
    DistributedAtomicLong number = new DistributedAtomicLong(client, lab.root + "/n", new RetryNTimes(10, 10));
    Seen seen = new Seen();
    seen.of("sum", () -> number.get().postValue());
    seen.of("add", () -> number.add(5L).postValue());
    seen.of("subtract", () -> number.subtract(1L).postValue());
    seen.of("compare and set", () -> number.compareAndSet(34L, 1L).succeeded());
    seen.of("compare and set in vain", () -> number.compareAndSet(34L, 1L).succeeded());
    seen.of("initialize", () -> number.initialize(9L));
    CachedAtomicLong cached = new CachedAtomicLong(number, 10);
    AtomicValue<Long> next = cached.next();
    return seen.of("cached", () -> next.postValue());
  }
}
