import type { CheckResult } from "../../results/schema.ts";
import type { CheckTally, OnlineChecks } from "../workloads/max-throughput.ts";

/** What was checked of the replies as they came, as results of the checks C4 and C5. */
export function checkResults(all: readonly OnlineChecks[]): CheckResult[] {
  if (all.length === 0) return [];
  return [
    result(
      all.map(({ fifo }) => fifo),
      {
        id: "C4",
        name: "session order",
        guarantee: "A session's requests are answered in the order it sent them.",
      },
    ),
    result(
      all.map(({ monotonic }) => monotonic),
      {
        id: "C5",
        name: "single system image",
        guarantee:
          "A session never sees an older state than it has seen; its writes make newer ones.",
      },
    ),
  ];
}

function result(
  tallies: readonly CheckTally[],
  words: Pick<CheckResult, "id" | "name" | "guarantee">,
): CheckResult {
  const sum = (count: (tally: CheckTally) => number): number =>
    tallies.reduce((total, tally) => total + count(tally), 0);
  const replies = sum(({ looked }) => looked);
  const violationCount = sum((tally) => tally.violationCount);
  return {
    ...words,
    verdict: violationCount > 0 ? "fail" : replies === 0 ? "unknown" : "pass",
    looked: { replies },
    violations: tallies
      .flatMap(({ violations }) => violations)
      .map((message) => ({ message, evidence: [], atMs: null, faults: [] })),
    violationCount,
    note: replies === 0 ? "there was no reply to look at" : "",
    elapsedMs: 0,
  };
}
