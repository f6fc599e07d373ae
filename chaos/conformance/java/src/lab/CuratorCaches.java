package lab;

import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;

/** Copies of a part of the tree that follow it. */
@SuppressWarnings("deprecation") // The older caches are what most programs still use.
final class CuratorCaches {
  private CuratorCaches() {}

  static void addTo(Cases cases) {
    cases.add("cache", CuratorCaches::cache);
    cases.add("node cache", CuratorCaches::nodeCache);
    cases.add("path children cache", CuratorCaches::pathCache);
    cases.add("tree cache", CuratorCaches::treeCache);
  }

  /** What it was told, in order. */
  static final class Told {
    private final List<String> lines = new ArrayList<>();

    synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }

    synchronized List<String> taken() {
      List<String> all = List.copyOf(lines);
      lines.clear();
      return all;
    }

    synchronized boolean has(String line) {
      return lines.contains(line);
    }

    /** Takes all when this line is among it. */
    List<String> until(String line) throws Exception {
      Lab.until(line, () -> has(line));
      return taken();
    }
  }

  /** A started cache of it, loaded, with what it tells. */
  static CuratorCache cacheOf(Lab lab, CuratorFramework client, String path, Told told) throws Exception {
    CuratorCache cache = lab.closed(CuratorCache.build(client, path));
    cache.listenable().addListener(CuratorCacheListener.builder().forInitialized(() -> told.add("initialized"))
        .forCreates(node -> told.add("created " + node.getPath() + " " + Seen.value(node.getData())))
        .forChanges((old, node) -> told.add("changed " + node.getPath() + " " + Seen.value(node.getData())))
        .forDeletes(node -> told.add("deleted " + node.getPath())).build());
    cache.start();
    return cache;
  }

  private static Object cache(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String at = lab.root;
    Told told = new Told();
    client.create().forPath(at + "/a", ZnodeCases.b("1"));
    CuratorCache cache = cacheOf(lab, client, at, told);
    Seen seen = new Seen();
    seen.of("initial", () -> told.until("initialized").stream().sorted().toList());
    CuratorFramework other = CuratorBasics.client(lab);
    other.setData().forPath(at + "/a", ZnodeCases.b("2"));
    seen.of("changed", () -> told.until("changed " + at + "/a 2"));
    other.create().creatingParentsIfNeeded().forPath(at + "/b/c", ZnodeCases.b("3"));
    seen.of("created", () -> told.until("created " + at + "/b/c 3").size());
    other.delete().forPath(at + "/a");
    seen.of("deleted", () -> told.until("deleted " + at + "/a"));
    return seen.of("size", () -> cache.size());
  }

  private static Object nodeCache(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String path = lab.root + "/n";
    NodeCache cache = lab.closed(new NodeCache(client, path));
    cache.start(true);
    Seen seen = new Seen();
    seen.of("nothing", () -> cache.getCurrentData() == null);
    client.create().forPath(path, ZnodeCases.b("1"));
    Lab.until("it is seen", () -> cache.getCurrentData() != null);
    seen.of("created", () -> cache.getCurrentData().getData());
    client.setData().forPath(path, ZnodeCases.b("2"));
    Lab.until("it is changed", () -> cache.getCurrentData().getStat().getVersion() == 1);
    seen.of("changed", () -> cache.getCurrentData().getData());
    client.delete().forPath(path);
    return seen.ok("deleted", () -> Lab.until("it is gone", () -> cache.getCurrentData() == null));
  }

  private static Object pathCache(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String at = lab.root;
    Told told = new Told();
    client.create().forPath(at + "/a", ZnodeCases.b("1"));
    PathChildrenCache cache = lab.closed(new PathChildrenCache(client, at, true));
    cache.getListenable().addListener((framework, event) -> {
      ChildData data = event.getData();
      told.add(event.getType() + (data == null ? "" : " " + data.getPath() + " " + Seen.value(data.getData())));
    });
    cache.start(PathChildrenCache.StartMode.POST_INITIALIZED_EVENT);
    Seen seen = new Seen();
    seen.of("initial", () -> told.until("INITIALIZED").stream().filter(each -> !each.startsWith("CONN")).toList());
    client.create().forPath(at + "/b", ZnodeCases.b("2"));
    seen.of("added", () -> told.until("CHILD_ADDED " + at + "/b 2"));
    client.setData().forPath(at + "/b", ZnodeCases.b("3"));
    seen.of("updated", () -> told.until("CHILD_UPDATED " + at + "/b 3"));
    client.delete().forPath(at + "/b");
    seen.of("removed", () -> told.until("CHILD_REMOVED " + at + "/b 3"));
    return seen.of("size", () -> cache.getCurrentData().size());
  }

  private static Object treeCache(Lab lab) throws Exception {
    CuratorFramework client = CuratorBasics.client(lab);
    String at = lab.root;
    Told told = new Told();
    client.create().creatingParentsIfNeeded().forPath(at + "/a/b", ZnodeCases.b("1"));
    TreeCache cache = lab.closed(new TreeCache(client, at));
    cache.getListenable().addListener((framework, event) ->
        told.add(event.getType() + (event.getData() == null ? "" : " " + event.getData().getPath())));
    cache.start();
    Seen seen = new Seen();
    seen.of("initial", () -> told.until("INITIALIZED").stream().sorted().toList());
    client.create().creatingParentsIfNeeded().forPath(at + "/c/d");
    seen.of("added", () -> told.until("NODE_ADDED " + at + "/c/d"));
    client.setData().forPath(at + "/c/d", ZnodeCases.b("2"));
    seen.of("updated", () -> told.until("NODE_UPDATED " + at + "/c/d"));
    client.delete().deletingChildrenIfNeeded().forPath(at + "/c");
    seen.of("removed", () -> told.until("NODE_REMOVED " + at + "/c"));
    return seen.of("children", () -> cache.getCurrentChildren(at).keySet().stream().sorted().toList());
  }
}
