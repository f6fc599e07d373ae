/**
 * A handmade run for tests and for judging the summary and the page: sixty seconds of load on three
 * servers, a leader kill, a partition of the leader, a loss of the quorum. Deterministic.
 */
import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import type { FaultRecord } from "../history.ts";
import type {
  CheckResult,
  ElectionFigures,
  HistogramFile,
  OperationFigures,
  RunFile,
  RunIdentity,
  Verdict,
} from "../schema.ts";

export const SAMPLE_DURATION_MS = 60_000;

export function sampleIdentity(): RunIdentity {
  return {
    schema: 1,
    id: "20261120T133536.123Z-lab-3f9a0c",
    kind: "lab",
    name: "lab",
    startedAt: "2026-11-20T13:35:36.123Z",
    git: { revision: "0baf3ba4c1de99a5e2f60718293a4b5c6d7e8f90", dirty: true },
    node: "v26.10.0",
    machine: {
      os: "Linux 6.8.0 x64",
      cpu: "Example CPU @ 2.60GHz",
      cores: 2,
      memoryBytes: 8_323_000_000,
    },
    seed: 7,
    target: "reference",
    proxy: "embedded",
    config: {
      servers: { count: 3, tickTime: 2000, initLimit: 10, syncLimit: 5 },
      load: { readHeavy: { ratePerSecond: 5500, znodes: 1000, bytes: 1024, readsPerWrite: 10 } },
      faults: ["kill-leader", "partition-leader", "no-quorum"],
    },
  };
}

export function sampleFaults(): FaultRecord[] {
  return [
    {
      name: "kill-leader",
      description: "server 3 (leading) was killed with SIGKILL, and started again after 3 s",
      servers: [3],
      links: [],
      requestedMs: 14_990,
      effectiveMs: 15_004,
      healedMs: 18_350,
      noQuorum: false,
    },
    {
      name: "partition-leader",
      description: "server 2 (leading) was cut from servers 1 and 3 in both directions",
      servers: [2],
      links: ["1↔2", "2↔3"],
      requestedMs: 30_010,
      effectiveMs: 30_031,
      healedMs: 36_040,
      noQuorum: false,
    },
    {
      name: "no-quorum",
      description: "every server was cut from every other in both directions",
      servers: [1, 2, 3],
      links: ["1↔2", "1↔3", "2↔3"],
      requestedMs: 45_000,
      effectiveMs: 45_033,
      healedMs: 48_050,
      noQuorum: true,
    },
  ];
}

/** A run that passed; `verdict` fail, invalid or unknown: the same with what makes it so. */
export function sampleRun(verdict: Verdict = "pass"): RunFile {
  const random = seededRandom(7);
  const run: RunFile = {
    identity: sampleIdentity(),
    durationMs: SAMPLE_DURATION_MS,
    phases: [
      { name: "warm-up", fromMs: 0, toMs: 5_000 },
      { name: "load and faults", fromMs: 5_000, toMs: 54_000 },
      { name: "converge and check", fromMs: 54_000, toMs: SAMPLE_DURATION_MS },
    ],
    operations: sampleOperations(random),
    elections: sampleElections(),
    outages: [
      outage("kill-leader", 15_001, 15_163),
      outage("partition-leader", 30_028, 30_311),
      outage("no-quorum", 45_029, 48_391),
    ],
    fanOut: {
      watchers: 300,
      triggers: 118,
      deliveries: 35_400,
      first: histogram(random, 118, 900),
      median: histogram(random, 118, 2_600),
      last: histogram(random, 118, 5_800),
    },
    locks: {
      clients: 12,
      locks: 3,
      acquired: 1_244,
      handedOver: 1_229,
      handover: histogram(random, 1_229, 2_900),
    },
    leadership: { candidates: 5, elected: 61, handover: histogram(random, 60, 4_100) },
    hotZnodes: [
      { path: "/lab/hot", watchers: 300, notifications: 35_400 },
      { path: "/lab/locks/a/lock-0000000412", watchers: 1, notifications: 1 },
      { path: "/lab/election/candidate-0000000061", watchers: 1, notifications: 1 },
    ],
    figures: { cpu_us_per_op: 41.27, rss_mb: 74.1, lag_p99_ms: 1.8 },
    checks: sampleChecks(),
    verdict,
    reasons: [],
  };
  return verdict === "pass" ? run : spoil(run, verdict);
}

function spoil(run: RunFile, verdict: Exclude<Verdict, "pass">): RunFile {
  switch (verdict) {
    case "fail":
      return {
        ...run,
        checks: run.checks.map((check) => (check.id === "C5" ? brokenSystemImage(check) : check)),
        reasons: ["C5 single system image: session 0x30000a1b2c40007 saw an older state"],
      };
    case "invalid":
      return {
        ...run,
        reasons: ["the fault partition-leader never took effect: link 2↔3 still passed bytes"],
      };
    case "unknown":
      return {
        ...run,
        checks: run.checks.map((check) =>
          check.id === "C11"
            ? { ...check, verdict, looked: { grants: 0 }, note: "there were no locks to look at" }
            : check,
        ),
        reasons: ["C11 locks and elections: there were no locks to look at"],
      };
  }
}

function brokenSystemImage(check: CheckResult): CheckResult {
  return {
    ...check,
    verdict: "fail",
    violationCount: 14,
    violations: [
      {
        message:
          "session 0x30000a1b2c40007 read /lab/data/412 at zxid 0x20000213a after it had seen zxid 0x20000217f",
        evidence: [
          "op 81231 client 17 session 0x30000a1b2c40007 server 2: getData /lab/data/412 ok, zxid 0x20000217f at 30.012 s",
          "session 0x30000a1b2c40007 reconnected to server 1 with lastZxidSeen 0x20000217f at 30.191 s",
          "op 81240 client 17 session 0x30000a1b2c40007 server 1: getData /lab/data/412 ok, zxid 0x20000213a at 30.194 s",
        ],
        atMs: 30_194,
        faults: ["partition-leader"],
      },
    ],
  };
}

function sampleOperations(random: () => number): OperationFigures[] {
  const rows: [string, string, number, number, number, number][] = [
    ["read-heavy", "getData", 270_312, 21, 0, 480],
    ["read-heavy", "setData", 26_903, 0, 118, 1_450],
    ["locks", "create", 2_488, 0, 9, 1_600],
    ["locks", "getChildren", 2_502, 2, 0, 510],
    ["locks", "exists", 2_390, 1, 0, 500],
    ["locks", "delete", 2_461, 0, 7, 1_580],
    ["election", "create", 66, 0, 1, 1_700],
    ["watch-hot-spot", "setData", 123, 0, 2, 1_480],
    ["watch-hot-spot", "getData", 36_020, 4, 0, 530],
  ];
  return rows.map(([workload, op, ok, fail, info, medianUs]) => ({
    workload,
    op,
    ok,
    fail,
    info,
    perSecond: ok / 49,
    latency: histogram(random, ok + fail + info, medianUs, 3_400_000),
    service: histogram(random, ok + fail + info, medianUs * 0.9, 900_000),
  }));
}

function sampleElections(): ElectionFigures[] {
  const election = (
    server: number,
    role: "leader" | "follower",
    epoch: number,
    atMs: number,
    phases: [number, number, number],
  ): ElectionFigures => ({
    server,
    role,
    epoch,
    atMs,
    durationMs: phases[0] + phases[1] + phases[2],
    electionMs: phases[0],
    discoveryMs: phases[1],
    synchronizationMs: phases[2],
  });
  return [
    election(3, "leader", 1, 412, [38.2, 6.1, 9.4]),
    election(1, "follower", 1, 417, [40.1, 7.2, 10.1]),
    election(2, "follower", 1, 418, [41.3, 7.1, 10.6]),
    election(2, "leader", 2, 15_158, [61.4, 18.3, 24.6]),
    election(1, "follower", 2, 15_161, [59.8, 20.1, 27.4]),
    election(3, "follower", 2, 18_520, [22.4, 4.9, 31.7]),
    election(3, "leader", 3, 30_304, [118.6, 21.2, 33.5]),
    election(1, "follower", 3, 30_309, [121.2, 20.4, 36.1]),
    election(2, "follower", 3, 36_201, [5_801.2, 9.3, 58.1]),
    election(3, "leader", 4, 48_382, [3_188.5, 44.1, 51.2]),
    election(1, "follower", 4, 48_389, [3_191.4, 45.8, 53.1]),
    election(2, "follower", 4, 48_390, [3_190.7, 46.2, 52.8]),
  ];
}

function outage(fault: string, fromMs: number, toMs: number): RunFile["outages"][number] {
  return { fault, fromMs, toMs, durationMs: toMs - fromMs, resolutionMs: 5 };
}

function sampleChecks(): CheckResult[] {
  const rows: [string, string, string, Record<string, number>][] = [
    [
      "C1",
      "agreement",
      "All servers apply the same updates in one order.",
      { servers: 3, zxids: 34_211 },
    ],
    [
      "C3",
      "linearizable writes",
      "A write that was acknowledged precedes every write invoked later.",
      { writes: 31_904 },
    ],
    [
      "C4",
      "session order",
      "A client's updates are applied in the order it sent them.",
      { sessions: 349, operations: 339_771 },
    ],
    [
      "C5",
      "single system image",
      "A session never sees an older state than it has seen.",
      { reads: 307_714, reconnects: 412 },
    ],
    [
      "C7",
      "reliability",
      "What was acknowledged or observed is never rolled back.",
      { zxids: 33_871, finals: 3 },
    ],
    [
      "C9",
      "sessions and ephemerals",
      "An ephemeral lives exactly as long as its session.",
      { sessions: 349, ephemerals: 2_554 },
    ],
    [
      "C10",
      "sequential names",
      "Sequential names are unique and rise with the zxid.",
      { names: 2_554, parents: 4 },
    ],
    [
      "C11",
      "locks and elections",
      "Fencing tokens rise, and at most one leader has an epoch.",
      { grants: 1_305, fences: 1_305, epochs: 4 },
    ],
    [
      "C12",
      "liveness",
      "After healing everything is live again within a bound.",
      { faults: 3, pending: 0, samples: 1_774 },
    ],
  ];
  return rows.map(([id, name, guarantee, looked], index) => ({
    id,
    name,
    guarantee,
    verdict: "pass",
    looked,
    violations: [],
    violationCount: 0,
    note: "",
    elapsedMs: 12 + 31 * index,
  }));
}

/** Log-normal around the median, with a few of `tailUs`; percentiles only where samples carry them. */
function histogram(
  random: () => number,
  count: number,
  medianUs: number,
  tailUs = 60_000,
): HistogramFile {
  const hdr = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  // Each drawn value stands for several samples, so that large counts cost little.
  const draws = Math.min(count, 4_000);
  const each = Math.floor(count / draws);
  for (let draw = 0; draw < draws; draw += 1) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const inTail = random() < 0.004;
    const us = inTail ? tailUs * random() : medianUs * Math.exp(0.45 * normal);
    hdr.recordValueWithCount(
      Math.max(1, Math.round(us)),
      draw === 0 ? count - each * (draws - 1) : each,
    );
  }
  const at = (percentile: number, samplesMin: number): number | null =>
    count >= samplesMin ? hdr.getValueAtPercentile(percentile) : null;
  return {
    hdr: encodeIntoCompressedBase64(hdr),
    count,
    p50: at(50, 2),
    p99: at(99, 100),
    p999: at(99.9, 1_000),
    max: count > 0 ? hdr.maxValue : null,
  };
}

/** mulberry32: uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
