package lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;

/** Recipes whose server, or whose leader, is killed under them and started again. */
final class CuratorFaults {
  private static final int SHORT_MS = 300;
  private static final int LONG_S = 20;

  private CuratorFaults() {}

  static void addTo(Cases cases) {
    cases.add("a mutex is kept while its holder's server is killed", lab -> mutex(lab, false));
    cases.add("a mutex is kept while the leader is killed", lab -> mutex(lab, true));
    cases.add("a leader latch while the leader is killed", CuratorFaults::latch);
    cases.add("a cache while its server is killed", lab -> cache(lab, false));
    cases.add("a cache while the leader is killed", lab -> cache(lab, true));
    cases.add("a persistent node while all servers are killed", CuratorFaults::node);
    cases.add("counting while the leader is killed", CuratorFaults::counting);
  }

  /** The client address of the server that it is connected to. */
  private static String serverOf(CuratorFramework client) throws Exception {
    String text = client.getZookeeperClient().getZooKeeper().toString();
    return text.replaceAll("(?s).*remoteserver:\\S*?127\\.0\\.0\\.1(?::|/<unresolved>:)(\\d+).*", "127.0.0.1:$1");
  }

  private static void kill(Lab lab, CuratorFramework client, boolean isLeader) throws Exception {
    lab.kill(isLeader ? "leader" : serverOf(client));
  }

  private static Object mutex(Lab lab, boolean isLeader) throws Exception {
    String path = lab.root + "/lock";
    CuratorFramework holder = CuratorBasics.client(lab);
    CuratorFramework waiter = CuratorBasics.client(lab);
    List<ConnectionState> states = java.util.Collections.synchronizedList(new ArrayList<>());
    holder.getConnectionStateListenable().addListener((client, state) -> states.add(state));
    InterProcessMutex held = new InterProcessMutex(holder, path);
    InterProcessMutex wanted = new InterProcessMutex(waiter, path);
    held.acquire();
    kill(lab, holder, isLeader);
    Seen seen = new Seen();
    seen.of("another one gets it meanwhile", () -> wanted.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    seen.of("nodes", () -> held.getParticipantNodes().size());
    lab.start("all");
    seen.of("afterwards", () -> wanted.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
    seen.of("still mine", () -> held.isAcquiredInThisProcess());
    seen.ok("released", () -> held.release());
    seen.of("then another one gets it", () -> wanted.acquire(LONG_S, TimeUnit.SECONDS));
    seen.of("session lost", () -> states.contains(ConnectionState.LOST));
    if (!isLeader) {
      Lab.until("reconnected", () -> states.contains(ConnectionState.RECONNECTED));
      seen.of("states", () -> states.stream().map(Enum::name).distinct().toList());
    }
    return seen;
  }

  private static Object latch(Lab lab) throws Exception {
    List<LeaderLatch> latches = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      LeaderLatch latch = lab.closed(new LeaderLatch(CuratorBasics.client(lab), lab.root + "/latch", "id" + i));
      latch.start();
      latches.add(latch);
    }
    Lab.until("one leads", () -> leading(latches) == 1);
    lab.kill("leader");
    lab.start("all");
    Seen seen = new Seen();
    Lab.until("one leads again", () -> leading(latches) == 1);
    LeaderLatch first = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElseThrow();
    LeaderLatch second = latches.get(first == latches.get(0) ? 1 : 0);
    first.close();
    seen.of("the other leads", () -> second.await(LONG_S, TimeUnit.SECONDS));
    return seen;
  }

  private static long leading(List<LeaderLatch> latches) {
    return latches.stream().filter(LeaderLatch::hasLeadership).count();
  }

  private static Object cache(Lab lab, boolean isLeader) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    CuratorFramework other = CuratorBasics.client(lab);
    CuratorCaches.Told told = new CuratorCaches.Told();
    CuratorCaches.cacheOf(lab, client, lab.root, told);
    told.until("initialized");
    kill(lab, client, isLeader);
    other.create().orSetData().forPath(lab.root + "/a", ZnodeCases.b("1"));
    Seen seen = new Seen();
    seen.ok("while it is dead", () -> told.until("created " + lab.root + "/a 1"));
    lab.start("all");
    other.create().orSetData().forPath(lab.root + "/b", ZnodeCases.b("2"));
    seen.ok("after it", () -> told.until("created " + lab.root + "/b 2"));
    return seen;
  }

  private static Object node(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String path = lab.root + "/n";
    PersistentNode node = lab.closed(new PersistentNode(client, CreateMode.EPHEMERAL, false, path, ZnodeCases.b("x")));
    node.start();
    node.waitForInitialCreate(LONG_S, TimeUnit.SECONDS);
    lab.kill("all");
    lab.start("all");
    CuratorFramework other = CuratorBasics.client(lab);
    Lab.until("it is there", () -> other.checkExists().forPath(path) != null);
    return new Seen().of("data", () -> other.getData().forPath(path));
  }

  private static Object counting(Lab lab) throws Exception {
    DistributedAtomicLong number =
        new DistributedAtomicLong(CuratorBasics.client(lab), lab.root + "/n", new RetryNTimes(1_000, 10));
    CompletableFuture<Integer> succeeded = CompletableFuture.supplyAsync(() -> {
      int count = 0;
      for (int i = 0; i < 200; i++) {
        try {
          if (number.increment().succeeded()) count++;
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      }
      return count;
    });
    lab.kill("leader");
    lab.start("all");
    int count = Lab.within(succeeded);
    Seen seen = new Seen();
    // An increment whose answer was lost may count and be repeated: never fewer than were told.
    return seen.of("at least what was told", () -> number.get().postValue() >= count);
  }
}
