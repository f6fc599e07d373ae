package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** What the client lives through when its server, the leader or the quorum dies. */
final class FaultCases {
  private FaultCases() {}

  static void addTo(Cases cases) {
    cases.add("the client's server is killed", lab -> serverDies(lab, false));
    cases.add("the leader is killed", lab -> serverDies(lab, true));
    cases.add("all servers are killed and started again", FaultCases::allDie);
    cases.add("a read-only client of a server without quorum", FaultCases::readOnly);
  }

  private static Object serverDies(Lab lab, boolean isLeader) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    String at = lab.root;
    WatchCases.create(zk, at + "/d");
    zk.create(at + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    zk.getData(at + "/d", events, null);
    zk.exists(at + "/new", events);
    zk.addWatch(at + "/tree", events, AddWatchMode.PERSISTENT_RECURSIVE);
    long id = zk.getSessionId();
    String server = zk.server();
    lab.kill(isLeader ? "leader" : server);
    Seen seen = new Seen();
    seen.of("reads", () -> Lab.persistently(() -> zk.exists(at + "/e", false)));
    seen.of("same session", () -> zk.getSessionId() == id);
    seen.of("writes", () -> Lab.persistently(() -> zk.setData(at + "/d", ZnodeCases.b("x"), -1)).getDataLength());
    Lab.persistently(() -> {
      if (zk.exists(at + "/new", false) == null) WatchCases.create(zk, at + "/new");
      if (zk.exists(at + "/tree", false) == null) WatchCases.create(zk, at + "/tree");
      if (zk.exists(at + "/tree/a", false) == null) WatchCases.create(zk, at + "/tree/a");
      return null;
    });
    zk.fence();
    seen.of("events", () -> events.taken());
    lab.start("all");
    LabClient other = lab.client(server);
    other.fence();
    seen.of("ephemeral, after the restart", () -> other.exists(at + "/e", false));
    zk.close();
    other.fence();
    return seen.of("ephemeral, after the close", () -> other.exists(at + "/e", false));
  }

  private static Object allDie(Lab lab) throws Exception {
    LabClient zk = lab.client();
    zk.create(lab.root + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    zk.create(lab.root + "/p", ZnodeCases.b("kept"), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.create(lab.root + "/s-", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
    lab.kill("all");
    Lab.until("a lost connection", () -> zk.getState() == ZooKeeper.States.CONNECTING);
    lab.start("all");
    Seen seen = new Seen();
    seen.of("data", () -> Lab.persistently(() -> zk.getData(lab.root + "/p", false, null)));
    seen.of("ephemeral", () -> Lab.persistently(() -> zk.exists(lab.root + "/e", false)));
    seen.of("next number", () -> Lab.persistently(
        () -> zk.create(lab.root + "/s-", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL)));
    return seen;
  }

  private static Object readOnly(Lab lab) throws Exception {
    LabClient before = lab.client();
    WatchCases.create(before, lab.root + "/a");
    for (String server : Cluster.SERVERS) lab.client(server).fence();
    String left = Cluster.SERVERS.get(0);
    Events events = new Events();
    lab.kill(Cluster.SERVERS.get(1));
    lab.kill(Cluster.SERVERS.get(2));
    LabClient zk = lab.closed(LabClient.opened(left, events, 10_000, true));
    Seen seen = new Seen();
    seen.ok("connects", () -> events.await(KeeperState.ConnectedReadOnly));
    seen.of("state", () -> zk.getState().name());
    seen.of("reads", () -> zk.exists(lab.root + "/a", false));
    seen.of("children", () -> zk.getChildren(lab.root, false));
    seen.of("data", () -> zk.getData(lab.root + "/a", false, null));
    seen.of("acl", () -> zk.getACL(lab.root + "/a", null));
    seen.of("creates", () -> zk.create(lab.root + "/b", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    seen.of("writes", () -> zk.setData(lab.root + "/a", null, -1));
    seen.ok("deletes", () -> zk.delete(lab.root + "/a", -1));
    seen.of("multi", () -> zk.multi(java.util.List.of(org.apache.zookeeper.Op.check(lab.root + "/a", 0))));
    seen.of("set acl", () -> zk.setACL(lab.root + "/a", OPEN_ACL_UNSAFE, -1));
    seen.ok("sync", () -> zk.sync("/"));
    Events watch = new Events();
    seen.of("watches", () -> zk.exists(lab.root + "/later", watch));
    lab.start("all");
    seen.ok("is told", () -> events.await(KeeperState.SyncConnected));
    seen.of("then creates", () -> Lab.persistently(
        () -> zk.create(lab.root + "/later", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL)));
    seen.of("event", () -> watch.taken(1));
    return seen;
  }
}
