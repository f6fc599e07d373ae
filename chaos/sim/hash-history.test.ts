import { expect, test } from "vitest";
import type { RunHistory } from "../../results/history.ts";
import type { CheckResult } from "../../results/schema.ts";
import { hashChecks, hashHistory } from "./hash-history.ts";
import { QUIET_PLAN } from "./faults/fault-fixture.ts";
import { simulate } from "./simulate.ts";
import { TraceHash } from "./world/trace-hash.ts";

/** A real one: a handmade one might lack what comes to be compared later. */
const { history, checks } = await new Promise<{ history: RunHistory; checks: CheckResult[] }>(
  (resolve) => {
    setImmediate(() => {
      const request = { type: "create", path: "/k", flags: 0, valueBytes: 9 } as const;
      const plan = { ...QUIET_PLAN, ops: [{ client: 1, atMs: 1_000, request }] };
      const outcome = simulate(plan, { history: true });
      resolve({ history: outcome.history as RunHistory, checks: [...outcome.checks] });
    });
  },
);

function hashOf(some: RunHistory, judged: readonly CheckResult[] = checks): string {
  const hash = new TraceHash();
  hashHistory(hash, some);
  hashChecks(hash, judged);
  return hash.value;
}

function changedFirst<T extends object>(list: readonly T[], change: Partial<T>): T[] {
  return list.map((each, index) => (index === 0 ? { ...each, ...change } : each));
}

const { records, samples, finals } = history;
const log = finals[0]?.log ?? [];
const CHANGES: Readonly<Record<string, Partial<RunHistory>>> = {
  "an answer": { records: changedFirst(records, { client: 77 }) },
  "an answer that is missing": { records: records.slice(1) },
  "a sample": { samples: changedFirst(samples, { committedZxid: 77 }) },
  "a digest of a tree": { finals: changedFirst(finals, { treeDigest: "77" }) },
  "an applied zxid": { finals: changedFirst(finals, { appliedZxid: 77 }) },
  "an entry of a log": {
    finals: changedFirst(finals, { log: changedFirst(log, { hash: "77".repeat(16) }) }),
  },
  "a log that ends earlier": { finals: changedFirst(finals, { log: log.slice(0, -1) }) },
  "a crash": { crashes: [{ server: 1, atMs: 1, exit: "x", lastLines: [] }] },
  "the time of healing": { healedMs: history.healedMs + 1 },
};

test.each(Object.entries(CHANGES))("%s changes the hash", (_what, change) => {
  expect(log.length).toBeGreaterThan(1);
  expect(samples.length).toBeGreaterThan(1);
  expect(hashOf({ ...history, ...change })).not.toBe(hashOf(history));
});

test("so does a verdict, but not how long it took", () => {
  const judged = (change: Partial<CheckResult>): string =>
    hashOf(history, changedFirst(checks, change));
  expect(judged({ verdict: "unknown" })).not.toBe(hashOf(history));
  expect(judged({ looked: { operations: 77 } })).not.toBe(hashOf(history));
  expect(judged({ elapsedMs: 77 })).toBe(hashOf(history));
});

test("two runs of which all events are the same differ in it when their histories do", async () => {
  const hashOfRun = (livenessMs: number): Promise<string> =>
    new Promise((resolve) => {
      setImmediate(() => resolve(simulate({ ...QUIET_PLAN, livenessMs }).traceHash));
    });
  const first = await hashOfRun(30_000);
  expect(await hashOfRun(30_000)).toBe(first);
  // The bound is nowhere near, and nothing but the history tells of it.
  expect(await hashOfRun(29_999)).not.toBe(first);
});
