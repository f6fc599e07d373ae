package lab;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.ZKClientConfig;

/** The ordinary client, with a gate: while it is shut, a client that lost its connection finds no server. */
final class LabClient extends ZooKeeper {
  private final Gate gate;

  private LabClient(String connectString, int timeoutMs, Watcher watcher, Gate gate, boolean readOnly)
      throws Exception {
    super(connectString, timeoutMs, watcher, readOnly, gate, new ZKClientConfig());
    this.gate = gate;
  }

  static LabClient connected(String connectString, Watcher watcher) throws Exception {
    LabClient zk = opened(connectString, watcher, Lab.SESSION_TIMEOUT_MS, false);
    Lab.until("a connection to " + connectString, () -> zk.getState() == ZooKeeper.States.CONNECTED);
    return zk;
  }

  /** Does not wait for a connection. */
  static LabClient opened(String connectString, Watcher watcher, int timeoutMs, boolean readOnly)
      throws Exception {
    return new LabClient(connectString, timeoutMs, watcher, new Gate(connectString.split("/")[0]), readOnly);
  }

  /** Drops the connection; until `reconnect` there is no other. */
  void disconnect() throws Exception {
    gate.shut();
    getTestable().closeSocket();
    gate.awaitKnock();
  }

  void reconnect() throws Exception {
    gate.open();
    Lab.until("a new connection", () -> getState() == ZooKeeper.States.CONNECTED);
  }

  /** A client that nobody lets in cannot close either. */
  @Override
  public synchronized void close() throws InterruptedException {
    gate.open();
    super.close();
  }

  /** Stops for good without closing the session: the server will have to expire it. */
  void vanish() throws Exception {
    cnxn.disconnect();
  }

  /** The client address of the server that this client is connected to. */
  String server() {
    InetSocketAddress remote = (InetSocketAddress) testableRemoteSocketAddress();
    return "127.0.0.1:" + remote.getPort();
  }

  /** Returns when all that was done before has shown here, and all watch events of it are delivered. */
  void fence() throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    sync("/", (code, path, context) -> {
      if (code == 0) done.complete(null);
      else done.completeExceptionally(KeeperException.create(KeeperException.Code.get(code), path));
    }, null);
    Lab.within(done);
  }

  /** The servers in the order given, none while it is shut. */
  private static final class Gate implements HostProvider {
    private final List<InetSocketAddress> servers;
    private boolean isOpen = true;
    private boolean isKnocking;
    private int next;

    Gate(String hosts) {
      servers = java.util.Arrays.stream(hosts.split(",")).map(each -> {
        String[] parts = each.split(":");
        return new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
      }).toList();
      next = (int) (Math.random() * servers.size());
    }

    synchronized void shut() {
      isOpen = false;
    }

    /** Waits until the client has lost its connection and asks for a server. */
    synchronized void awaitKnock() throws InterruptedException {
      while (!isKnocking) wait();
    }

    synchronized void open() {
      isOpen = true;
      notifyAll();
    }

    @Override
    public int size() {
      return servers.size();
    }

    @Override
    public synchronized InetSocketAddress next(long spinDelayMs) {
      try {
        while (!isOpen) {
          isKnocking = true;
          notifyAll();
          wait();
        }
        isKnocking = false;
        // A whole round without a server is followed by a pause, as in the client's own provider.
        if (spinDelayMs > 0 && next % servers.size() == 0) wait(50);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return servers.get(next++ % servers.size());
    }

    @Override
    public void onConnected() {}

    @Override
    public boolean updateServerList(java.util.Collection<InetSocketAddress> list, InetSocketAddress current) {
      return false;
    }
  }
}
