/**
 * A simulator of a few lines, for tests of what is around the real one. The seed says what becomes of a
 * run (see the constants); any other seed is a pass.
 */
import type { RunHistory } from "../../../../results/history.ts";
import type { CheckResult } from "../../../../results/schema.ts";
import type { SimOutcome } from "../../outcome.ts";
import type { SimPlan } from "../../plan.ts";
import type { TraceEvent } from "../../trace.ts";
import { settlePromises } from "../../world/microtasks.ts";

/** Its plan has what `isBroken` looks for. */
export const BROKEN_SEED = 13;
export const THROWING_SEED = 14;
export const HANGING_SEED = 15;
export const DYING_SEED = 16;
export const ESCAPING_SEED = 17;
/** No check of it looks at anything. */
export const BLIND_SEED = 18;
/** Its hash depends on what the process did before. */
export const FORGETFUL_SEED = 19;
/** Hangs as the real simulator would: between one promise reaction and the next. */
export const RESTLESS_SEED = 30;

/** What its client is told depends on what the process did before; its events are always the same. */
export const GOSSIPING_SEED = 31;

const REACTION_MS = 5;

let runs = 0;

export function drawPlan(seed: number): SimPlan {
  const paths = ["/b", "/c", seed === BROKEN_SEED ? "/a" : "/d", "/e", "/f", "/g"];
  return {
    format: 1,
    seed,
    servers: 5,
    observers: 1,
    spares: 0,
    sampleMs: 500,
    config: { tickTime: "1000", initLimit: "7", syncLimit: "4", snapCount: "20" },
    latencyMs: [0.5, 3],
    turnMs: 2,
    diskStepMs: [0.1, 2],
    logFileMaxBytes: 5_000,
    sessionTimeoutsMs: [4_000, 6_000, 8_000],
    ops: Array.from({ length: 60 }, (_, index) => ({
      client: 1 + (index % 3),
      atMs: 1_000 + 333.3 * index,
      request: {
        type: "create",
        path: paths[index % 25] ?? "/x",
        flags: 0,
        valueBytes: 100,
      },
    })),
    agents: [{ client: 3, recipe: "lock", resource: "/lock", holdMs: 100, restMs: 100 }],
    faults: [
      { atMs: 2_000, holdMs: 1_000, type: "pause", target: 2 },
      { atMs: 3_000, holdMs: 1_234, type: "kill", target: "leader" },
      { atMs: 5_000, holdMs: 1_000, type: "reset", target: "leader" },
      { atMs: 9_000, holdMs: 1_000, type: "kill-all" },
    ],
    safetyMs: 30_000,
    livenessMs: 20_000,
  };
}

/** The bug that is planted here: /a is created, and the leader is killed. */
export function isBroken({ ops, faults }: SimPlan): boolean {
  return (
    ops.some(({ request }) => request.type === "create" && request.path === "/a") &&
    faults.some((fault) => fault.type === "kill" && fault.target === "leader")
  );
}

export function simulate(
  plan: SimPlan,
  options: { trace?: boolean; history?: boolean } = {},
): SimOutcome {
  const before = runs++;
  const { seed } = plan;
  if (seed === THROWING_SEED) throw new Error("the simulator is wrong");
  if (seed === HANGING_SEED) for (;;);
  if (seed === RESTLESS_SEED)
    for (;;) {
      Promise.resolve().then(busy, busy);
      settlePromises();
    }
  if (seed === DYING_SEED) process.exit(7);
  if (seed === ESCAPING_SEED)
    throw Object.assign(new Error("Date.now was used"), { name: "EscapeError" });
  const noise = seed === FORGETFUL_SEED ? before : 0;
  const gossip = seed === GOSSIPING_SEED ? before : 0;
  const fails = isBroken(plan);
  return {
    plan,
    traceHash: (0xabcd_0000 + seed * 16 + noise + gossip).toString(16),
    verdict: fails ? "fail" : seed === BLIND_SEED ? "unknown" : "pass",
    reasons: fails ? ["C7 reliability: lost"] : [],
    checks: seed === BLIND_SEED ? [blind()] : [reliability(fails)],
    simulatedMs: 30_000,
    events: 1_000,
    operations: plan.ops.length,
    okOperations: plan.ops.length,
    coverage: { "fault: kill": 1, "fault: pause": 1 },
    history: options.history === true ? historyOf(gossip) : null,
    trace: options.trace === true ? traceOf(plan, noise) : null,
  };
}

function busy(): void {
  const endMs = performance.now() + REACTION_MS;
  while (performance.now() < endMs);
}

function reliability(fails: boolean): CheckResult {
  const message = "Reliability broke: zxid 0x100000001 of /a is gone.";
  return {
    id: "C7",
    name: "reliability",
    guarantee: "What was acknowledged is never lost.",
    verdict: fails ? "fail" : "pass",
    looked: { operations: 60 },
    violations: fails ? [{ message, evidence: ["one", "two"], atMs: 3_100, faults: [] }] : [],
    violationCount: fails ? 1 : 0,
    note: "",
    elapsedMs: 0,
  };
}

function blind(): CheckResult {
  return {
    ...reliability(false),
    verdict: "unknown",
    looked: { operations: 0 },
    note: "there was nothing to look at",
  };
}

function historyOf(token: number): RunHistory {
  const fence = { kind: "fence", client: 1, resource: "/r", accepted: true, atMs: 5 } as const;
  return {
    records: [{ ...fence, token }],
    finals: [],
    samples: [],
    faults: [],
    crashes: [],
    healedMs: 1,
    endMs: 2,
    livenessBoundMs: 3,
    tickMs: 4,
  };
}

function traceOf(plan: SimPlan, noise: number): TraceEvent[] {
  const faults = plan.faults.map(({ atMs, type }, index): TraceEvent => {
    return { kind: "fault", atMs, index, what: "begins", hosts: ["s1"], text: type };
  });
  return [
    { kind: "phase", atMs: 0, text: "safety" },
    { kind: "process", atMs: 1, host: "s1", what: "start", text: `noise ${noise}` },
    ...faults,
    { kind: "phase", atMs: plan.safetyMs, text: "liveness" },
  ];
}
