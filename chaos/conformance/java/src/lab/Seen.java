package lab;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Stat;

/** What a case saw, by label and in order, with everything volatile left out. */
final class Seen extends LinkedHashMap<String, Object> {
  private static final long serialVersionUID = 1;

  /** Records what the call returns, or the name of the error that it throws. */
  Seen of(String label, Callable<?> call) {
    if (containsKey(label)) throw new IllegalStateException("two observations named " + label);
    put(label, attempt(call));
    return this;
  }

  /** As {@link #of}, for calls that return nothing: "ok" or the error. */
  Seen ok(String label, Action action) {
    return of(label, () -> {
      action.run();
      return "ok";
    });
  }

  interface Action {
    void run() throws Exception;
  }

  static Object attempt(Callable<?> call) {
    try {
      return value(call.call());
    } catch (Exception error) {
      return error(error);
    }
  }

  /** KeeperExceptions by code and path: their classes are the client's affair. */
  static Object error(Throwable error) {
    if (error instanceof ExecutionException && error.getCause() != null) error = error.getCause();
    if (error instanceof KeeperException keeper) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("error", keeper.code().name());
      if (keeper.getPath() != null) map.put("path", keeper.getPath());
      if (keeper.getResults() != null) map.put("results", value(keeper.getResults()));
      return map;
    }
    return Map.of("error", error.getClass().getSimpleName());
  }

  static Object value(Object value) {
    if (value instanceof byte[] bytes) return new String(bytes, StandardCharsets.UTF_8);
    if (value instanceof Stat stat) return stat(stat);
    if (value instanceof ACL acl) return acl(acl);
    if (value instanceof ClientInfo info) return info.getAuthScheme() + ":" + info.getUser();
    if (value instanceof OpResult result) return result(result);
    if (value instanceof WatchedEvent event) return event.getType() + " " + event.getPath();
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> values = new LinkedHashMap<>();
      map.forEach((key, each) -> values.put(key, value(each)));
      return values;
    }
    if (value instanceof Collection<?> items) {
      List<Object> values = new ArrayList<>();
      for (Object item : items) values.add(value(item));
      return values;
    }
    return value;
  }

  private static Map<String, Object> stat(Stat stat) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("version", stat.getVersion());
    map.put("cversion", stat.getCversion());
    map.put("aversion", stat.getAversion());
    map.put("owner", owner(stat.getEphemeralOwner()));
    map.put("dataLength", stat.getDataLength());
    map.put("numChildren", stat.getNumChildren());
    // The zxids themselves differ from run to run, their order does not.
    map.put("zxids", "c" + order(stat.getCzxid(), stat.getMzxid()) + "m"
        + order(stat.getMzxid(), stat.getPzxid()) + "p" + order(stat.getPzxid(), stat.getCzxid()) + "c");
    map.put("times", stat.getCtime() > 0 && stat.getMtime() >= stat.getCtime() ? "set" : "odd");
    return map;
  }

  private static String order(long left, long right) {
    return left < right ? "<" : left == right ? "=" : ">";
  }

  private static String owner(long owner) {
    if (owner == 0) return "none";
    if (owner == Long.MIN_VALUE) return "container";
    if (owner >>> 56 == 0xff) return "ttl " + (owner & 0xff_ffff_ffffL);
    return "session";
  }

  private static String acl(ACL acl) {
    StringBuilder perms = new StringBuilder();
    int[] bits = {ZooDefs.Perms.CREATE, ZooDefs.Perms.DELETE, ZooDefs.Perms.READ, ZooDefs.Perms.WRITE,
        ZooDefs.Perms.ADMIN};
    for (int i = 0; i < bits.length; i++) {
      if ((acl.getPerms() & bits[i]) != 0) perms.append("cdrwa".charAt(i));
    }
    return perms + " " + acl.getId().getScheme() + ":" + acl.getId().getId();
  }

  private static Object result(OpResult result) {
    if (result instanceof OpResult.CreateResult create) {
      return create.getStat() == null ? List.of("create", create.getPath())
          : List.of("create", create.getPath(), value(create.getStat()));
    }
    if (result instanceof OpResult.SetDataResult set) return List.of("setData", value(set.getStat()));
    if (result instanceof OpResult.DeleteResult) return List.of("delete");
    if (result instanceof OpResult.CheckResult) return List.of("check");
    if (result instanceof OpResult.GetDataResult get) {
      return List.of("getData", value(get.getData()), value(get.getStat()));
    }
    if (result instanceof OpResult.GetChildrenResult get) {
      return List.of("getChildren", get.getChildren().stream().sorted().toList());
    }
    if (result instanceof OpResult.ErrorResult error) {
      return List.of("error", KeeperException.Code.get(error.getErr()).name());
    }
    throw new IllegalStateException("an unknown result: " + result);
  }
}
