package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs;

/** Several operations as one: results, rollback, watches, reads. */
final class MultiCases {
  private MultiCases() {}

  static void addTo(Cases cases) {
    cases.add("multi does every operation", MultiCases::every);
    cases.add("multi sees its own effects", MultiCases::ownEffects);
    cases.add("multi rolls back", MultiCases::rollsBack);
    cases.add("multi without operations", lab -> lab.client().multi(List.of()));
    cases.add("multi with what a single operation refuses", MultiCases::refused);
    cases.add("multi fires its watches in order", MultiCases::watches);
    cases.add("multi asynchronously", MultiCases::asynchronous);
    cases.add("multi needs permission for each", MultiCases::permission);
    cases.add("a transaction commits", MultiCases::transaction);
    cases.add("multi reads", MultiCases::reads);
    cases.add("multi mixes no reads and writes", MultiCases::mixed);
  }

  private static Op create(String path, CreateMode mode) {
    return Op.create(path, ZnodeCases.b("d"), OPEN_ACL_UNSAFE, mode);
  }

  private static Object every(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String at = lab.root;
    zk.create(at + "/old", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    seen.of("results", () -> zk.multi(List.of(
        create(at + "/a", CreateMode.PERSISTENT),
        create(at + "/e", CreateMode.EPHEMERAL),
        create(at + "/s-", CreateMode.PERSISTENT_SEQUENTIAL),
        create(at + "/es-", CreateMode.EPHEMERAL_SEQUENTIAL),
        create(at + "/box", CreateMode.CONTAINER),
        Op.create(at + "/ttl", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 99_000),
        Op.create(at + "/ttls-", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, 99_000),
        Op.setData(at + "/old", ZnodeCases.b("new"), 0),
        Op.check(at + "/old", 1),
        Op.delete(at + "/old", 1))));
    for (String name : zk.getChildren(at, false).stream().sorted().toList()) {
      seen.of("stat of " + name, () -> zk.exists(at + "/" + name, false));
    }
    seen.of("parent", () -> zk.exists(at, false));
    return seen;
  }

  private static Object ownEffects(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String at = lab.root;
    seen.of("results", () -> zk.multi(List.of(
        create(at + "/a", CreateMode.PERSISTENT),
        create(at + "/a/b", CreateMode.PERSISTENT),
        Op.setData(at + "/a", ZnodeCases.b("1"), 0),
        Op.setData(at + "/a", ZnodeCases.b("2"), 1),
        Op.delete(at + "/a/b", -1),
        create(at + "/a/b", CreateMode.EPHEMERAL),
        create(at + "/a/s", CreateMode.PERSISTENT_SEQUENTIAL),
        create(at + "/a/s", CreateMode.PERSISTENT_SEQUENTIAL),
        Op.check(at + "/a", 2))));
    seen.of("a", () -> zk.exists(at + "/a", false));
    seen.of("b", () -> zk.exists(at + "/a/b", false));
    seen.of("children", () -> zk.getChildren(at + "/a", false).stream().sorted().toList());
    return seen;
  }

  private static Object rollsBack(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String at = lab.root;
    zk.create(at + "/x", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    Op good = Op.setData(at + "/x", ZnodeCases.b("1"), -1);
    Op after = create(at + "/after", CreateMode.PERSISTENT);
    seen.of("create exists", () -> zk.multi(List.of(good, create(at + "/x", CreateMode.PERSISTENT), after)));
    seen.of("no parent", () -> zk.multi(List.of(good, create(at + "/n/x", CreateMode.PERSISTENT), after)));
    seen.of("delete missing", () -> zk.multi(List.of(good, Op.delete(at + "/n", -1), after)));
    seen.of("bad version", () -> zk.multi(List.of(good, Op.setData(at + "/x", null, 9), after)));
    seen.of("check fails first", () -> zk.multi(List.of(Op.check(at + "/x", 5), good)));
    seen.of("check fails last", () -> zk.multi(List.of(good, after, Op.check(at + "/n", -1))));
    seen.of("not empty", () -> zk.multi(
        List.of(create(at + "/x/c", CreateMode.EPHEMERAL), Op.delete(at + "/x", -1), after)));
    seen.of("sequence, then a failure",
        () -> zk.multi(List.of(create(at + "/s", CreateMode.PERSISTENT_SEQUENTIAL), Op.check(at, 77))));
    seen.of("next number", () -> zk.create(at + "/s", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL));
    seen.of("x", () -> zk.exists(at + "/x", false));
    seen.of("parent", () -> zk.exists(at, false));
    seen.of("children", () -> zk.getChildren(at, false).stream().sorted().toList());
    seen.of("check alone", () -> zk.multi(List.of(Op.check(at + "/x", 0))));
    return seen;
  }

  private static Object refused(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String at = lab.root;
    seen.of("empty acl", () -> zk.multi(List.of(
        Op.create(at + "/a", null, new java.util.ArrayList<>(), CreateMode.PERSISTENT))));
    seen.of("auth without any", () -> zk.multi(List.of(
        Op.create(at + "/a", null, ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT))));
    seen.of("bad path", () -> zk.multi(List.of(create("a", CreateMode.PERSISTENT))));
    seen.of("ttl of 0", () -> zk.multi(List.of(
        Op.create(at + "/a", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 0))));
    seen.of("child of ephemeral", () -> zk.multi(List.of(
        create(at + "/e", CreateMode.EPHEMERAL), create(at + "/e/c", CreateMode.PERSISTENT))));
    seen.of("delete the root", () -> zk.multi(List.of(Op.delete("/", -1))));
    seen.of("too large", () -> zk.multi(List.of(
        Op.create(at + "/a", new byte[600_000], OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
        Op.create(at + "/b", new byte[600_000], OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))));
    return seen;
  }

  private static Object watches(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Events events = new Events();
    String at = lab.root;
    zk.create(at + "/d", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.create(at + "/x", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.getData(at + "/d", events, null);
    zk.getData(at + "/x", events, null);
    zk.exists(at + "/c", events);
    zk.getChildren(at, events);
    Seen seen = new Seen();
    seen.of("rolled back", () -> zk.multi(List.of(Op.delete(at + "/d", -1), Op.check(at, 9))));
    seen.of("no events", () -> events.taken());
    zk.multi(List.of(Op.setData(at + "/x", null, -1), Op.delete(at + "/d", -1),
        create(at + "/c", CreateMode.PERSISTENT), Op.setData(at + "/x", null, -1)));
    zk.fence();
    return seen.of("events", () -> events.taken());
  }

  private static Object asynchronous(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (int version : new int[] {0, 5}) {
      CompletableFuture<Object> answer = new CompletableFuture<>();
      zk.multi(List.of(Op.check(lab.root, version), create(lab.root + "/a", CreateMode.PERSISTENT)),
          (code, path, context, results) -> answer.complete(
              List.of(KeeperException.Code.get(code).name(), results == null ? "none" : results)), null);
      seen.of("version " + version, () -> Lab.within(answer));
    }
    return seen;
  }

  private static Object permission(Lab lab) throws Exception {
    LabClient zk = lab.client();
    String at = lab.root;
    zk.create(at + "/ro", null, ZooDefs.Ids.READ_ACL_UNSAFE, CreateMode.PERSISTENT);
    Seen seen = new Seen();
    seen.of("set", () -> zk.multi(List.of(Op.setData(at + "/ro", null, -1))));
    seen.of("create", () -> zk.multi(List.of(
        create(at + "/a", CreateMode.PERSISTENT), create(at + "/ro/c", CreateMode.PERSISTENT))));
    seen.of("check", () -> zk.multi(List.of(Op.check(at + "/ro", 0))));
    return seen.of("children", () -> zk.getChildren(at, false));
  }

  private static Object transaction(Lab lab) throws Exception {
    LabClient zk = lab.client();
    String at = lab.root;
    Seen seen = new Seen();
    seen.of("commit", () -> zk.transaction().create(at + "/a", null, OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)
        .check(at + "/a", 0).setData(at + "/a", ZnodeCases.b("x"), 0).delete(at + "/a", 1).commit());
    seen.of("fails", () -> zk.transaction().check(at + "/a", 0).delete(at + "/b", 1).commit());
    return seen;
  }

  private static Object reads(Lab lab) throws Exception {
    LabClient zk = lab.client();
    String at = lab.root;
    Seen seen = new Seen();
    zk.create(at + "/a", ZnodeCases.b("x"), OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    zk.create(at + "/secret", ZnodeCases.b("x"),
        java.util.Arrays.asList(new org.apache.zookeeper.data.ACL(ZooDefs.Perms.DELETE, ZooDefs.Ids.ANYONE_ID_UNSAFE)),
        CreateMode.PERSISTENT);
    List<OpResult> results = zk.multi(List.of(Op.getData(at + "/a"), Op.getChildren(at),
        Op.getData(at + "/missing"), Op.getChildren(at + "/missing"), Op.getData(at + "/secret"),
        Op.getData(at + "/a")));
    seen.of("results", () -> results);
    return seen.of("one missing", () -> zk.multi(List.of(Op.getData(at + "/missing"))));
  }

  private static Object mixed(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    seen.of("read first", () -> zk.multi(List.of(Op.getData(lab.root), Op.delete(lab.root, -1))));
    return seen.of("write first", () -> zk.multi(List.of(Op.check(lab.root, -1), Op.getData(lab.root))));
  }
}
