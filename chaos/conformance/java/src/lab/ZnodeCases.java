package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/** Znodes one by one: created, read, written, deleted, and all that may be wrong with it. */
final class ZnodeCases {
  private ZnodeCases() {}

  static void addTo(Cases cases) {
    cases.add("create in every mode", ZnodeCases::createModes);
    cases.add("create with a Stat in every mode", ZnodeCases::createWithStat);
    cases.add("create fails", ZnodeCases::createFails);
    cases.add("sequential names count creations", ZnodeCases::sequential);
    cases.add("delete", ZnodeCases::delete);
    cases.add("data and versions", ZnodeCases::data);
    cases.add("null, empty and large data", ZnodeCases::sizes);
    cases.add("children and their Stat", ZnodeCases::children);
    cases.add("paths that are none", ZnodeCases::badPaths);
    cases.add("unicode names and data", ZnodeCases::unicode);
    cases.add("container goes when its last child went", ZnodeCases::container);
    cases.add("ttl znode goes when its time is over", ZnodeCases::ttl);
    cases.add("asynchronous calls", ZnodeCases::asynchronous);
    cases.add("the system tree", ZnodeCases::systemTree);
    cases.add("chroot", ZnodeCases::chroot);
  }

  private static Stat statOf(LabClient zk, String path) throws Exception {
    return zk.exists(path, false);
  }

  private static Object createModes(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (CreateMode mode : CreateMode.values()) {
      String path = lab.root + "/" + mode.name();
      if (mode.isTTL()) {
        seen.of(mode.name(), () -> zk.create(path, b("x"), OPEN_ACL_UNSAFE, mode, null, 60_000));
        seen.of(mode + " without a ttl", () -> zk.create(path, b("x"), OPEN_ACL_UNSAFE, mode));
      } else {
        seen.of(mode.name(), () -> zk.create(path, b("x"), OPEN_ACL_UNSAFE, mode));
      }
    }
    for (String child : zk.getChildren(lab.root, false).stream().sorted().toList()) {
      seen.of("stat of " + child, () -> statOf(zk, lab.root + "/" + child));
    }
    return seen;
  }

  private static Object createWithStat(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (CreateMode mode : CreateMode.values()) {
      Stat stat = new Stat();
      String path = lab.root + "/" + mode.name() + "-";
      long ttl = mode.isTTL() ? 1_000_000 : -1;
      seen.of(mode.name(), () -> zk.create(path, b("four"), OPEN_ACL_UNSAFE, mode, stat, ttl));
      seen.of(mode + " stat", () -> stat);
    }
    seen.of("parent", () -> statOf(zk, lab.root));
    return seen;
  }

  private static Object createFails(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    zk.create(lab.root + "/there", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.create(lab.root + "/mine", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    String[] paths = {"/there", "/mine/child", "/no/parent", "/"};
    CreateMode[] modes = {CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.CONTAINER,
        CreateMode.PERSISTENT_SEQUENTIAL};
    for (String path : paths) {
      for (CreateMode mode : modes) {
        seen.of(path + " " + mode, () -> zk.create(lab.root + path, null, OPEN_ACL_UNSAFE, mode));
      }
    }
    seen.of("the root", () -> zk.create("/", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    for (long ttl : new long[] {0, -1, 1, 0xff_ffff_ffffL, 0x100_0000_0000L, Long.MAX_VALUE}) {
      seen.of("ttl " + ttl, () -> zk.create(lab.root + "/ttl" + ttl, null, OPEN_ACL_UNSAFE,
          CreateMode.PERSISTENT_WITH_TTL, null, ttl));
    }
    seen.of("a ttl without its mode", () -> zk.create(lab.root + "/odd", null, OPEN_ACL_UNSAFE,
        CreateMode.PERSISTENT, null, 5));
    return seen;
  }

  private static Object sequential(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String at = lab.root + "/s-";
    seen.of("first", () -> zk.create(at, null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL));
    seen.of("second", () -> zk.create(at, null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL));
    seen.of("plain", () -> zk.create(lab.root + "/p", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    seen.of("fails", () -> zk.create(lab.root + "/p", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    seen.ok("deletes", () -> zk.delete(lab.root + "/s-0000000000", -1));
    seen.of("after", () -> zk.create(at, null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL));
    seen.of("number alone",
        () -> zk.create(lab.root + "/", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL));
    seen.of("children", () -> zk.getChildren(lab.root, false).stream().sorted().toList());
    seen.of("parent", () -> statOf(zk, lab.root));
    return seen;
  }

  private static Object delete(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String path = lab.root + "/d";
    seen.ok("missing", () -> zk.delete(path, -1));
    seen.of("create", () -> zk.create(path, null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    seen.of("child", () -> zk.create(path + "/c", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    seen.ok("not empty", () -> zk.delete(path, -1));
    seen.ok("not empty, wrong version", () -> zk.delete(path, 7));
    seen.ok("wrong version", () -> zk.delete(path + "/c", 1));
    seen.ok("negative version", () -> zk.delete(path + "/c", -2));
    seen.ok("right version", () -> zk.delete(path + "/c", 0));
    seen.of("parent", () -> statOf(zk, path));
    seen.ok("any version", () -> zk.delete(path, -1));
    seen.of("gone", () -> zk.exists(path, false));
    seen.ok("the root", () -> zk.delete("/", -1));
    seen.ok("/zookeeper", () -> zk.delete("/zookeeper", -1));
    seen.ok("/zookeeper/quota", () -> zk.delete("/zookeeper/quota", -1));
    seen.of("again from zero", () -> {
      zk.create(path, b("new"), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      return statOf(zk, path);
    });
    return seen;
  }

  private static Object data(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String path = lab.root + "/x";
    seen.of("get missing", () -> zk.getData(path, false, null));
    seen.of("set missing", () -> zk.setData(path, b("1"), -1));
    seen.of("exists missing", () -> zk.exists(path, false));
    zk.create(path, b("one"), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    seen.of("set any version", () -> zk.setData(path, b("two"), -1));
    seen.of("set right version", () -> zk.setData(path, b("three"), 1));
    seen.of("set old version", () -> zk.setData(path, b("four"), 1));
    seen.of("set future version", () -> zk.setData(path, b("four"), 3));
    seen.of("set negative version", () -> zk.setData(path, b("four"), -2));
    Stat stat = new Stat();
    seen.of("get", () -> zk.getData(path, false, stat));
    seen.of("stat", () -> stat);
    seen.of("the root's data", () -> zk.getData("/", false, null));
    return seen;
  }

  private static Object sizes(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    seen.of("null", () -> {
      zk.create(lab.root + "/null", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      return zk.getData(lab.root + "/null", false, null);
    });
    seen.of("empty", () -> {
      zk.create(lab.root + "/empty", new byte[0], OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      return zk.getData(lab.root + "/empty", false, null);
    });
    seen.of("set to null", () -> {
      zk.setData(lab.root + "/empty", null, -1);
      return zk.getData(lab.root + "/empty", false, null);
    });
    seen.of("just fits", () -> zk.setData(lab.root + "/empty", new byte[1_048_000], -1));
    seen.of("just fits, read", () -> zk.getData(lab.root + "/empty", false, null).length);
    seen.of("too large", () -> zk.setData(lab.root + "/empty", new byte[1_048_576], -1));
    LabClient other = lab.client();
    seen.of("after it", () -> statOf(other, lab.root + "/empty"));
    return seen;
  }

  private static Object children(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    Stat stat = new Stat();
    seen.of("missing", () -> zk.getChildren(lab.root + "/no", false));
    seen.of("none", () -> zk.getChildren(lab.root, false, stat));
    for (String name : new String[] {"b", "a", "c"}) {
      zk.create(lab.root + "/" + name, b(name), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }
    zk.delete(lab.root + "/b", -1);
    seen.of("two", () -> zk.getChildren(lab.root, false, stat).stream().sorted().toList());
    seen.of("stat", () -> stat);
    seen.of("of a child", () -> zk.getChildren(lab.root + "/a", false, stat));
    seen.of("child's stat", () -> stat);
    return seen;
  }

  private static Object badPaths(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String[] paths = {"", "relative", "/a//b", "/a/", "/a/./b", "/a/../b", "/\u0000", "/\u0001", "/\u009f",
        "/\ud800", "/\uf8ff", "/\ufff0", "/...", "/.a"};
    for (String path : paths) {
      seen.of("exists " + path, () -> zk.exists(path, false));
    }
    seen.of("null", () -> zk.exists(null, false));
    return seen;
  }

  private static Object unicode(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (String name : new String[] {"grün", "日本語", "with space", "\u00a0", "e\u0301", "\u00e9", "-", "~"}) {
      String path = lab.root + "/" + name;
      seen.of("create " + name, () -> zk.create(path, b(name), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
      seen.of("data of " + name, () -> zk.getData(path, false, null));
    }
    seen.of("children", () -> zk.getChildren(lab.root, false).stream().sorted().toList());
    return seen;
  }

  private static Object container(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    String box = lab.root + "/box";
    zk.create(box, null, OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
    zk.create(lab.root + "/never-used", null, OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
    zk.create(box + "/c", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.exists(box, events);
    zk.delete(box + "/c", -1);
    Seen seen = new Seen();
    seen.of("event", () -> events.taken(1));
    seen.of("gone", () -> zk.exists(box, false));
    seen.of("never used", () -> statOf(zk, lab.root + "/never-used"));
    seen.of("parent", () -> statOf(zk, lab.root));
    return seen;
  }

  private static Object ttl(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    CreateMode mode = CreateMode.PERSISTENT_WITH_TTL;
    zk.create(lab.root + "/long", null, OPEN_ACL_UNSAFE, mode, null, 100_000);
    zk.create(lab.root + "/parent", null, OPEN_ACL_UNSAFE, mode, null, 10);
    zk.create(lab.root + "/parent/c", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.create(lab.root + "/short", null, OPEN_ACL_UNSAFE, mode, null, 10);
    // It may be over with it already: then the event is that of the parent.
    zk.getChildren(lab.root, events);
    Seen seen = new Seen();
    Lab.until("the short one is gone", () -> zk.exists(lab.root + "/short", false) == null);
    seen.of("left", () -> zk.getChildren(lab.root, false).stream().sorted().toList());
    zk.delete(lab.root + "/parent/c", -1);
    Lab.until("the parent is gone", () -> zk.exists(lab.root + "/parent", false) == null);
    seen.of("left then", () -> zk.getChildren(lab.root, false).stream().sorted().toList());
    return seen;
  }

  private static Object asynchronous(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    java.util.List<String> order = java.util.Collections.synchronizedList(new java.util.ArrayList<>());
    CompletableFuture<Void> last = new CompletableFuture<>();
    String path = lab.root + "/a";
    zk.create(path, b("0"), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
        (code, at, context, name) -> order.add("create " + code(code)), null);
    zk.getData(path, false, (code, at, context, data, stat) -> order.add("get " + new String(data)), null);
    zk.setData(path, b("1"), 0, (code, at, context, stat) -> order.add("set " + code(code)), null);
    zk.setData(path, b("2"), 0, (code, at, context, stat) -> order.add("set " + code(code)), null);
    zk.exists(path, false, (code, at, context, stat) -> order.add("exists v" + stat.getVersion()), null);
    zk.getChildren(lab.root, false, (code, at, context, names) -> order.add("children " + names), null);
    zk.delete(path, -1, (code, at, context) -> order.add("delete " + code(code)), null);
    zk.getData(path, false, (code, at, context, data, stat) -> order.add("get " + code(code)), null);
    zk.sync(lab.root, (code, at, context) -> order.add("sync " + at), null);
    zk.getACL(lab.root, null, (code, at, context, acl, stat) -> {
      order.add("acl " + code(code));
      last.complete(null);
    }, null);
    Lab.within(last);
    return seen.of("order", () -> order);
  }

  private static Object systemTree(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    seen.of("children", () -> zk.getChildren("/zookeeper", false).stream().sorted().toList());
    seen.of("acl of /", () -> zk.getACL("/", null));
    seen.of("acl of /zookeeper", () -> zk.getACL("/zookeeper", null));
    seen.of("acl of /zookeeper/config", () -> zk.getACL("/zookeeper/config", null));
    seen.of("acl of /zookeeper/quota", () -> zk.getACL("/zookeeper/quota", null));
    seen.of("set /zookeeper", () -> zk.setData("/zookeeper", b(""), -1).getDataLength());
    seen.of("set /zookeeper/config", () -> zk.setData("/zookeeper/config", b(""), -1));
    seen.ok("delete /zookeeper/config", () -> zk.delete("/zookeeper/config", -1));
    seen.of("create /zookeeper/x",
        () -> zk.create("/zookeeper/x", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL));
    return seen;
  }

  private static Object chroot(Lab lab) throws Exception {
    LabClient zk = lab.client(Cluster.HOSTS + lab.root + "/inner");
    LabClient outer = lab.client();
    Seen seen = new Seen();
    seen.of("before it is there",
        () -> zk.create("/a", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
    outer.create(lab.root + "/inner", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.fence();
    Events events = new Events();
    seen.of("watch", () -> zk.exists("/a", events));
    seen.of("create", () -> zk.create("/a", null, OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL));
    seen.of("event", () -> events.taken(1));
    seen.of("ephemerals", () -> zk.getEphemerals());
    seen.of("ephemerals by prefix", () -> zk.getEphemerals("/a"));
    seen.of("outside", () -> outer.exists(lab.root + "/inner/a", false));
    seen.of("its root", () -> zk.getChildren("/", false));
    return seen;
  }

  private static String code(int code) {
    return KeeperException.Code.get(code).name();
  }

  static byte[] b(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
