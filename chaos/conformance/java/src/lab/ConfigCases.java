package lab;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.Stat;

/** The ensemble's configuration, read, watched and changed. */
final class ConfigCases {
  private ConfigCases() {}

  static void addTo(Cases cases) {
    cases.add("the configuration is read", ConfigCases::read);
    cases.add("reconfig is refused", ConfigCases::refused);
    cases.add("a server leaves and joins again", ConfigCases::leavesAndJoins);
  }

  /** Ports and versions out; servers in order. */
  static List<String> plain(byte[] config) {
    return Arrays.stream(new String(config, StandardCharsets.UTF_8).split("\n"))
        .map(line -> line.replaceAll(":\\d+", ":P").replaceAll("^version=[0-9a-f]+$", "version=V")).sorted().toList();
  }

  private static ZooKeeperAdmin admin(Lab lab, boolean isSuper) throws Exception {
    Events events = new Events();
    ZooKeeperAdmin admin = lab.closed(new ZooKeeperAdmin(Cluster.HOSTS, Lab.SESSION_TIMEOUT_MS, events));
    if (isSuper) admin.addAuthInfo("digest", System.getenv("ZK_SUPER").getBytes(StandardCharsets.UTF_8));
    events.await(org.apache.zookeeper.Watcher.Event.KeeperState.SyncConnected);
    return admin;
  }

  private static Object read(Lab lab) throws Exception {
    LabClient zk = lab.client();
    Stat stat = new Stat();
    Seen seen = new Seen();
    seen.of("config", () -> plain(zk.getConfig(false, stat)));
    seen.of("same as the znode", () -> Arrays.equals(zk.getConfig(false, null),
        zk.getData("/zookeeper/config", false, null)));
    return seen;
  }

  private static Object refused(Lab lab) throws Exception {
    ZooKeeperAdmin nobody = admin(lab, false);
    ZooKeeperAdmin admin = admin(lab, true);
    Seen seen = new Seen();
    String joining = "server.9=127.0.0.1:1:2:participant;127.0.0.1:3";
    seen.of("without permission", () -> nobody.reconfigure(joining, null, null, -1, null));
    seen.of("old version", () -> admin.reconfigure(null, "3", null, 77, null));
    seen.of("nonsense", () -> admin.reconfigure("server.9=nonsense", null, null, -1, null));
    seen.of("nothing", () -> plain(admin.reconfigure((String) null, null, null, -1, null)));
    seen.of("incremental and full", () -> admin.reconfigure(joining, null, joining, -1, null));
    seen.of("too few left", () -> admin.reconfigure(null, "1,2,3", null, -1, null));
    seen.of("a server that is not there", () -> plain(admin.reconfigure(joining, null, null, -1, null)));
    seen.of("gone again", () -> plain(admin.reconfigure(null, "9", null, -1, null)));
    seen.of("leaving is not there", () -> plain(admin.reconfigure(null, "9", null, -1, null)));
    seen.of("a quorum that is not there", () -> admin.reconfigure((String) null, null,
        "server.7=127.0.0.1:1:2;3\nserver.8=127.0.0.1:4:5;6\nserver.9=127.0.0.1:7:8;9", -1, null));
    seen.of("config", () -> plain(admin.getConfig(false, null)));
    return seen;
  }

  private static Object leavesAndJoins(Lab lab) throws Exception {
    ZooKeeperAdmin admin = admin(lab, true);
    Events events = new Events();
    Stat stat = new Stat();
    String third = Arrays.stream(new String(admin.getConfig(events, stat)).split("\n"))
        .filter(line -> line.startsWith("server.3=")).findFirst().orElseThrow();
    Seen seen = new Seen();
    seen.of("leaves", () -> plain(Lab.persistently(() -> admin.reconfigure(null, "3", null, -1, stat))));
    seen.of("stat is set", () -> stat.getMzxid() > 0);
    seen.of("event", () -> events.taken(1));
    seen.of("joins", () -> plain(Lab.persistently(() -> admin.reconfigure(third, null, null, -1, null))));
    LabClient other = lab.client(Cluster.SERVERS.get(2));
    seen.ok("serves again", () -> Lab.persistently(() -> {
      other.fence();
      return null;
    }));
    return seen.of("its config", () -> plain(other.getConfig(false, null)));
  }
}
