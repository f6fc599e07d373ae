package lab;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The cases of a suite, run one after another, each told to the harness when it is finished. */
final class Cases {
  private static final long CASE_TIMEOUT_S = 60;

  interface Body {
    Object run(Lab lab) throws Exception;
  }

  private final String suite;
  private final Map<String, Body> bodies = new LinkedHashMap<>();

  Cases(String suite) {
    this.suite = suite;
  }

  void add(String name, Body body) {
    if (bodies.put(name, body) != null) throw new IllegalStateException("two cases named " + name);
  }

  /** Runs all, or with ZK_CASES set those whose names contain it, and ends the process. */
  void runAndExit() {
    String wanted = System.getenv("ZK_CASES");
    bodies.forEach((name, body) -> {
      if (wanted == null || name.contains(wanted)) runOne(name, body);
    });
    // Clients that a failed case left behind must not keep the process.
    Runtime.getRuntime().halt(0);
  }

  private void runOne(String name, Body body) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", name);
    ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
      Thread worker = new Thread(work, name);
      worker.setDaemon(true);
      return worker;
    });
    try (Lab lab = new Lab(suite, name)) {
      Future<Object> future = thread.submit(() -> body.run(lab));
      try {
        line.put("observed", Seen.value(future.get(CASE_TIMEOUT_S, TimeUnit.SECONDS)));
        Cluster.say("@case " + Json.of(line));
      } catch (TimeoutException timeout) {
        future.cancel(true);
        throw new IllegalStateException("not done after " + CASE_TIMEOUT_S + " s");
      }
    } catch (Exception error) {
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace));
      line.put("error", trace.toString());
      Cluster.say("@error " + Json.of(line));
    } finally {
      thread.shutdownNow();
    }
  }
}
