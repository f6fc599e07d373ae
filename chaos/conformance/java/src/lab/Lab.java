package lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs;

/** What one case works with: a place in the tree of its own, clients, and an end that closes them. */
final class Lab implements AutoCloseable {
  static final int SESSION_TIMEOUT_MS = 30_000;
  private static final int PATIENCE_S = 20;
  private static final int RETRIES_MAX = 50;

  /** An existing, empty znode. */
  final String root;
  private final List<AutoCloseable> closing = new ArrayList<>();
  private boolean isAnyDead;

  Lab(String suite, String name) throws Exception {
    String top = "/" + suite;
    root = top + "/" + name.replaceAll("[^a-zA-Z0-9]+", "-");
    try (LabClient zk = LabClient.connected(Cluster.HOSTS, new Events())) {
      try {
        zk.create(top, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      } catch (KeeperException.NodeExistsException exists) {
        // By the case before.
      }
      if (zk.exists(root, false) != null) ZKUtil.deleteRecursive(zk, root);
      zk.create(root, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      for (String server : Cluster.SERVERS) syncOn(server);
    }
  }

  /** So that a client on any server finds the case's place. */
  private void syncOn(String server) throws Exception {
    try (LabClient zk = LabClient.connected(server, new Events())) {
      zk.fence();
    }
  }

  LabClient client() throws Exception {
    return client(new Events());
  }

  LabClient client(Watcher watcher) throws Exception {
    return closed(LabClient.connected(Cluster.HOSTS, watcher));
  }

  /** A client of one server, or with a chroot. */
  LabClient client(String connectString) throws Exception {
    return closed(LabClient.connected(connectString, new Events()));
  }

  /** Has this closed when the case ends, last first. */
  <T extends AutoCloseable> T closed(T closeable) {
    closing.add(closeable);
    return closeable;
  }

  void kill(String server) throws IOException {
    Cluster.kill(server);
    isAnyDead = true;
  }

  void start(String server) throws IOException {
    Cluster.start(server);
    if (server.equals("all")) isAnyDead = false;
  }

  /** Repeats a call that loses its connection while servers die, until it gets through. */
  static <T> T persistently(java.util.concurrent.Callable<T> call) throws Exception {
    for (int tries = 1;; tries++) {
      try {
        return call.call();
      } catch (KeeperException.ConnectionLossException lost) {
        if (tries == RETRIES_MAX) throw lost;
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  /** For what tells nobody when it happens. */
  static void until(String what, Condition condition) throws Exception {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (!condition.holds()) {
      if (System.nanoTime() > deadlineNs) throw new IllegalStateException("never: " + what);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  static <T> T within(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_S, TimeUnit.SECONDS);
  }

  /** Serves no more cases: closes what was opened, and leaves no server dead behind a failure. */
  @Override
  public void close() throws Exception {
    if (isAnyDead) start("all");
    for (int i = closing.size() - 1; i >= 0; i--) {
      AutoCloseable each = closing.get(i);
      try {
        within(CompletableFuture.runAsync(() -> closeNow(each)));
      } catch (Exception error) {
        System.err.println("closing " + each + ": " + error);
      }
    }
  }


  private static void closeNow(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
