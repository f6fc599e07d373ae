package lab;

import static org.apache.zookeeper.AddWatchMode.PERSISTENT;
import static org.apache.zookeeper.AddWatchMode.PERSISTENT_RECURSIVE;
import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.WatcherType;

/** Watches that stay, on a znode or on all below it. */
final class PersistentWatchCases {
  private PersistentWatchCases() {}

  static void addTo(Cases cases) {
    cases.add("a persistent watch stays", lab -> stays(lab, PERSISTENT));
    cases.add("a recursive watch sees all below", lab -> stays(lab, PERSISTENT_RECURSIVE));
    cases.add("one event for all kinds of watches on a path", PersistentWatchCases::together);
    cases.add("persistent becomes recursive and back", PersistentWatchCases::changedMode);
    cases.add("persistent watches are removed by type", PersistentWatchCases::removed);
    cases.add("persistent watches survive a reconnect", lab -> reconnect(lab, PERSISTENT));
    cases.add("recursive watches survive a reconnect", lab -> reconnect(lab, PERSISTENT_RECURSIVE));
    cases.add("a watch without permission", PersistentWatchCases::denied);
    cases.add("multi under a recursive watch", PersistentWatchCases::multi);
  }

  private static void change(LabClient zk, String path) throws Exception {
    WatchCases.create(zk, path);
    zk.setData(path, null, -1);
    zk.setACL(path, OPEN_ACL_UNSAFE, -1);
    WatchCases.create(zk, path + "/c");
    zk.setData(path + "/c", null, -1);
    WatchCases.create(zk, path + "/c/d");
    zk.create(path + "/e", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    zk.delete(path + "/c/d", -1);
    zk.delete(path + "/c", -1);
    zk.delete(path + "/e", -1);
    zk.delete(path, -1);
  }

  private static Object stays(Lab lab, AddWatchMode mode) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    String path = lab.root + "/a";
    Seen seen = new Seen();
    seen.ok("add", () -> zk.addWatch(path, events, mode));
    change(zk, path);
    change(zk, lab.root + "/ab");
    zk.fence();
    seen.of("events", () -> events.taken());
    change(zk, path);
    zk.fence();
    return seen.of("again", () -> events.taken());
  }

  private static Object together(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    String path = lab.root + "/a";
    Seen seen = new Seen();
    WatchCases.create(zk, path);
    zk.addWatch(lab.root, events, PERSISTENT_RECURSIVE);
    zk.addWatch(path, events, PERSISTENT);
    zk.getData(path, events, null);
    zk.exists(path, events);
    zk.getChildren(path, events);
    zk.setData(path, null, -1);
    WatchCases.create(zk, path + "/c");
    zk.delete(path + "/c", -1);
    zk.delete(path, -1);
    zk.fence();
    return seen.of("events", () -> events.taken());
  }

  private static Object changedMode(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    Seen seen = new Seen();
    AddWatchMode[] modes = {PERSISTENT, PERSISTENT_RECURSIVE, PERSISTENT, PERSISTENT};
    for (int i = 0; i < modes.length; i++) {
      AddWatchMode mode = modes[i];
      String path = lab.root + "/" + i;
      seen.ok(i + " add " + mode, () -> zk.addWatch(lab.root, events, mode));
      WatchCases.create(zk, path);
      WatchCases.create(zk, path + "/c");
      zk.setData(path, null, -1);
      zk.setData(lab.root, null, -1);
      zk.fence();
      seen.of(i + " events", () -> events.taken());
    }
    return seen;
  }

  private static Object removed(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (AddWatchMode mode : AddWatchMode.values()) {
      for (WatcherType type : WatcherType.values()) {
        Events events = new Events();
        String label = mode + " by " + type;
        String path = lab.root + "/" + mode + type;
        WatchCases.create(zk, path);
        zk.addWatch(path, events, mode);
        zk.getData(path, events, null);
        seen.ok(label, () -> zk.removeWatches(path, events, type, false));
        zk.setData(path, null, -1);
        WatchCases.create(zk, path + "/c");
        zk.setData(path, null, -1);
        zk.fence();
        seen.of(label + ": events", () -> Events.removalsSorted(events.taken()));
        seen.ok(label + ": all", () -> zk.removeAllWatches(path, WatcherType.Any, false));
      }
    }
    return seen;
  }

  private static Object reconnect(Lab lab, AddWatchMode mode) throws Exception {
    LabClient zk = lab.client();
    LabClient other = lab.client();
    Events events = new Events();
    zk.addWatch(lab.root, events, mode);
    WatchCases.create(zk, lab.root + "/a");
    zk.fence();
    Seen seen = new Seen();
    seen.of("before", () -> events.taken());
    zk.disconnect();
    WatchCases.create(other, lab.root + "/b");
    other.setData(lab.root, null, -1);
    for (String server : Cluster.SERVERS) lab.client(server).fence();
    zk.reconnect();
    zk.fence();
    seen.of("missed", () -> events.taken());
    WatchCases.create(other, lab.root + "/c");
    other.setData(lab.root + "/b", null, -1);
    other.setData(lab.root, null, -1);
    zk.fence();
    return seen.of("then", () -> events.taken());
  }

  private static Object denied(Lab lab) throws Exception {
    LabClient zk = lab.client();
    LabClient owner = lab.client();
    owner.addAuthInfo("digest", ZnodeCases.b("gus:secret"));
    String path = lab.root + "/a";
    owner.create(path, null, org.apache.zookeeper.ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
    zk.fence();
    Events events = new Events();
    Seen seen = new Seen();
    seen.ok("on it", () -> zk.addWatch(path, events, PERSISTENT));
    seen.ok("above it", () -> zk.addWatch(lab.root, events, PERSISTENT_RECURSIVE));
    owner.setData(path, null, -1);
    owner.create(path + "/c", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    owner.setData(path + "/c", null, -1);
    owner.delete(path + "/c", -1);
    owner.delete(path, -1);
    zk.fence();
    return seen.of("events", () -> events.taken());
  }

  private static Object multi(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    zk.addWatch(lab.root, events, PERSISTENT_RECURSIVE);
    String at = lab.root;
    zk.transaction().create(at + "/a", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)
        .create(at + "/a/b", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT).setData(at + "/a", null, -1)
        .delete(at + "/a/b", -1).setData(at, null, -1).commit();
    zk.fence();
    return new Seen().of("events", () -> events.taken());
  }
}
