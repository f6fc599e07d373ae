package lab;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.zookeeper.CreateMode;

/** Znodes that somebody keeps alive. */
final class CuratorNodes {
  private static final int LONG_S = 20;

  private CuratorNodes() {}

  static void addTo(Cases cases) {
    cases.add("persistent node comes back", CuratorNodes::persistentNode);
    cases.add("persistent ttl node is touched", CuratorNodes::ttlNode);
    cases.add("group member", CuratorNodes::groupMember);
    cases.add("service discovery", CuratorNodes::discovery);
  }

  private static Object persistentNode(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    CuratorFramework other = CuratorBasics.client(lab);
    String path = lab.root + "/n";
    PersistentNode node = lab.closed(
        new PersistentNode(client, CreateMode.EPHEMERAL, false, path, ZnodeCases.b("alive")));
    node.start();
    Seen seen = new Seen();
    seen.of("created", () -> node.waitForInitialCreate(LONG_S, TimeUnit.SECONDS));
    other.sync().forPath(path);
    long firstZxid = other.checkExists().forPath(path).getCzxid();
    other.delete().forPath(path);
    Lab.until("it is there again", () -> {
      var stat = other.checkExists().forPath(path);
      return stat != null && stat.getCzxid() > firstZxid;
    });
    seen.of("again", () -> other.getData().forPath(path));
    node.close();
    other.sync().forPath(path);
    return seen.of("closed", () -> other.checkExists().forPath(path));
  }

  private static Object ttlNode(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String path = lab.root + "/n";
    PersistentTtlNode node = lab.closed(new PersistentTtlNode(client, path, 3_000, ZnodeCases.b("x")));
    node.start();
    Seen seen = new Seen();
    seen.of("created", () -> node.waitForInitialCreate(LONG_S, TimeUnit.SECONDS));
    Lab.until("it is touched", () -> client.checkExists().forPath(path + "/touch") != null);
    seen.of("kind", () -> Seen.value(client.checkExists().forPath(path)) instanceof java.util.Map<?, ?> stat
        ? stat.get("owner") : "none");
    node.close();
    return seen.ok("gone", () -> Lab.until("it is gone", () -> client.checkExists().forPath(path) == null));
  }

  private static Object groupMember(Lab lab) throws Exception {
    GroupMember one = lab.closed(new GroupMember(CuratorBasics.client(lab), lab.root + "/g", "one"));
    GroupMember two = lab.closed(new GroupMember(CuratorBasics.client(lab), lab.root + "/g", "two"));
    one.start();
    two.start();
    Lab.until("both are in", () -> one.getCurrentMembers().size() == 2 && two.getCurrentMembers().size() == 2);
    Seen seen = new Seen();
    seen.of("members", () -> one.getCurrentMembers().keySet().stream().sorted().toList());
    two.close();
    Lab.until("one is left", () -> one.getCurrentMembers().size() == 1);
    return seen.of("left", () -> List.copyOf(one.getCurrentMembers().keySet()));
  }

  private static Object discovery(Lab lab) throws Exception {
    ServiceInstance<Void> instance = ServiceInstance.<Void>builder().name("lab").id("i1").address("a").port(80).build();
    ServiceDiscovery<Void> serving = lab.closed(ServiceDiscoveryBuilder.builder(Void.class)
        .client(CuratorBasics.client(lab)).basePath(lab.root + "/d").thisInstance(instance).build());
    serving.start();
    CuratorFramework client = CuratorBasics.client(lab);
    ServiceDiscovery<Void> asking =
        lab.closed(ServiceDiscoveryBuilder.builder(Void.class).client(client).basePath(lab.root + "/d").build());
    asking.start();
    client.sync().forPath("/");
    Seen seen = new Seen();
    seen.of("names", () -> asking.queryForNames());
    seen.of("instances", () -> asking.queryForInstances("lab").stream().map(each -> each.getId() + " " + each.getPort())
        .toList());
    serving.unregisterService(instance);
    client.sync().forPath("/");
    return seen.of("none", () -> asking.queryForInstances("lab").size());
  }
}
