package lab;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/** A watcher that keeps what it was told, in order: events of znodes and, apart, session states. */
final class Events implements Watcher {
  private static final long PATIENCE_MS = 20_000;

  private final List<String> znodes = new ArrayList<>();
  private final List<Event.KeeperState> states = new ArrayList<>();

  @Override
  public synchronized void process(WatchedEvent event) {
    if (event.getType() == Event.EventType.None) states.add(event.getState());
    else znodes.add(event.getType() + " " + event.getPath());
    notifyAll();
  }

  /** Everything since the last call. */
  synchronized List<String> taken() {
    List<String> all = List.copyOf(znodes);
    znodes.clear();
    return all;
  }

  /** Waits until there are that many events, and takes them. */
  synchronized List<String> taken(int count) throws Exception {
    until(() -> znodes.size() >= count, count + " events");
    return taken();
  }

  /** Waits until this state was told since the last call of this method. */
  synchronized void await(Event.KeeperState state) throws Exception {
    until(() -> states.contains(state), state.name());
    states.clear();
  }

  /** The client itself tells of what was removed, kind by kind, in the order of a hash table. */
  static List<String> removalsSorted(List<String> events) {
    List<String> sorted = new ArrayList<>(events);
    int removals = 0;
    while (removals < sorted.size() && sorted.get(removals).contains("WatchRemoved ")) removals++;
    Collections.sort(sorted.subList(0, removals));
    return sorted;
  }

  private void until(java.util.function.BooleanSupplier met, String what) throws Exception {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    while (!met.getAsBoolean()) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
      if (leftMs <= 0) throw new TimeoutException("no " + what + ", only " + znodes + " " + states);
      wait(leftMs);
    }
  }
}
