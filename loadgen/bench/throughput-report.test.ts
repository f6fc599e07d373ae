import { expect, test } from "vitest";
import { loadFigures } from "../figures.ts";
import { Recorder } from "../recorder.ts";
import { MAX_THROUGHPUT, type OnlineChecks } from "../workloads/max-throughput.ts";
import type { PartResult } from "./part.ts";
import type { Subject, ThroughputOptions } from "./throughput.ts";
import { throughputResult } from "./throughput-report.ts";
import { doubts, type Trial } from "./trial.ts";

const { kind: _kind, ...LOAD } = MAX_THROUGHPUT;
const OPTIONS: ThroughputOptions = {
  ...LOAD,
  rate: null,
  rounds: 3,
  durationMs: 10_000,
  warmUpMs: 20_000,
};
const LATE = { arrivals: 100, late: 2, lateMaxMs: 50 };

function trial(opsPerSecond: number, change: Partial<Trial> = {}): Trial {
  const recorder = new Recorder({ originMs: 0 });
  for (const latencyMs of [1, 3]) {
    recorder.cell("max-throughput", "getData").ended("ok", 0, 0, latencyMs);
  }
  return {
    opsPerSecond,
    cpuUsPerOp: 10,
    rssBytes: 100e6,
    errors: 0,
    generatorBusy: 0.5,
    othersShare: 0.02,
    lateness: { arrivals: 0, late: 0, lateMaxMs: 0 },
    figures: loadFigures(recorder, { fromMs: 0, toMs: 1000 }, []),
    recorder,
    seconds: 2,
    checks: null,
    ...change,
  };
}

function subject(name: string, trials: readonly Trial[]): Subject {
  const warmUp = { seconds: 8, settled: true, opsPerSecond: 1 };
  return { name, warmUp, trials: [...trials] };
}

function compare(own: readonly number[], other: readonly number[], options = OPTIONS): PartResult {
  const peers = other.map((rate) => trial(rate, { cpuUsPerOp: 30 }));
  const trials = own.map((rate) => trial(rate));
  return throughputResult(
    [subject("reference", trials), subject("zookeeper", peers)],
    options,
    null,
  );
}

test("medians are compared, and the rounds one by one say how much that varies", () => {
  const result = compare([300, 400, 350], [100, 100, 50]);
  expect(result.figures).toMatchObject({
    reference_ops_per_s_median: 350,
    zookeeper_ops_per_s_median: 100,
    zookeeper_ops_per_s_min: 50,
    ratio_ops: 3.5,
    ratio_ops_round_min: 3,
    ratio_ops_round_max: 7,
    reference_cpu_us_per_op: 10,
    ratio_cpu_per_op: 3,
    reference_rss_mb: 100,
  });
  expect(result.goal).toMatchObject({ outcome: "reached", value: "3.50 ×" });
  const text = result.lines.join("\n");
  expect(text).toContain("reference: 350 (median of 3: 300 to 400) ops/s, servers' CPU 10.0");
  expect(text).toContain("warmed up 8 s, until its rate stopped rising; load generator 50 % busy");
  expect(text).toContain("3.50 × the operations of zookeeper (rounds: 3.00 to 7.00)");
});

test("less than three times the operations misses the goal", () => {
  expect(compare([299], [100]).goal?.outcome).toBe("missed");
});

test("with another load than the one the goal is about, the goal is not judged", () => {
  const { goal } = compare([100], [100], { ...OPTIONS, outstanding: 1 });
  expect(goal).toMatchObject({ outcome: "not judged", expected: true });
});

test("without anyone to compare with, the goal says what is missing", () => {
  const own = subject("reference", [trial(5)]);
  const missing = { reason: "install it", expected: false };
  expect(throughputResult([own], OPTIONS, missing).goal).toMatchObject({
    outcome: "not judged",
    reason: "install it",
    expected: false,
  });
});

test("a generator that fell behind its schedule gives no figure at all", () => {
  const options = { ...OPTIONS, rate: 1000 };
  const own = subject("reference", [trial(1000), trial(1000, { lateness: LATE })]);
  const other = subject("zookeeper", [trial(1000)]);
  const result = throughputResult([own, other], options, null);
  expect(result.figures).toEqual({});
  expect(result.invalid).toEqual([
    expect.stringMatching(/^throughput of reference: SATURATED: 2 of 100 arrivals/),
  ]);
  expect(result.lines.join("\n")).toContain("reference: no figure: SATURATED");
  expect(result.lines.join("\n")).not.toContain("×");
});

test("what other processes took of the machine makes the figures invalid, not slow", () => {
  const trials = [0.02, 0.3, 0.4].map((othersShare) => trial(100, { othersShare }));
  const own = subject("reference", trials);
  const result = throughputResult([own, subject("zookeeper", [trial(90)])], OPTIONS, null);
  expect(result.invalid).toEqual([
    "throughput of reference: other processes took 30 % of the machine's CPU: measure when it is quiet",
  ]);
  expect(result.goal).toMatchObject({ outcome: "not judged", expected: false });
  expect(result.figures).toEqual({});
});

test("at a given rate only what it costs is compared", () => {
  const result = compare([1000], [1000], { ...OPTIONS, rate: 1000 });
  expect(result.figures["ratio_ops"]).toBeUndefined();
  expect(result.figures["ratio_cpu_per_op"]).toBe(3);
  expect(result.lines.at(-1)).toBe("  reference: 3.00 × less CPU per operation");
});

test("a load without success is doubted, one without lateness is not", () => {
  expect(doubts(trial(1))).toEqual([]);
  expect(doubts(trial(0))).toEqual(["no operation ended ok"]);
});

test("the operations of all rounds are one histogram, at the rate of their whole time", () => {
  const [operation] = compare([1, 2], [1, 1]).operations ?? [];
  expect(operation).toMatchObject({ op: "getData", ok: 4, perSecond: 1 });
  expect(operation?.latency).toMatchObject({ count: 4, max: 3000 });
});

test("what was checked of the replies is added up, and a violation is one of its own check", () => {
  const checks: OnlineChecks = {
    fifo: { looked: 5, violationCount: 0, violations: [] },
    monotonic: { looked: 4, violationCount: 1, violations: ["zxid 0x1 after 0x2"] },
  };
  const own = subject("reference", [trial(1, { checks }), trial(1, { checks })]);
  const result = throughputResult([own], OPTIONS, null);
  expect(result.checks).toMatchObject([
    { id: "C4", verdict: "pass", looked: { replies: 10 }, violationCount: 0 },
    { id: "C5", verdict: "fail", looked: { replies: 8 }, violationCount: 2 },
  ]);
  expect(result.lines.join("\n")).toContain("zxid 0x1 after 0x2");
});

test("a peer whose replies broke a guarantee makes the comparison invalid, not the reference", () => {
  const checks: OnlineChecks = {
    fifo: { looked: 5, violationCount: 1, violations: ["xid 1 after 2"] },
    monotonic: { looked: 5, violationCount: 0, violations: [] },
  };
  const own = subject("reference", [trial(9)]);
  const other = subject("zookeeper", [trial(1, { checks })]);
  const result = throughputResult([own, other], OPTIONS, null);
  expect(result.invalid).toEqual(["throughput of zookeeper: its replies broke C4 session order"]);
  expect(result.checks).toEqual([]);
  expect(result.goal).toMatchObject({ outcome: "not judged", expected: false });
});
