import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CheckResult } from "../../results/schema.ts";
import { readHistory, readRun, readServers } from "../../results/store.ts";
import { readStoredHistory } from "../../results/stored-history.ts";
import { AHEAD } from "../../loadgen/workloads/ahead.ts";
import { CHURN } from "../../loadgen/workloads/churn.ts";
import { LOCKS } from "../../loadgen/workloads/locks.ts";
import { READ_HEAVY } from "../../loadgen/workloads/read-heavy.ts";
import { WRITE_PROBE_SPEC } from "../../loadgen/workloads/write-probe.ts";
import { checkAll } from "../checkers/check-all.ts";
import { LAB } from "../scenarios/lab.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type RunOptions, runScenario } from "./run-scenario.ts";

/** The lab in little: everything that it does, for a short while. */
const LITTLE: Scenario = {
  ...LAB,
  name: "little",
  workloads: [
    { ...READ_HEAVY, arrivals: { kind: "poisson", perSecond: 300 }, connections: 6, znodes: 50 },
    { ...LOCKS, clients: 4, locks: 1 },
    { ...WRITE_PROBE_SPEC, intervalMs: 10 },
    { ...CHURN, sessionsPerSecond: 5 },
    AHEAD,
  ],
  steadyMs: 1_000,
  steps: [
    { fault: { type: "kill-leader" }, holdMs: 1_000, calmMs: 500 },
    { fault: { type: "no-quorum" }, holdMs: 1_500, calmMs: 500 },
  ],
  minOperations: 100,
  // Other tests run beside this one: how punctual the load is, is not its matter.
  lateShareMax: 1,
};

let runsDirectory: string;

beforeEach(() => {
  runsDirectory = mkdtempSync(path.join(tmpdir(), "runs-"));
});
afterEach(() => {
  rmSync(runsDirectory, { recursive: true, force: true });
});

function options(overrides: Partial<RunOptions> = {}): RunOptions {
  // What is shown is not looked at here; a stream that is no terminal gets plain lines.
  const stream = new PassThrough().resume() as unknown as NodeJS.WriteStream;
  const signal = new AbortController().signal;
  return { seed: 1, runsDirectory, stream, signal, ...overrides };
}

function untimed(checks: readonly CheckResult[]): CheckResult[] {
  return checks.map((check) => ({ ...check, elapsedMs: 0 }));
}

describe("a scenario", () => {
  test(
    "runs from nothing to a verdict, and leaves a run directory that holds all of it",
    { timeout: 90_000 },
    async () => {
      const { run, directory } = await runScenario(LITTLE, options());
      expect(run.reasons).toEqual([]);
      expect(run.verdict).toBe("pass");
      expect(run.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(
        ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12"].map(
          (id) => `${id} pass`,
        ),
      );
      expect(run.outages.map(({ fault }) => fault)).toEqual(["kill-leader", "no-quorum"]);
      expect(run.steady?.[0]?.workload).toBe("steady read-heavy");
      expect(run.elections.length).toBeGreaterThanOrEqual(9);
      const stored = await readRun(directory);
      expect(stored.run).toEqual(run);
      expect(stored.faults.every((fault) => fault.effectiveMs !== null)).toBe(true);
      expect(stored.faults.every((fault) => fault.healedMs !== null)).toBe(true);
      expect(stored.series.series.some(({ server }) => server === 3)).toBe(true);
      const finals = await readServers(directory);
      expect(new Set(finals.map(({ treeDigest }) => treeDigest)).size).toBe(1);
      let operations = 0;
      for await (const record of readHistory(directory)) if (record.kind === "op") operations++;
      expect(operations).toBeGreaterThan(LITTLE.minOperations);
      expect(readFileSync(path.join(directory, "report.html"), "utf8")).toContain("kill-leader");
      // Judged again, from the facts and, as a run of before there were any, without them.
      expect(untimed(checkAll(await readStoredHistory(directory)))).toEqual(untimed(run.checks));
      rmSync(path.join(directory, "facts.json"));
      expect(untimed(checkAll(await readStoredHistory(directory)))).toEqual(untimed(run.checks));
    },
  );

  test("that is broken off rejects and stores nothing", { timeout: 60_000 }, async () => {
    const end = new AbortController();
    const stream = new PassThrough() as unknown as NodeJS.WriteStream;
    // Broken off as soon as the load is seen to run.
    stream.on("data", (text: Buffer) => {
      if (text.includes("load: ")) end.abort(new Error("enough"));
    });
    const running = runScenario(LITTLE, options({ stream, signal: end.signal }));
    await expect(running).rejects.toThrow(/enough|abort/i);
    expect(readdirSync(runsDirectory)).toEqual([]);
  });
});
