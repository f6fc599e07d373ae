package lab;

/** Curator's recipes, each alone and the important ones while servers die under them. */
public final class CuratorSuite {
  private CuratorSuite() {}

  public static void main(String[] args) {
    Cases cases = new Cases("curator");
    CuratorBasics.addTo(cases);
    CuratorLocks.addTo(cases);
    CuratorShared.addTo(cases);
    CuratorCaches.addTo(cases);
    CuratorNodes.addTo(cases);
    CuratorFaults.addTo(cases);
    cases.runAndExit();
  }
}
