package lab;

import static org.apache.zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.schema.Schema;
import org.apache.curator.framework.schema.SchemaSet;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;

/** Curator's framework: its builders for every operation, namespaces, transactions. */
final class CuratorBasics {
  private static final int SESSION_TIMEOUT_MS = 10_000;
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int RETRY_MS = 100;

  private CuratorBasics() {}

  static void addTo(Cases cases) {
    cases.add("operations through the builders", CuratorBasics::builders);
    cases.add("creates with parents, containers and protection", CuratorBasics::creates);
    cases.add("transactions", CuratorBasics::transactions);
    cases.add("a namespace", CuratorBasics::namespace);
    cases.add("watches through the builders", CuratorBasics::watches);
    cases.add("the ensemble is tracked", CuratorBasics::ensemble);
    cases.add("a schema is held", CuratorBasics::schema);
    cases.add("acls and authentication", CuratorBasics::acls);
  }

  /** A started client that retries for ever. */
  static CuratorFramework client(Lab lab) throws Exception {
    return client(lab, Cluster.HOSTS);
  }

  static CuratorFramework client(Lab lab, String hosts) throws Exception {
    CuratorFramework client = lab.closed(
        CuratorFrameworkFactory.newClient(hosts, SESSION_TIMEOUT_MS, CONNECT_TIMEOUT_MS, new RetryForever(RETRY_MS)));
    client.start();
    client.blockUntilConnected();
    return client;
  }

  private static Object builders(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    String path = lab.root + "/a";
    Stat stat = new Stat();
    Seen seen = new Seen();
    seen.of("create", () -> client.create().storingStatIn(stat).forPath(path, ZnodeCases.b("one")));
    seen.of("stat", () -> stat);
    seen.of("get", () -> client.getData().storingStatIn(stat).forPath(path));
    seen.of("set", () -> client.setData().withVersion(0).forPath(path, ZnodeCases.b("two")).getVersion());
    seen.of("set old", () -> client.setData().withVersion(0).forPath(path, ZnodeCases.b("three")));
    seen.of("compressed", () -> {
      client.create().compressed().forPath(path + "/z", ZnodeCases.b("zzz"));
      return client.getData().decompressed().forPath(path + "/z");
    });
    seen.of("children", () -> client.getChildren().storingStatIn(stat).forPath(path));
    seen.of("exists", () -> client.checkExists().forPath(path));
    seen.of("create or set", () -> client.create().orSetData().forPath(path, ZnodeCases.b("four")));
    seen.ok("delete", () -> client.delete().forPath(path));
    seen.ok("delete with children", () -> client.delete().guaranteed().deletingChildrenIfNeeded().forPath(path));
    seen.ok("delete quietly", () -> client.delete().quietly().forPath(path));
    seen.ok("sync", () -> client.sync().forPath(lab.root));
    CompletableFuture<String> answer = new CompletableFuture<>();
    client.create().inBackground((framework, event) -> answer.complete(
        event.getType() + " " + event.getResultCode() + " " + event.getPath())).forPath(path);
    seen.of("in the background", () -> Lab.within(answer));
    return seen;
  }

  private static Object creates(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    String at = lab.root;
    Seen seen = new Seen();
    seen.of("parents", () -> client.create().creatingParentsIfNeeded().forPath(at + "/a/b/c"));
    seen.of("container parents",
        () -> client.create().creatingParentContainersIfNeeded().forPath(at + "/x/y/z"));
    seen.of("parent", () -> client.checkExists().forPath(at + "/a/b"));
    seen.of("container parent", () -> client.checkExists().forPath(at + "/x/y"));
    seen.of("protected", () -> client.create().withProtection().withMode(EPHEMERAL_SEQUENTIAL).forPath(at + "/p-")
        .replaceAll("_c_[0-9a-f-]{36}", "_c_UUID"));
    seen.of("ttl", () -> client.create().withTtl(50_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(at + "/t"));
    seen.of("ttl's stat", () -> client.checkExists().forPath(at + "/t"));
    return seen;
  }

  private static Object transactions(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    String at = lab.root;
    Seen seen = new Seen();
    seen.of("commits", () -> results(client.transaction().forOperations(
        client.transactionOp().create().forPath(at + "/a", ZnodeCases.b("x")),
        client.transactionOp().setData().withVersion(0).forPath(at + "/a", ZnodeCases.b("y")),
        client.transactionOp().check().withVersion(1).forPath(at + "/a"),
        client.transactionOp().create().withMode(EPHEMERAL_SEQUENTIAL).forPath(at + "/e-"),
        client.transactionOp().delete().forPath(at + "/a"))));
    seen.of("rolls back", () -> results(client.transaction().forOperations(
        client.transactionOp().create().forPath(at + "/b"),
        client.transactionOp().delete().forPath(at + "/missing"))));
    return seen.of("children", () -> client.getChildren().forPath(at));
  }

  private static List<String> results(List<CuratorTransactionResult> results) {
    return results.stream().map(each -> each.getType() + " " + each.getForPath() + " " + each.getResultPath() + " "
        + each.getError()).toList();
  }

  private static Object namespace(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    CuratorFramework inner = client.usingNamespace(lab.root.substring(1) + "/inner");
    Seen seen = new Seen();
    seen.of("create", () -> inner.create().creatingParentsIfNeeded().forPath("/a/b"));
    seen.of("outside", () -> client.checkExists().forPath(lab.root + "/inner/a/b"));
    seen.of("children", () -> inner.getChildren().forPath("/"));
    CuratorFramework chroot = client(lab, Cluster.HOSTS + lab.root);
    return seen.of("chroot", () -> chroot.getChildren().forPath("/inner"));
  }

  private static Object watches(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    Events events = new Events();
    String path = lab.root + "/a";
    client.checkExists().usingWatcher(events).forPath(path);
    client.create().forPath(path);
    client.watchers().add().withMode(org.apache.zookeeper.AddWatchMode.PERSISTENT_RECURSIVE)
        .usingWatcher(events).forPath(path);
    client.setData().forPath(path, null);
    client.create().forPath(path + "/b");
    Seen seen = new Seen();
    seen.of("events", () -> events.taken(3));
    seen.ok("remove", () -> client.watchers().remove(events).forPath(path));
    seen.of("removed", () -> events.taken(1));
    seen.ok("remove all", () -> client.watchers().removeAll().forPath(path));
    return seen;
  }

  private static Object ensemble(Lab lab) throws Exception {
    CuratorFramework client = client(lab);
    Seen seen = new Seen();
    Lab.until("the configuration", () -> client.getCurrentConfig().getAllMembers().size() == 3);
    seen.of("members", () -> client.getCurrentConfig().getAllMembers().size());
    return seen.of("config", () -> ConfigCases.plain(client.getConfig().forEnsemble()));
  }

  private static Object schema(Lab lab) throws Exception {
    Schema strict = Schema.builder(lab.root + "/fixed").documentation("may not be deleted").canBeDeleted(false).build();
    CuratorFramework client = lab.closed(CuratorFrameworkFactory.builder().connectString(Cluster.HOSTS)
        .retryPolicy(new RetryForever(RETRY_MS)).schemaSet(new SchemaSet(List.of(strict), false)).build());
    client.start();
    Seen seen = new Seen();
    seen.of("create", () -> client.create().forPath(lab.root + "/fixed"));
    return seen.ok("delete", () -> client.delete().forPath(lab.root + "/fixed"));
  }

  private static Object acls(Lab lab) throws Exception {
    CuratorFramework owner = lab.closed(CuratorFrameworkFactory.builder().connectString(Cluster.HOSTS)
        .retryPolicy(new RetryForever(RETRY_MS)).authorization("digest", ZnodeCases.b("ann:pw")).build());
    owner.start();
    CuratorFramework other = client(lab);
    String path = lab.root + "/a";
    Seen seen = new Seen();
    seen.of("create", () -> owner.create().withACL(org.apache.zookeeper.ZooDefs.Ids.CREATOR_ALL_ACL).forPath(path));
    seen.of("acl", () -> owner.getACL().forPath(path));
    other.sync().forPath(path);
    return seen.of("other", () -> other.getData().forPath(path));
  }

}
