package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** Sessions: their timeouts, how they go on elsewhere, and their three ends. */
final class SessionCases {
  private static final int SHORT_MS = 1_000;

  private SessionCases() {}

  static void addTo(Cases cases) {
    cases.add("timeouts are negotiated", SessionCases::timeouts);
    cases.add("a session goes on with its password", SessionCases::goesOn);
    cases.add("a wrong password", SessionCases::wrongPassword);
    cases.add("a closed session", SessionCases::closed);
    cases.add("a session that fell silent expires", SessionCases::expires);
    cases.add("a session goes on on every server", SessionCases::everyServer);
    cases.add("a request that is too large ends the connection only", SessionCases::tooLarge);
  }

  private static Object timeouts(Lab lab) throws Exception {
    Seen seen = new Seen();
    for (int askedMs : new int[] {700, 1_000, 3_333, 10_000, 60_000}) {
      LabClient zk = lab.closed(LabClient.opened(Cluster.HOSTS, new Events(), askedMs, false));
      Lab.until("connected", () -> zk.getState() == ZooKeeper.States.CONNECTED);
      seen.of("asked for " + askedMs + " ms", () -> zk.getSessionTimeout());
    }
    return seen;
  }

  private static ZooKeeper again(Lab lab, Events events, long id, byte[] password) throws Exception {
    ZooKeeper zk = new ZooKeeper(Cluster.HOSTS, Lab.SESSION_TIMEOUT_MS, events, id, password);
    return lab.closed(zk);
  }

  private static Object goesOn(Lab lab) throws Exception {
    LabClient first = lab.client();
    String path = lab.root + "/e";
    first.create(path, null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    first.disconnect();
    Events events = new Events();
    ZooKeeper second = again(lab, events, first.getSessionId(), first.getSessionPasswd());
    events.await(KeeperState.SyncConnected);
    Seen seen = new Seen();
    seen.of("same session", () -> second.getSessionId() == first.getSessionId());
    seen.of("its ephemeral", () -> second.exists(path, false));
    seen.of("owned by it", () -> second.exists(path, false).getEphemeralOwner() == first.getSessionId());
    seen.of("listed", () -> second.getEphemerals());
    second.close();
    LabClient other = lab.client();
    seen.of("after its close", () -> other.exists(path, false));
    return seen;
  }

  private static Object wrongPassword(Lab lab) throws Exception {
    LabClient first = lab.client();
    Seen seen = new Seen();
    for (byte[] password : new byte[][] {new byte[16], new byte[0], new byte[3]}) {
      Events events = new Events();
      ZooKeeper second = again(lab, events, first.getSessionId(), password);
      String label = password.length + " bytes: ";
      seen.ok(label + "told", () -> events.await(KeeperState.Expired));
      seen.of(label + "state", () -> second.getState().name());
    }
    // ZooKeeper drops the connection of a session that somebody else asks for in vain on its server.
    seen.of("the session itself", () -> Lab.persistently(() -> first.exists(lab.root, false)) != null);
    return seen;
  }

  private static Object closed(Lab lab) throws Exception {
    LabClient first = lab.client();
    LabClient other = lab.client();
    first.create(lab.root + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    long id = first.getSessionId();
    byte[] password = first.getSessionPasswd();
    first.close();
    Events events = new Events();
    Seen seen = new Seen();
    seen.of("used", () -> first.exists(lab.root, false));
    ZooKeeper second = again(lab, events, id, password);
    seen.ok("told", () -> events.await(KeeperState.Expired));
    seen.of("afterwards", () -> second.exists(lab.root, false));
    other.fence();
    seen.of("its ephemeral", () -> other.exists(lab.root + "/e", false));
    return seen;
  }

  private static Object expires(Lab lab) throws Exception {
    LabClient silent = lab.closed(LabClient.opened(Cluster.HOSTS, new Events(), SHORT_MS, false));
    LabClient other = lab.client();
    Lab.until("connected", () -> silent.getState() == ZooKeeper.States.CONNECTED);
    silent.create(lab.root + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    silent.create(lab.root + "/p", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    other.fence();
    Events events = new Events();
    other.exists(lab.root + "/e", events);
    silent.vanish();
    Seen seen = new Seen();
    seen.of("event", () -> events.taken(1));
    seen.of("children", () -> other.getChildren(lab.root, false));
    Events told = new Events();
    ZooKeeper late = again(lab, told, silent.getSessionId(), silent.getSessionPasswd());
    seen.ok("told", () -> told.await(KeeperState.Expired));
    return seen.of("state", () -> late.getState().name());
  }

  private static Object everyServer(Lab lab) throws Exception {
    LabClient first = lab.client();
    first.create(lab.root + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    first.disconnect();
    Seen seen = new Seen();
    for (int i = 0; i < Cluster.SERVERS.size(); i++) {
      Events events = new Events();
      ZooKeeper zk = lab.closed(new ZooKeeper(Cluster.SERVERS.get(i), Lab.SESSION_TIMEOUT_MS, events,
          first.getSessionId(), first.getSessionPasswd()));
      events.await(KeeperState.SyncConnected);
      String name = lab.root + "/" + i;
      seen.of("writes on " + i,
          () -> Lab.persistently(() -> zk.create(name, null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL)));
      seen.of("reads on " + i, () -> zk.getChildren(lab.root, false).stream().sorted().toList());
      // Moved to the next one without being closed.
      zk.getTestable().closeSocket();
      vanish(zk);
    }
    return seen;
  }

  /** Has it never come back, and its session left to whoever has it next. */
  private static void vanish(ZooKeeper zk) throws Exception {
    zk.updateServerList("127.0.0.1:1");
  }

  private static Object tooLarge(Lab lab) throws Exception {
    LabClient zk = lab.client();
    zk.create(lab.root + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    long id = zk.getSessionId();
    Seen seen = new Seen();
    seen.of("write", () -> zk.setData(lab.root, new byte[3_000_000], -1));
    seen.of("goes on", () -> Lab.persistently(() -> zk.exists(lab.root + "/e", false)));
    seen.of("same session", () -> zk.getSessionId() == id);
    return seen.of("ephemerals", () -> List.copyOf(zk.getEphemerals()));
  }
}
