package lab;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.ZooKeeperMain;

/**
 * ZooKeeper's shell: its own class, each line given to it as its prompt would, and what it prints. Runs
 * with the shell of 3.8 too.
 */
public final class ZkCliSuite {
  /** What the shell prints to either stream, since the last line. */
  private static final ByteArrayOutputStream PRINTED = new ByteArrayOutputStream();

  private ZkCliSuite() {}

  /** The shell's main class, with its client and its lines within reach. */
  private static final class Shell extends ZooKeeperMain implements AutoCloseable {
    Shell(String hosts) throws Exception {
      super(new String[] {"-server", hosts, "-timeout", "10000"});
      Lab.until("a shell's connection", () -> zk.getState() == ZooKeeper.States.CONNECTED);
    }

    ZooKeeper client() {
      return zk;
    }

    @Override
    public void close() throws InterruptedException {
      zk.close();
    }
  }

  public static void main(String[] args) throws Exception {
    Cluster.say("the shell of " + org.apache.zookeeper.Version.getVersion());
    // Before the first of its classes is there: its commands keep the streams that they find.
    PrintStream capture = new PrintStream(PRINTED, true, StandardCharsets.UTF_8);
    System.setOut(capture);
    System.setErr(capture);
    Cases cases = new Cases("zkcli");
    script(cases, "create, get, set, delete", "create /R/a one", "create /R/a again", "create /R/no/x y",
        "create -s /R/s- x", "create -e /R/e x", "create -s -e /R/se- x", "create -c /R/box", "create -t 60000 /R/t x",
        "create /R/empty", "create -e -t 5 /R/odd", "create -t 0 /R/odd", "ls /R", "get /R/a", "get -s /R/a",
        "get /R/missing", "get /R/empty", "set /R/a two", "set -s /R/a three", "set -v 2 /R/a four",
        "set -v 2 /R/a five", "set /R/missing x", "get /R/a", "delete -v 9 /R/a", "delete -v 3 /R/a",
        "delete /R/missing", "ls /R", "stat /R/e", "stat /R/missing", "stat /R/t", "stat /R/box");
    script(cases, "ls", "create /R/a", "create /R/a/b", "create /R/a/b/c", "create /R/d", "ls /R", "ls -s /R",
        "ls -R /R", "ls /R/missing", "ls -R /R/missing", "ls /R/a/b/c", "ls bad", "ls /R/", "ls");
    script(cases, "deleteall", "create /R/a", "create /R/a/b", "create /R/a/c", "delete /R/a", "deleteall /R/a",
        "ls /R", "deleteall /R/a");
    script(cases, "acls", "create /R/a x", "getAcl /R/a", "getAcl -s /R/a", "setAcl /R/a world:anyone:r",
        "set /R/a y", "getAcl /R/a", "setAcl /R/a world:anyone:cdrwa", "create /R/b x", "setAcl /R/b nonsense:x:r",
        "setAcl -v 4 /R/b world:anyone:cdrwa", "setAcl -s -v 0 /R/b world:anyone:cdrwa", "addauth digest ann:pw",
        "create /R/c x auth::cdrwa", "getAcl /R/c", "get /R/c", "create /R/d x digest:joe:abc:r", "get /R/d",
        "getAcl /R/d", "create /R/ip x ip:127.0.0.1:cdrwa", "get /R/ip", "setAcl -R /R/a world:anyone:r",
        "whoami");
    script(cases, "quotas", "create /R/a", "listquota /R/a", "setquota -n 2 /R/a", "listquota /R/a",
        "create /R/a/b x", "create /R/a/c x", "create /R/a/d x", "setquota -N 4 /R/a", "create /R/a/e x",
        "listquota /R/a", "setquota -B 10 /R/a", "set /R/a/b 1234567890", "listquota /R/a", "delquota -N /R/a",
        "listquota /R/a", "delquota /R/a", "listquota /R/a", "delquota /R/a", "setquota -n 2 /R/missing");
    script(cases, "counts", "create /R/a", "create /R/a/b", "create -e /R/a/c", "getAllChildrenNumber /R",
        "getAllChildrenNumber /R/missing", "getEphemerals /R", "getEphemerals /R/none");
    script(cases, "watches", "create /R/a", "get -w /R/a", "set /R/a x", "set /R/a y", "ls -w /R", "create /R/b",
        "stat -w /R/c", "create /R/c", "stat -w /R/a", "removewatches /R/a", "removewatches /R/a", "set /R/a z",
        "addWatch -m PERSISTENT /R/a", "set /R/a 1", "set /R/a 2", "create /R/a/x", "removewatches /R/a",
        "addWatch /R", "create /R/a/y", "delete /R/a/y", "printwatches", "printwatches off", "printwatches");
    script(cases, "the rest", "sync /R", "sync /missing", "nonsense", "history", "redo 0", "version",
        "create", "get", "set /R", "delete", "stat");
    script(cases, "unicode", "create /R/grün größe", "get /R/grün", "ls /R", "create /R/日本 \"with space\"", "get /R/日本");
    script(cases, "config", "config", "reconfig -remove 3", "reconfig -add server.9=nonsense",
        "addauth digest SUPER", "reconfig -remove 3 -v 77", "reconfig -remove 1,2,3");
    cases.add("close and connect", ZkCliSuite::closeAndConnect);
    cases.runAndExit();
  }

  /** Adds a case that gives these lines to a shell; `/R` in them is the case's place. */
  private static void script(Cases cases, String name, String... lines) {
    cases.add(name, lab -> {
      Shell shell = lab.closed(new Shell(Cluster.HOSTS));
      Seen seen = new Seen();
      for (int i = 0; i < lines.length; i++) seen.put((i + 1) + " " + lines[i], said(lab, shell, lines[i]));
      return seen;
    });
  }

  private static Object closeAndConnect(Lab lab) throws Exception {
    Shell shell = lab.closed(new Shell(Cluster.HOSTS));
    Seen seen = new Seen();
    seen.put("before", said(lab, shell, "ls /R"));
    said(lab, shell, "close");
    seen.put("closed", said(lab, shell, "ls /R"));
    said(lab, shell, "connect " + Cluster.SERVERS.get(1));
    Lab.until("connected again", () -> shell.client().getState() == ZooKeeper.States.CONNECTED);
    seen.put("after", said(lab, shell, "ls /R"));
    return seen;
  }

  /** What the shell prints for the line, watch events of it too, without what differs from run to run. */
  private static synchronized List<String> said(Lab lab, Shell shell, String line) throws Exception {
    PRINTED.reset();
    String thrown = "";
    try {
      shell.executeLine(line.replace("/R", lab.root).replace("SUPER", System.getenv("ZK_SUPER")));
      if (shell.client().getState() == ZooKeeper.States.CONNECTED) fence(shell.client());
    } catch (Exception error) {
      thrown = "throws " + error.getClass().getSimpleName();
    }
    List<String> lines = normalized(PRINTED.toString(StandardCharsets.UTF_8) + thrown, lab.root);
    // Identities are a set: their order says nothing.
    return line.equals("whoami") ? lines.stream().sorted().toList() : lines;
  }

  private static void fence(ZooKeeper zk) throws Exception {
    java.util.concurrent.CompletableFuture<Void> done = new java.util.concurrent.CompletableFuture<>();
    zk.sync("/", (code, path, context) -> done.complete(null), null);
    Lab.within(done);
  }

  private static List<String> normalized(String text, String root) {
    List<String> lines = new ArrayList<>();
    // Printed by another thread, before or after what the line itself prints.
    List<String> events = new ArrayList<>();
    for (String line : text.split("\n")) {
      if (line.isBlank() || line.contains(" - INFO ") || line.contains("DEBUG")) continue;
      // Of the connection, not of a znode: it may come when another line is being said.
      if (line.startsWith("WATCHER::") || line.contains("type:None path:null")) continue;
      (line.startsWith("WatchedEvent") ? events : lines).add(line.stripTrailing().replace(root, "/R")
          .replaceAll("^([cmp]Zxid|[cm]time|cZxid) = .*", "$1 = V")
          .replaceAll("^ephemeralOwner = 0x[1-9a-e][0-9a-f]{14,15}$", "ephemeralOwner = SESSION")
          .replaceAll("zxid: -?\\d+", "zxid: V")
          .replaceAll("^version=[0-9a-f]+", "version=V")
          .replaceAll("(ZooKeeper CLI version: ).*", "$1V")
          .replaceAll("127\\.0\\.0\\.1:\\d+(:\\d+)?", "HOST")
          .replaceAll(";127\\.0\\.0\\.1", ";HOST"));
    }
    lines.addAll(events);
    return lines;
  }
}
