import { describe, expect, test } from "vitest";
import type { CheckResult } from "../../../results/schema.ts";
import { COVERAGE } from "../coverage.ts";
import { BROKEN_SEED, drawPlan, simulate } from "../workers/testdata/fake-simulator.ts";
import { findingOf } from "./finding.ts";
import { findingLine, Findings } from "./findings.ts";
import { Tally } from "./tally.ts";
import { COVERAGE_SEEDS_MIN } from "../coverage.ts";
import { judgeSet } from "./verdict.ts";

const OUTCOME = simulate(drawPlan(1));
const EVERYTHING = Object.fromEntries(
  COVERAGE.flatMap(({ expected }) => expected).map((name) => [name, 1]),
);
const WHOLE = { seeds: COVERAGE_SEEDS_MIN, isWhole: true };

function tallyOf(change: Partial<typeof OUTCOME>): Tally {
  const tally = new Tally();
  tally.add({ ...OUTCOME, coverage: EVERYTHING, ...change });
  return tally;
}

describe("a set of runs", () => {
  test("in which everything happened and every check looked at something is a pass", () => {
    expect(judgeSet(tallyOf({}), new Findings(), WHOLE)).toEqual({
      verdict: "pass",
      reasons: [],
      missing: [],
    });
  });

  test("is no pass when one class of faults never fired, unless the seeds are too few to tell", () => {
    const { "fault: pause": _pause, ...coverage } = EVERYTHING;
    const tally = tallyOf({ coverage });
    expect(judgeSet(tally, new Findings(), WHOLE)).toMatchObject({
      verdict: "unknown",
      reasons: ["Never seen, fault classes: fault: pause."],
    });
    const few = { ...WHOLE, seeds: COVERAGE_SEEDS_MIN - 1 };
    expect(judgeSet(tally, new Findings(), few).verdict).toBe("pass");
  });

  test("is no pass when a check never had anything to look at", () => {
    const checks = OUTCOME.checks.map((check): CheckResult => {
      return { ...check, verdict: "unknown", looked: { operations: 0 } };
    });
    expect(judgeSet(tallyOf({ checks }), new Findings(), WHOLE).reasons).toEqual([
      "C7 reliability never had anything to look at.",
    ]);
  });

  test("fails when one run failed, whatever else is unknown", () => {
    const findings = new Findings();
    const plan = drawPlan(BROKEN_SEED);
    const { checks, traceHash } = simulate(plan);
    for (const seed of [30, 20, 40]) {
      const [check] = checks;
      if (check === undefined) throw new Error("there is one");
      findings.add({ kind: "failure", source: { seed }, plan, check, traceHash });
    }
    expect(findings.kinds).toMatchObject([{ first: { source: { seed: 20 } }, count: 3 }]);
    const judged = judgeSet(tallyOf({}), findings, { ...WHOLE, isWhole: false });
    expect(judged.verdict).toBe("fail");
    expect(judged.reasons[0]).toBe("3 runs broke a guarantee, in 1 way.");
  });

  test("names a few of those that fail in the same way, and counts the others", () => {
    const findings = new Findings();
    const plan = drawPlan(BROKEN_SEED);
    const { checks, traceHash } = simulate(plan);
    const check = checks[0] as CheckResult;
    const counts = [30, 20, 40, 50, 60].map((seed) =>
      findings.add({ kind: "failure", source: { seed }, plan, check, traceHash }),
    );
    expect(counts).toEqual([1, 2, 3, 4, 5]);
    findings.add({ kind: "no-verdict", source: { seed: 7 }, message: "the simulator threw" });
    expect(findings.restLines(3)).toEqual(["FAIL  2 others in the same way as seed 30"]);
    expect(findings.restLines(4)).toEqual(["FAIL  1 other in the same way as seed 30"]);
    expect(findings.restLines(5)).toEqual([]);
  });

  test("adds up what each check looked at, and one violation makes it fail", () => {
    const tally = tallyOf({});
    tally.add(simulate(drawPlan(BROKEN_SEED)));
    tally.add(OUTCOME);
    expect(tally.checks).toMatchObject([
      { id: "C7", verdict: "fail", looked: { operations: 180 }, violationCount: 1 },
    ]);
  });
});

describe("a run", () => {
  test("of which one checker crashed is no pass, though all others pass", () => {
    const [check] = OUTCOME.checks;
    if (check === undefined) throw new Error("there is one");
    const note = "the checker crashed: TypeError";
    const crashed: CheckResult = { ...check, id: "C9", verdict: "unknown", note };
    const { plan: _plan, history, trace, ...summary } = OUTCOME;
    const result = {
      type: "ended",
      summary: { ...summary, checks: [check, crashed] },
      plan: null,
      trace,
      history,
      wallMs: 1,
    } as const;
    const finding = findingOf({ seed: 5 }, result);
    if (finding === null) throw new Error("it is one");
    expect(findingLine(finding)).toBe("????  seed 5: C9: the checker crashed: TypeError");
    expect(findingOf({ seed: 5 }, { ...result, summary })).toBeNull();
  });
});
