package lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.zookeeper.client.FourLetterWordMain;

/** The ensemble under test: its addresses, and the harness's hands on its servers. */
final class Cluster {
  static final String HOSTS = hosts();
  static final List<String> SERVERS = List.of(HOSTS.split(","));

  private static final BufferedReader ANSWERS =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

  private Cluster() {}

  private static String hosts() {
    String hosts = System.getenv("ZK_HOSTS");
    if (hosts == null || hosts.isEmpty()) {
      throw new IllegalStateException("ZK_HOSTS is not set: expected 127.0.0.1:P1,127.0.0.1:P2,127.0.0.1:P3");
    }
    return hosts;
  }

  /** Kills a server, by its client address or as "leader", and returns when it is dead. */
  static void kill(String server) throws IOException {
    ask("kill", server);
  }

  /** Starts a server that was killed and returns when it serves. */
  static void start(String server) throws IOException {
    ask("start", server);
  }

  /** The client address of the server that leads now. */
  static String leader() throws Exception {
    for (String server : SERVERS) {
      String[] parts = server.split(":");
      String answer = FourLetterWordMain.send4LetterWord(parts[0], Integer.parseInt(parts[1]), "srvr");
      if (answer.contains("Mode: leader")) return server;
    }
    throw new IllegalStateException("no server says that it leads");
  }

  private static synchronized void ask(String what, String server) throws IOException {
    say("@do " + Json.of(java.util.Map.of(what, server)));
    String answer = ANSWERS.readLine();
    if (!"ok".equals(answer)) throw new IOException(what + " " + server + ": " + answer);
  }

  /** One line for the harness; whole, whatever other threads print. */
  static synchronized void say(String line) {
    OUT.println(line);
    OUT.flush();
  }

  /** Kept from the start: suites of command lines replace System.out for a while. */
  private static final java.io.PrintStream OUT = System.out;
}
