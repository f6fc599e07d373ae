package lab;

import static org.apache.zookeeper.ZooDefs.Ids.ANYONE_ID_UNSAFE;
import static org.apache.zookeeper.ZooDefs.Ids.CREATOR_ALL_ACL;
import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/** Who may do what, and how that is asked and said. */
final class AclCases {
  private AclCases() {}

  static void addTo(Cases cases) {
    cases.add("acls are kept, with versions", AclCases::versions);
    cases.add("acls that are none", AclCases::invalid);
    cases.add("every permission is needed for its operations", AclCases::permissions);
    cases.add("digest between two clients", AclCases::digest);
    cases.add("digests are masked for others", AclCases::masked);
    cases.add("ip addresses", AclCases::ip);
    cases.add("the super user", AclCases::superUserMay);
    cases.add("who am I", AclCases::whoAmI);
    cases.add("authentication with an unknown scheme", AclCases::unknownScheme);
    cases.add("authentication survives a reconnect", AclCases::reconnect);
  }

  private static List<ACL> world(int perms) {
    return new ArrayList<>(List.of(new ACL(perms, ANYONE_ID_UNSAFE)));
  }

  private static List<ACL> acl(int perms, String scheme, String id) {
    return new ArrayList<>(List.of(new ACL(perms, new Id(scheme, id))));
  }

  private static void create(LabClient zk, String path, List<ACL> acl) throws Exception {
    zk.create(path, ZnodeCases.b("x"), acl, CreateMode.PERSISTENT);
  }

  private static Object versions(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    String path = lab.root + "/a";
    create(zk, path, OPEN_ACL_UNSAFE);
    Stat stat = new Stat();
    seen.of("get", () -> zk.getACL(path, stat));
    seen.of("stat", () -> stat);
    seen.of("set", () -> zk.setACL(path, world(Perms.ALL & ~Perms.DELETE), 0));
    seen.of("get then", () -> zk.getACL(path, null));
    seen.of("set old version", () -> zk.setACL(path, OPEN_ACL_UNSAFE, 0));
    seen.of("set any version", () -> zk.setACL(path, OPEN_ACL_UNSAFE, -1));
    seen.of("set negative version", () -> zk.setACL(path, OPEN_ACL_UNSAFE, -2));
    seen.of("get missing", () -> zk.getACL(lab.root + "/no", null));
    seen.of("set missing", () -> zk.setACL(lab.root + "/no", OPEN_ACL_UNSAFE, -1));
    seen.of("duplicates", () -> {
      zk.setACL(path, Arrays.asList(OPEN_ACL_UNSAFE.get(0), OPEN_ACL_UNSAFE.get(0)), -1);
      return zk.getACL(path, null);
    });
    return seen;
  }

  private static Object invalid(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    create(zk, lab.root + "/there", OPEN_ACL_UNSAFE);
    Object[][] acls = {
        {"empty", new ArrayList<>()},
        {"unknown scheme", acl(Perms.ALL, "nonsense", "x")},
        {"world of somebody", acl(Perms.ALL, "world", "somebody")},
        {"digest without a colon", acl(Perms.ALL, "digest", "abc")},
        {"digest with two", acl(Perms.ALL, "digest", "a:b:c")},
        {"digest", acl(Perms.ALL, "digest", "a:b")},
        {"ip", acl(Perms.ALL, "ip", "127.0.0.1")},
        {"ip with bits", acl(Perms.ALL, "ip", "127.0.0.0/8")},
        {"ip with too many", acl(Perms.ALL, "ip", "127.0.0.0/33")},
        {"ip with letters", acl(Perms.ALL, "ip", "localhost")},
        {"ip too short", acl(Perms.ALL, "ip", "127.0.0")},
        {"ip v6", acl(Perms.ALL, "ip", "::1")},
        {"x509", acl(Perms.ALL, "x509", "CN=x")},
        {"x509 of nonsense", acl(Perms.ALL, "x509", "x")},
        {"auth without any", CREATOR_ALL_ACL},
        {"super", acl(Perms.ALL, "super", "")},
        {"no perms", world(0)},
        {"unknown perms", world(64)},
        {"negative perms", world(-1)},
    };
    for (Object[] each : acls) {
      @SuppressWarnings("unchecked")
      List<ACL> acl = (List<ACL>) each[1];
      String path = lab.root + "/" + each[0];
      seen.ok("create with " + each[0], () -> create(zk, path, acl));
      seen.of("then", () -> zk.exists(path, false) == null ? "none" : zk.getACL(path, null));
      seen.put("created with " + each[0], seen.remove("then"));
    }
    seen.of("set empty", () -> zk.setACL(lab.root + "/there", new ArrayList<>(), -1));
    seen.of("set unknown", () -> zk.setACL(lab.root + "/there", acl(1, "nonsense", "x"), -1));
    seen.of("set unknown with a wrong version",
        () -> zk.setACL(lab.root + "/there", acl(1, "nonsense", "x"), 9));
    seen.ok("bad acl, no parent", () -> create(zk, lab.root + "/no/child", new ArrayList<>()));
    seen.ok("bad acl, existing", () -> create(zk, lab.root + "/there", new ArrayList<>()));
    return seen;
  }

  private static Object permissions(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    int[] perms = {Perms.READ, Perms.WRITE, Perms.CREATE, Perms.DELETE, Perms.ADMIN};
    for (int perm : perms) {
      String path = lab.root + "/" + perm;
      create(zk, path, OPEN_ACL_UNSAFE);
      create(zk, path + "/old", OPEN_ACL_UNSAFE);
      zk.setACL(path, world(perm), -1);
      String label = "perm " + perm + ": ";
      seen.of(label + "exists", () -> zk.exists(path, false) != null);
      seen.of(label + "get", () -> zk.getData(path, false, null));
      seen.of(label + "children", () -> zk.getChildren(path, false));
      seen.of(label + "all children", () -> zk.getAllChildrenNumber(path));
      seen.of(label + "get acl", () -> zk.getACL(path, null));
      seen.of(label + "set", () -> zk.setData(path, null, -1).getVersion());
      seen.of(label + "set, wrong version", () -> zk.setData(path, null, 9).getVersion());
      seen.ok(label + "create", () -> create(zk, path + "/new", OPEN_ACL_UNSAFE));
      seen.ok(label + "create existing", () -> create(zk, path + "/old", OPEN_ACL_UNSAFE));
      seen.ok(label + "delete child", () -> zk.delete(path + "/old", -1));
      seen.ok(label + "delete child, wrong version", () -> zk.delete(path + "/old", 8));
      seen.of(label + "set acl, wrong version", () -> zk.setACL(path, OPEN_ACL_UNSAFE, 9).getAversion());
      seen.of(label + "set acl", () -> zk.setACL(path, OPEN_ACL_UNSAFE, -1).getAversion());
      // For the next run: the super user cleans up after those that lost ADMIN.
      superUser(lab).setACL(path, OPEN_ACL_UNSAFE, -1);
    }
    return seen;
  }

  private static LabClient superUser(Lab lab) throws Exception {
    LabClient zk = lab.client();
    zk.addAuthInfo("digest", System.getenv("ZK_SUPER").getBytes());
    return zk;
  }

  private static Object digest(Lab lab) throws Exception {
    LabClient owner = lab.client();
    LabClient other = lab.client();
    owner.addAuthInfo("digest", ZnodeCases.b("ann:secret"));
    Seen seen = new Seen();
    String path = lab.root + "/hers";
    create(owner, path, CREATOR_ALL_ACL);
    other.fence();
    seen.of("acl", () -> owner.getACL(path, null));
    seen.of("owner reads", () -> owner.getData(path, false, null));
    seen.of("other reads", () -> other.getData(path, false, null));
    seen.of("other exists", () -> other.exists(path, false) != null);
    seen.of("other writes", () -> other.setData(path, null, -1));
    Events events = new Events();
    seen.of("other watches", () -> other.getData(path, events, null));
    other.addAuthInfo("digest", ZnodeCases.b("ann:wrong"));
    seen.of("with a wrong password", () -> other.getData(path, false, null));
    other.addAuthInfo("digest", ZnodeCases.b("ann:secret"));
    seen.of("with the right one", () -> other.getData(path, false, null));
    owner.addAuthInfo("digest", ZnodeCases.b("second:one"));
    String both = lab.root + "/both";
    seen.of("two identities", () -> {
      create(owner, both, CREATOR_ALL_ACL);
      return owner.getACL(both, null).stream().map(Seen::value).map(String::valueOf).sorted().toList();
    });
    seen.ok("the denied watch has seen nothing", () -> owner.setData(path, null, -1));
    other.fence();
    seen.of("events", () -> events.taken());
    seen.ok("deleting needs the parent's permission alone", () -> lab.client().delete(path, -1));
    return seen;
  }

  private static Object masked(Lab lab) throws Exception {
    LabClient zk = lab.client();
    LabClient other = lab.client();
    zk.addAuthInfo("digest", ZnodeCases.b("bob:secret"));
    String path = lab.root + "/a";
    ACL mine = new ACL(Perms.ALL, new Id("auth", ""));
    create(zk, path, Arrays.asList(new ACL(Perms.READ, ANYONE_ID_UNSAFE), mine));
    create(zk, lab.root + "/b", Arrays.asList(mine));
    other.fence();
    Seen seen = new Seen();
    seen.of("owner", () -> zk.getACL(path, null));
    seen.of("other", () -> other.getACL(path, null));
    seen.of("other, without READ", () -> other.getACL(lab.root + "/b", null));
    return seen;
  }

  private static Object ip(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (String id : new String[] {"127.0.0.1", "127.0.0.2", "127.0.0.0/8", "127.0.0.3/30", "127.0.0.4/30",
        "10.0.0.0/8", "0.0.0.0/0"}) {
      String path = lab.root + "/" + id.replace('/', '-');
      create(zk, path, acl(Perms.ALL, "ip", id));
      seen.of(id, () -> zk.getData(path, false, null));
    }
    return seen;
  }

  private static Object superUserMay(Lab lab) throws Exception {
    LabClient owner = lab.client();
    owner.addAuthInfo("digest", ZnodeCases.b("carl:secret"));
    String path = lab.root + "/a";
    create(owner, path, CREATOR_ALL_ACL);
    LabClient zk = superUser(lab);
    zk.fence();
    Seen seen = new Seen();
    seen.of("reads", () -> zk.getData(path, false, null));
    seen.of("acl", () -> zk.getACL(path, null));
    seen.of("writes", () -> zk.setData(path, null, -1).getVersion());
    seen.of("sets the acl", () -> zk.setACL(path, OPEN_ACL_UNSAFE, -1).getAversion());
    String own = lab.root + "/own";
    seen.of("its own", () -> {
      create(zk, own, CREATOR_ALL_ACL);
      return zk.getACL(own, null);
    });
    seen.of("is", () -> identities(zk));
    return seen;
  }

  private static Object whoAmI(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    seen.of("nobody", () -> zk.whoAmI());
    zk.addAuthInfo("digest", ZnodeCases.b("dora:secret"));
    zk.addAuthInfo("digest", ZnodeCases.b("emil:secret"));
    seen.of("two", () -> identities(zk));
    return seen;
  }

  /** A set: in no order. */
  private static List<String> identities(LabClient zk) throws Exception {
    return zk.whoAmI().stream().map(Seen::value).map(String::valueOf).sorted().toList();
  }

  private static Object unknownScheme(Lab lab) throws Exception {
    Events events = new Events();
    LabClient zk = lab.client(events);
    zk.addAuthInfo("nonsense", ZnodeCases.b("x"));
    Seen seen = new Seen();
    events.await(Watcher.Event.KeeperState.AuthFailed);
    seen.of("state", () -> zk.getState().name());
    seen.of("afterwards", () -> zk.exists(lab.root, false));
    LabClient digest = lab.client();
    digest.addAuthInfo("digest", new byte[0]);
    seen.of("an empty digest", () -> identities(digest));
    LabClient noColon = lab.client();
    noColon.addAuthInfo("digest", ZnodeCases.b("nocolon"));
    seen.of("a digest without a colon", () -> identities(noColon));
    return seen;
  }

  private static Object reconnect(Lab lab) throws Exception {
    LabClient zk = lab.client();
    zk.addAuthInfo("digest", ZnodeCases.b("fay:secret"));
    create(zk, lab.root + "/a", CREATOR_ALL_ACL);
    zk.disconnect();
    zk.reconnect();
    return new Seen().of("reads", () -> zk.getData(lab.root + "/a", false, null));
  }
}
