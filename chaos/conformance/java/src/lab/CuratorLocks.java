package lab;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;

/** One at a time, or a few: locks, semaphores, leaders. */
final class CuratorLocks {
  private static final int SHORT_MS = 300;
  private static final int LONG_S = 20;

  private CuratorLocks() {}

  static void addTo(Cases cases) {
    cases.add("mutex", lab -> exclusive(lab, InterProcessMutex::new));
    cases.add("semaphore mutex", lab -> exclusive(lab, InterProcessSemaphoreMutex::new));
    cases.add("multi lock", lab -> exclusive(lab,
        (client, path) -> new InterProcessMultiLock(client, List.of(path + "/1", path + "/2"))));
    cases.add("read write lock", CuratorLocks::readWrite);
    cases.add("semaphore", CuratorLocks::semaphore);
    cases.add("leader latch", CuratorLocks::leaderLatch);
    cases.add("leader selector", CuratorLocks::leaderSelector);
    cases.add("a mutex's queue is fair and its holder may die", CuratorLocks::holderDies);
  }

  interface Maker {
    InterProcessLock make(CuratorFramework client, String path);
  }

  private static Object exclusive(Lab lab, Maker maker) throws Exception {
    InterProcessLock first = maker.make(CuratorBasics.client(lab), lab.root + "/lock");
    InterProcessLock second = maker.make(CuratorBasics.client(lab), lab.root + "/lock");
    Seen seen = new Seen();
    seen.of("first gets it", () -> first.acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("second does not", () -> second.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    seen.ok("first releases", () -> first.release());
    seen.of("second gets it", () -> second.acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("first does not", () -> first.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    seen.ok("second releases", () -> second.release());
    return seen.ok("second releases again", () -> second.release());
  }

  private static Object readWrite(Lab lab) throws Exception {
    String path = lab.root + "/lock";
    InterProcessReadWriteLock one = new InterProcessReadWriteLock(CuratorBasics.client(lab), path);
    InterProcessReadWriteLock two = new InterProcessReadWriteLock(CuratorBasics.client(lab), path);
    Seen seen = new Seen();
    seen.of("one reads", () -> one.readLock().acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("two reads", () -> two.readLock().acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("two cannot write", () -> two.writeLock().acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    one.readLock().release();
    two.readLock().release();
    seen.of("two writes", () -> two.writeLock().acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("and reads too", () -> two.readLock().acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("one cannot read", () -> one.readLock().acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    two.writeLock().release();
    return seen.of("one reads beside two", () -> one.readLock().acquire(LONG_S, TimeUnit.SECONDS));
  }

  private static Object semaphore(Lab lab) throws Exception {
    String path = lab.root + "/semaphore";
    InterProcessSemaphoreV2 one = new InterProcessSemaphoreV2(CuratorBasics.client(lab), path, 3);
    InterProcessSemaphoreV2 two = new InterProcessSemaphoreV2(CuratorBasics.client(lab), path, 3);
    Seen seen = new Seen();
    List<Lease> leases = new ArrayList<>(one.acquire(2));
    seen.of("third", () -> leases.add(two.acquire(LONG_S, TimeUnit.SECONDS)));
    seen.of("fourth", () -> two.acquire(SHORT_MS, TimeUnit.MILLISECONDS) == null);
    seen.of("participants", () -> one.getParticipantNodes().size());
    one.returnLease(leases.get(0));
    seen.of("fourth, then", () -> two.acquire(LONG_S, TimeUnit.SECONDS) != null);
    return seen;
  }

  private static Object leaderLatch(Lab lab) throws Exception {
    String path = lab.root + "/latch";
    List<LeaderLatch> latches = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      LeaderLatch latch = lab.closed(new LeaderLatch(CuratorBasics.client(lab), path, "id" + i));
      latch.start();
      latches.add(latch);
      int expected = i + 1;
      Lab.until("it takes part", () -> latch.getParticipants().size() == expected);
    }
    Seen seen = new Seen();
    for (int i = 0; i < 3; i++) {
      LeaderLatch latch = latches.get(i);
      seen.of(i + " leads", () -> latch.await(LONG_S, TimeUnit.SECONDS));
      seen.of(i + " is told of", () -> latches.get(2).getLeader().getId());
      seen.of(i + " others", () -> latches.stream().filter(LeaderLatch::hasLeadership).count());
      if (i < 2) latch.close();
    }
    return seen;
  }

  private static Object leaderSelector(Lab lab) throws Exception {
    List<String> led = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch rounds = new CountDownLatch(4);
    List<String> overlaps = Collections.synchronizedList(new ArrayList<>());
    java.util.concurrent.atomic.AtomicInteger leading = new java.util.concurrent.atomic.AtomicInteger();
    for (int i = 0; i < 2; i++) {
      String id = "s" + i;
      LeaderSelector selector = lab.closed(new LeaderSelector(CuratorBasics.client(lab), lab.root + "/selector",
          new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) {
              if (leading.incrementAndGet() > 1) overlaps.add(id);
              led.add(id);
              rounds.countDown();
              leading.decrementAndGet();
            }
          }));
      selector.setId(id);
      selector.autoRequeue();
      selector.start();
    }
    Seen seen = new Seen();
    seen.of("four rounds", () -> rounds.await(LONG_S, TimeUnit.SECONDS));
    return seen.of("two at once", () -> overlaps);
  }

  private static Object holderDies(Lab lab) throws Exception {
    String path = lab.root + "/lock";
    CuratorFramework dying = CuratorBasics.client(lab);
    new InterProcessMutex(dying, path).acquire();
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(3);
    CuratorFramework looking = CuratorBasics.client(lab);
    for (int i = 0; i < 3; i++) {
      CuratorFramework client = CuratorBasics.client(lab);
      String name = "waiter " + i;
      CompletableFuture.runAsync(() -> {
        InterProcessMutex mutex = new InterProcessMutex(client, path);
        try {
          mutex.acquire();
          order.add(name);
          mutex.release();
          all.countDown();
        } catch (Exception error) {
          order.add(name + " " + error);
        }
      });
      int waiting = i + 2;
      Lab.until("it waits", () -> looking.getChildren().forPath(path).size() == waiting);
    }
    dying.close();
    all.await(LONG_S, TimeUnit.SECONDS);
    return new Seen().of("order", () -> order);
  }
}
