import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { loadFigures } from "../figures.ts";
import { Recorder } from "../recorder.ts";
import { startLocalEnsemble } from "../targets/local-ensemble.ts";
import { findZooKeeper } from "../targets/zookeeper.ts";
import { number, wholeNumber } from "./options.ts";
import { parseStat, usageOf } from "./process-usage.ts";
import { comparisonLine, doubts, medianTrial, reportLines } from "./report.ts";
import type { Trial } from "./trial.ts";

function trial(opsPerSecond: number, change: Partial<Trial> = {}): Trial {
  const recorder = new Recorder({ originMs: 0 });
  recorder.cell("max-throughput", "getData").ended("ok", 0, 0, 2);
  return {
    opsPerSecond,
    cpuUsPerOp: 10,
    rssBytes: 100 * 1024 * 1024,
    errors: 0,
    generatorBusy: 0.5,
    lateness: { arrivals: 0, late: 0, lateMaxMs: 0 },
    figures: loadFigures(recorder, { fromMs: 0, toMs: 1000 }, []),
    recorder,
    checks: null,
    ...change,
  };
}

test("CPU time and memory are read from a process whose name has spaces and parentheses", () => {
  const stat = `42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 19 20 1000 ${"0 ".repeat(20)}`;
  expect(parseStat(stat)).toEqual({ cpuUs: 2_000_000, rssBytes: 4_096_000 });
});

test("the use of a process that is gone is not known", () => {
  expect(usageOf([2 ** 22 + 1])).toBeNull();
});

test("numbers on the command line are refused with what was expected", () => {
  expect(wholeNumber(1, 10)("7")).toBe(7);
  expect(number(10, true)("0")).toBe(0);
  for (const text of ["", "0", "11", "1.5", "x", "-1"]) {
    expect(() => wholeNumber(1, 10)(text)).toThrow(InvalidArgumentError);
  }
  for (const text of ["", "0", "x", "-1", "NaN", "11"]) {
    expect(() => number(10)(text)).toThrow(InvalidArgumentError);
  }
});

test("the report gives the median of the trials and says how far they spread", () => {
  const trials = [trial(300), trial(100), trial(200)];
  expect(medianTrial(trials).opsPerSecond).toBe(200);
  expect(reportLines("reference", trials)[0]).toBe(
    "reference: 200 ops/s (median of 3: 100 to 300)",
  );
  expect(reportLines("reference", trials).join("\n")).toContain(
    "p50 / p99 / p99.9 / max – / – / –",
  );
  expect(comparisonLine("a", [trial(600)], "b", [trial(200, { cpuUsPerOp: 30 })])).toBe(
    "a does 3.00 × the operations of b, 3.00 × less CPU per operation",
  );
});

test("a generator that kept its arrivals waiting, and a load without success, are doubted", () => {
  const lateness = { arrivals: 100, late: 2, lateMaxMs: 50 };
  expect(doubts(trial(1))).toEqual([]);
  expect(doubts(trial(1, { lateness }))[0]).toMatch(/2 of 100 arrivals were sent late/);
  expect(doubts(trial(0))).toEqual(["no operation ended ok"]);
});

test("a machine without Java or ZooKeeper is told what to install", () => {
  expect(findZooKeeper({ PATH: "/nowhere" })).toMatch(/install a JRE/);
});

test("an ensemble whose servers end at once says what they said, and leaves nothing behind", async () => {
  const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
  const directories = (): string[] =>
    readdirSync(tmpdir()).filter((n) => n.startsWith("quorum-bench-broken"));
  const starting = startLocalEnsemble({
    env,
    name: "broken",
    servers: 1,
    settings: [],
    command: () => ({
      file: process.execPath,
      args: ["-e", "console.error('no such configuration'); process.exit(3)"],
    }),
  });
  await expect(starting).rejects.toThrow(/broken: server 1 ended \(exit code 3\)\nno such conf/);
  expect(directories()).toEqual([]);
});
