package lab;

import static org.apache.zookeeper.ZooDefs.Ids.OPEN_ACL_UNSAFE;

import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.cli.DelQuotaCommand;
import org.apache.zookeeper.cli.SetQuotaCommand;

/** What a subtree holds: descendants, a session's ephemerals, quotas. */
final class CountCases {
  private CountCases() {}

  static void addTo(Cases cases) {
    cases.add("all children are counted", CountCases::allChildren);
    cases.add("ephemerals by prefix", CountCases::ephemerals);
    cases.add("sync answers its path", CountCases::sync);
    cases.add("a hard quota of znodes", CountCases::hardCount);
    cases.add("a hard quota of bytes", CountCases::hardBytes);
    cases.add("a soft quota only counts", CountCases::softQuota);
    cases.add("quotas within quotas", CountCases::nestedQuota);
  }

  private static String create(LabClient zk, String path, CreateMode mode) throws Exception {
    return zk.create(path, ZnodeCases.b("12345"), OPEN_ACL_UNSAFE, mode);
  }

  private static Object allChildren(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    seen.of("none", () -> zk.getAllChildrenNumber(lab.root));
    for (String path : new String[] {"/a", "/a/b", "/a/b/c", "/ab"}) {
      create(zk, lab.root + path, CreateMode.PERSISTENT);
    }
    seen.of("all", () -> zk.getAllChildrenNumber(lab.root));
    seen.of("of /a", () -> zk.getAllChildrenNumber(lab.root + "/a"));
    seen.of("of a leaf", () -> zk.getAllChildrenNumber(lab.root + "/ab"));
    seen.of("missing", () -> zk.getAllChildrenNumber(lab.root + "/no"));
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    zk.getAllChildrenNumber(lab.root, (code, path, context, number) -> answer.complete(number), null);
    seen.of("asynchronous", () -> Lab.within(answer));
    return seen;
  }

  private static Object ephemerals(Lab lab) throws Exception {
    LabClient zk = lab.client();
    LabClient other = lab.client();
    Seen seen = new Seen();
    seen.of("none", () -> zk.getEphemerals());
    create(zk, lab.root + "/a", CreateMode.EPHEMERAL);
    create(zk, lab.root + "/ab", CreateMode.EPHEMERAL);
    create(zk, lab.root + "/p", CreateMode.PERSISTENT);
    create(zk, lab.root + "/p/c", CreateMode.EPHEMERAL_SEQUENTIAL);
    create(other, lab.root + "/aother", CreateMode.EPHEMERAL);
    zk.fence();
    seen.of("all", () -> zk.getEphemerals().stream().sorted().toList());
    seen.of("prefix", () -> zk.getEphemerals(lab.root + "/a").stream().sorted().toList());
    seen.of("inside", () -> zk.getEphemerals(lab.root + "/p").stream().sorted().toList());
    seen.of("nothing there", () -> zk.getEphemerals(lab.root + "/none"));
    seen.of("a bad prefix", () -> zk.getEphemerals("none"));
    seen.of("by root", () -> zk.getEphemerals("/").stream().sorted().toList());
    zk.delete(lab.root + "/a", -1);
    seen.of("after a delete", () -> zk.getEphemerals().stream().sorted().toList());
    return seen;
  }

  private static Object sync(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    for (String path : new String[] {lab.root, lab.root + "/missing", "/"}) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      zk.sync(path, (code, at, context) -> answer.complete(code + " " + at), null);
      seen.of(path, () -> Lab.within(answer));
    }
    seen.ok("synchronous", () -> zk.sync(lab.root));
    seen.ok("a bad path", () -> zk.sync("no"));
    return seen;
  }

  /** Limits of a path, as `setquota` sets them; −1 for none. */
  private static StatsTrack limits(long count, long countHard, long bytes, long bytesHard) {
    StatsTrack limits = new StatsTrack();
    limits.setCount(count);
    limits.setCountHardLimit(countHard);
    limits.setBytes(bytes);
    limits.setByteHardLimit(bytesHard);
    return limits;
  }

  private static void quota(LabClient zk, Lab lab, String path, StatsTrack limits) throws Exception {
    lab.closed(() -> SetQuotaCommandRemover.remove(path));
    SetQuotaCommand.createQuota(zk, path, limits);
  }

  /** Quotas outlive the case's znodes, and would be in the way of the next run. */
  private static final class SetQuotaCommandRemover {
    static void remove(String path) throws Exception {
      try (LabClient zk = LabClient.connected(Cluster.HOSTS, new Events())) {
        DelQuotaCommand.delQuota(zk, path, limits(1, 1, 1, 1));
      }
    }
  }

  private static String stats(LabClient zk, String path) throws Exception {
    return new String(zk.getData("/zookeeper/quota" + path + "/zookeeper_stats", false, null));
  }

  /** At the leader: ZooKeeper's judges by what it has applied itself, which may be less than a follower has. */
  private static Object hardCount(Lab lab) throws Exception {
    LabClient zk = lab.client(Cluster.leader());
    Seen seen = new Seen();
    quota(zk, lab, lab.root, limits(-1, 3, -1, -1));
    seen.of("limits",
        () -> zk.getData("/zookeeper/quota" + lab.root + "/zookeeper_limits", false, null));
    for (String name : new String[] {"/a", "/a/b", "/c"}) {
      seen.of("create " + name, () -> create(zk, lab.root + name, CreateMode.PERSISTENT));
    }
    seen.of("stats", () -> stats(zk, lab.root));
    zk.delete(lab.root + "/a/b", -1);
    seen.of("stats after a delete", () -> stats(zk, lab.root));
    seen.of("again", () -> create(zk, lab.root + "/d", CreateMode.EPHEMERAL));
    seen.of("sequential", () -> create(zk, lab.root + "/s", CreateMode.PERSISTENT_SEQUENTIAL));
    return seen;
  }

  private static Object hardBytes(Lab lab) throws Exception {
    LabClient zk = lab.client(Cluster.leader());
    Seen seen = new Seen();
    quota(zk, lab, lab.root, limits(-1, -1, -1, 12));
    seen.of("five", () -> create(zk, lab.root + "/a", CreateMode.PERSISTENT));
    seen.of("ten", () -> create(zk, lab.root + "/b", CreateMode.PERSISTENT));
    seen.of("fifteen", () -> create(zk, lab.root + "/c", CreateMode.PERSISTENT));
    seen.of("twelve", () -> zk.setData(lab.root + "/a", ZnodeCases.b("1234567"), -1).getDataLength());
    seen.of("thirteen", () -> zk.setData(lab.root + "/a", ZnodeCases.b("12345678"), -1).getDataLength());
    seen.of("stats", () -> stats(zk, lab.root));
    seen.of("fewer", () -> zk.setData(lab.root + "/a", null, -1).getDataLength());
    seen.of("stats then", () -> stats(zk, lab.root));
    return seen;
  }

  private static Object softQuota(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    quota(zk, lab, lab.root, limits(1, -1, 1, -1));
    seen.of("one", () -> create(zk, lab.root + "/a", CreateMode.PERSISTENT));
    seen.of("two", () -> create(zk, lab.root + "/b", CreateMode.PERSISTENT));
    seen.of("stats", () -> stats(zk, lab.root));
    return seen;
  }

  private static Object nestedQuota(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Seen seen = new Seen();
    create(zk, lab.root + "/a", CreateMode.PERSISTENT);
    create(zk, lab.root + "/a/b", CreateMode.PERSISTENT);
    quota(zk, lab, lab.root + "/a", limits(-1, 10, -1, -1));
    seen.ok("inside", () -> quota(zk, lab, lab.root + "/a/b", limits(-1, 10, -1, -1)));
    seen.ok("above", () -> quota(zk, lab, lab.root, limits(-1, 10, -1, -1)));
    seen.ok("missing", () -> quota(zk, lab, lab.root + "/no", limits(-1, 10, -1, -1)));
    seen.ok("again", () -> quota(zk, lab, lab.root + "/a", limits(-1, 5, 7, -1)));
    seen.of("limits",
        () -> zk.getData("/zookeeper/quota" + lab.root + "/a/zookeeper_limits", false, null));
    return seen;
  }
}
