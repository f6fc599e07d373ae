import { expect, test } from "vitest";
import { collectIdentity } from "../../results/identity.ts";
import type { RunFile } from "../../results/schema.ts";
import { composeBench } from "./bench-run.ts";
import { GOALS, goalLine, judge, notJudged } from "./goal.ts";
import type { PartResult } from "./part.ts";

function compose(...results: Partial<PartResult>[]): RunFile {
  const identity = collectIdentity({
    kind: "bench",
    name: "read-heavy",
    seed: 1,
    target: "reference",
    proxy: "none",
    config: {},
  });
  const parts = results.map((result) => ({
    name: "outage" as const,
    fromMs: 0,
    toMs: 1,
    result: { lines: [], figures: {}, goal: null, invalid: [], ...result },
  }));
  return composeBench(identity, 1, parts);
}

test("each goal is reached at its limit and missed beyond it", () => {
  const { throughput, outage, sessions } = GOALS;
  expect([2.99, 3, 3.01].map((value) => throughput.keeps(value))).toEqual([false, true, true]);
  expect([200, 200.1].map((value) => outage.keeps(value))).toEqual([true, false]);
  expect([99.9, 100].map((value) => sessions.keeps(value))).toEqual([true, false]);
});

test("a goal is printed with its limit, whether it was reached, and the value", () => {
  expect(goalLine(judge(GOALS.outage, 143, "143 ms"))).toBe(
    "goal median ≤ 200 ms: reached (143 ms)",
  );
  expect(goalLine(judge(GOALS.outage, 243, "243 ms"))).toBe(
    "goal median ≤ 200 ms: missed (243 ms)",
  );
  expect(goalLine(notJudged(GOALS.outage, "why", true))).toBe(
    "goal median ≤ 200 ms: not judged (why)",
  );
});

test("a missed goal is a fail, and an invalid part beside it does not hide it", () => {
  const goal = judge(GOALS.outage, 243, "243 ms");
  const run = compose({ invalid: ["sessions: disturbed"] }, { goal });
  expect(run.verdict).toBe("fail");
  expect(run.reasons).toEqual(["goal median ≤ 200 ms: missed (243 ms)", "sessions: disturbed"]);
});

test("an invalid part makes the run invalid", () => {
  const run = compose({ invalid: ["late"], goal: notJudged(GOALS.outage, "it is invalid", false) });
  expect([run.verdict, run.reasons]).toEqual(["invalid", ["late"]]);
});

test("a goal that nobody asked for leaves a pass", () => {
  const run = compose({ goal: notJudged(GOALS.outage, "one of 10 tries", true) });
  expect([run.verdict, run.reasons]).toEqual(["pass", []]);
});

test("the figures of all parts are the run's figures", () => {
  const run = compose({ figures: { outage_ms_median: 1 } }, { figures: { idle_sessions_mb: 2 } });
  expect(run.figures).toEqual({ outage_ms_median: 1, idle_sessions_mb: 2 });
});
