package lab;

/** ZooKeeper's own Java client: every operation and every wrong use of it. */
public final class PlainSuite {
  private PlainSuite() {}

  public static void main(String[] args) {
    Cases cases = new Cases("java");
    ZnodeCases.addTo(cases);
    CountCases.addTo(cases);
    MultiCases.addTo(cases);
    AclCases.addTo(cases);
    WatchCases.addTo(cases);
    PersistentWatchCases.addTo(cases);
    SessionCases.addTo(cases);
    FaultCases.addTo(cases);
    ConfigCases.addTo(cases);
    cases.runAndExit();
  }
}
