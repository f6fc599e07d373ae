package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.WatcherType;

/** One-time watches: what fires them, in what order, and how they are taken away. */
final class WatchCases {
  private WatchCases() {}

  static void addTo(Cases cases) {
    cases.add("watches fire once, for what they watch", WatchCases::fire);
    cases.add("watches on what is missing", WatchCases::missing);
    cases.add("a watch set twice fires once", WatchCases::twice);
    cases.add("events come before the reply that shows the change", WatchCases::order);
    cases.add("another client's writes", WatchCases::others);
    cases.add("ephemerals that go with their session", WatchCases::sessionEnds);
    cases.add("removed watches", WatchCases::removed);
    cases.add("watches that are not there cannot be removed", WatchCases::notThere);
    cases.add("watches survive a reconnect", WatchCases::reconnect);
    cases.add("what was missed while disconnected", WatchCases::missed);
  }

  static void create(LabClient zk, String path) throws Exception {
    zk.create(path, null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  private interface Setter {
    void set(LabClient zk, String path, Events events) throws Exception;
  }

  private static Object fire(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    Setter exists = (client, path, events) -> client.exists(path, events);
    Setter data = (client, path, events) -> client.getData(path, events, null);
    Setter children = (client, path, events) -> client.getChildren(path, events);
    Setter all = (client, path, events) -> {
      exists.set(client, path, events);
      data.set(client, path, events);
      children.set(client, path, events);
    };
    Object[][] setters = {{"exists", exists}, {"data", data}, {"children", children}, {"all", all}};
    for (Object[] each : setters) {
      String path = lab.root + "/" + each[0];
      Object[][] changes = {
          {"set", (Seen.Action) () -> zk.setData(path, null, -1)},
          {"set acl", (Seen.Action) () -> zk.setACL(path, OPEN_ACL_UNSAFE, -1)},
          {"create child", (Seen.Action) () -> create(zk, path + "/c")},
          {"set child", (Seen.Action) () -> zk.setData(path + "/c", null, -1)},
          {"delete child", (Seen.Action) () -> zk.delete(path + "/c", -1)},
          {"delete", (Seen.Action) () -> zk.delete(path, -1)},
      };
      create(zk, path);
      for (Object[] change : changes) {
        Events events = new Events();
        ((Setter) each[1]).set(zk, path, events);
        ((Seen.Action) change[1]).run();
        zk.fence();
        seen.of(each[0] + ": " + change[0], () -> events.taken());
      }
    }
    return seen;
  }

  private static Object missing(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events exists = new Events();
    Events none = new Events();
    String path = lab.root + "/later";
    Seen seen = new Seen();
    seen.of("exists", () -> zk.exists(path, exists));
    seen.of("data", () -> zk.getData(path, none, null));
    seen.of("children", () -> zk.getChildren(path, none));
    create(zk, path);
    zk.fence();
    seen.of("by exists", () -> exists.taken());
    seen.of("by the others", () -> none.taken());
    return seen;
  }

  private static Object twice(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events first = new Events();
    Events second = new Events();
    for (Events each : new Events[] {first, first, second}) zk.getData(lab.root, each, null);
    zk.exists(lab.root, first);
    zk.setData(lab.root, null, -1);
    zk.setData(lab.root, null, -1);
    zk.fence();
    return new Seen().of("first", () -> first.taken()).of("second", () -> second.taken());
  }

  private static Object order(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    for (String name : new String[] {"/a", "/b", "/c"}) zk.exists(lab.root + name, events);
    zk.getChildren(lab.root, events);
    for (String name : new String[] {"/c", "/a", "/b"}) create(zk, lab.root + name);
    for (String name : new String[] {"/a", "/b", "/c"}) zk.exists(lab.root + name, events);
    for (String name : new String[] {"/b", "/c", "/a"}) zk.delete(lab.root + name, -1);
    zk.fence();
    return new Seen().of("events", () -> events.taken());
  }

  private static Object others(Lab lab) throws Exception {
    String[] servers = Cluster.SERVERS.toArray(String[]::new);
    LabClient watching = lab.client(servers[0]);
    LabClient writing = lab.client(servers[1]);
    Events events = new Events();
    watching.getData(lab.root, events, null);
    watching.getChildren(lab.root, events);
    writing.setData(lab.root, ZnodeCases.b("1"), -1);
    writing.create(lab.root + "/a", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    writing.setData(lab.root, ZnodeCases.b("2"), -1);
    watching.fence();
    return new Seen().of("events", () -> events.taken());
  }

  private static Object sessionEnds(Lab lab) throws Exception {
    LabClient watching = lab.client();
    LabClient closing = lab.client();
    Events events = new Events();
    for (String name : new String[] {"/a", "/b", "/c"}) {
      closing.create(lab.root + name, null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    }
    watching.fence();
    for (String name : new String[] {"/b", "/a", "/c"}) watching.exists(lab.root + name, events);
    watching.getChildren(lab.root, events);
    closing.close();
    watching.fence();
    // They go in one transaction: their order among each other means nothing.
    return new Seen().of("events", () -> events.taken().stream().sorted().toList())
        .of("parent", () -> watching.exists(lab.root, false));
  }

  private static Object removed(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (WatcherType type : WatcherType.values()) {
      String path = lab.root + "/" + type;
      Events events = new Events();
      create(zk, path);
      zk.exists(path, events);
      zk.getData(path, events, null);
      zk.getChildren(path, events);
      seen.ok("remove " + type, () -> zk.removeWatches(path, events, type, false));
      zk.setData(path, null, -1);
      create(zk, path + "/c");
      zk.delete(path + "/c", -1);
      zk.delete(path, -1);
      zk.fence();
      seen.of("events after " + type, () -> Events.removalsSorted(events.taken()));
    }
    Events one = new Events();
    Events two = new Events();
    zk.getData(lab.root, one, null);
    zk.getData(lab.root, two, null);
    seen.ok("one of two", () -> zk.removeWatches(lab.root, one, WatcherType.Data, false));
    zk.setData(lab.root, null, -1);
    zk.fence();
    seen.of("the other", () -> two.taken());
    zk.getData(lab.root, one, null);
    zk.getChildren(lab.root, two);
    seen.ok("all", () -> zk.removeAllWatches(lab.root, WatcherType.Any, false));
    create(zk, lab.root + "/c");
    zk.setData(lab.root, null, -1);
    zk.fence();
    return seen.of("one", () -> one.taken()).of("two", () -> two.taken());
  }

  private static Object notThere(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    Seen seen = new Seen();
    for (WatcherType type : WatcherType.values()) {
      seen.ok(type.name(), () -> zk.removeWatches(lab.root, events, type, false));
      seen.ok("all " + type, () -> zk.removeAllWatches(lab.root, type, false));
    }
    zk.getChildren(lab.root, events);
    seen.ok("data, but children is", () -> zk.removeAllWatches(lab.root, WatcherType.Data, false));
    seen.ok("any", () -> zk.removeAllWatches(lab.root, WatcherType.Any, false));
    return seen;
  }

  private static Object reconnect(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    create(zk, lab.root + "/d");
    zk.getData(lab.root + "/d", events, null);
    zk.exists(lab.root + "/new", events);
    zk.getChildren(lab.root, events);
    zk.disconnect();
    zk.reconnect();
    zk.fence();
    Seen seen = new Seen();
    seen.of("by the reconnect", () -> events.taken());
    zk.setData(lab.root + "/d", null, -1);
    create(zk, lab.root + "/new");
    zk.fence();
    return seen.of("then", () -> events.taken());
  }

  private static Object missed(Lab lab) throws Exception {
    LabClient zk = lab.client();
    LabClient other = lab.client();
    String at = lab.root;
    Events events = new Events();
    for (String name : new String[] {"/set", "/kept", "/gone", "/again", "/parent", "/parent/c"}) {
      create(zk, at + name);
    }
    other.fence();
    for (String name : new String[] {"/set", "/kept", "/gone", "/again"}) zk.getData(at + name, events, null);
    for (String name : new String[] {"/new", "/never", "/brief"}) zk.exists(at + name, events);
    zk.getChildren(at + "/parent", events);
    zk.getChildren(at + "/gone", events);
    zk.getChildren(at + "/kept", events);
    zk.disconnect();
    other.setData(at + "/set", null, -1);
    other.delete(at + "/gone", -1);
    other.delete(at + "/again", -1);
    create(other, at + "/again");
    create(other, at + "/new");
    create(other, at + "/brief");
    other.delete(at + "/brief", -1);
    other.delete(at + "/parent/c", -1);
    // The server that it comes back to must not be behind.
    for (String server : Cluster.SERVERS) lab.client(server).fence();
    zk.reconnect();
    zk.fence();
    Seen seen = new Seen();
    seen.of("missed", () -> events.taken().stream().sorted().toList());
    other.setData(at + "/kept", null, -1);
    other.setData(at + "/set", null, -1);
    create(other, at + "/never");
    create(other, at + "/brief");
    zk.fence();
    return seen.of("then", () -> events.taken());
  }
}
