import { expect, test } from "vitest";
import { drawPlan } from "./generate.ts";
import { QUIET_PLAN } from "./faults/fault-fixture.ts";
import type { SimOutcome } from "./outcome.ts";
import type { SimOp, SimPlan } from "./plan.ts";
import { simulate, type SimulateOptions } from "./simulate.ts";

/** Outside of any promise reaction, as `simulate` needs it. */
function run(plan: SimPlan, options?: SimulateOptions): Promise<SimOutcome> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(simulate(plan, options));
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

const OPS: readonly SimOp[] = [
  { client: 1, atMs: 1_000, request: { type: "create", path: "/k", flags: 0, valueBytes: 9 } },
  { client: 1, atMs: 1_100, request: { type: "create", path: "/e", flags: 1, valueBytes: 9 } },
  {
    client: 1,
    atMs: 1_200,
    request: { type: "setData", path: "/k", version: "seen", valueBytes: 9 },
  },
  {
    client: 1,
    atMs: 1_300,
    request: { type: "setData", path: "/k", version: "wrong", valueBytes: 9 },
  },
  {
    client: 1,
    atMs: 1_400,
    request: {
      type: "multi",
      parts: [
        { type: "create", path: "/s-", flags: 2, valueBytes: 5 },
        { type: "check", path: "/k", version: "wrong" },
      ],
    },
  },
];

test("seeds that come as they come run to a live end, and nothing is broken", async () => {
  for (const seed of [1, 2, 6, 26]) {
    const outcome = await run(drawPlan(seed));
    expect(outcome).toMatchObject({ verdict: "pass", reasons: [] });
    expect(outcome.checks.find(({ id }) => id === "C12")?.verdict).toBe("pass");
    expect(outcome.okOperations).toBeGreaterThan(50);
  }
});

test("seeds in which servers must prove a secret to each other run so too, and the same every time", async () => {
  for (const seed of [1, 2, 6, 26, 31, 47]) {
    const plan: SimPlan = { ...drawPlan(seed), linkSecret: true };
    const outcome = await run(plan, { trace: true });
    expect(outcome).toMatchObject({ verdict: "pass", reasons: [] });
    expect(outcome.okOperations).toBeGreaterThan(50);
    expect((await run(plan)).traceHash).toBe(outcome.traceHash);
    const said = outcome.trace?.map((event) => ("text" in event ? event.text : "")) ?? [];
    expect(said.filter((text) => text === "PROOF").length).toBeGreaterThan(5);
  }
});

test("the same seed gives the same trace, after another seed and with the trace kept", async () => {
  const [seed, other] = [16, 18];
  const first = await run(drawPlan(seed));
  const between = await run(drawPlan(other));
  const again = await run(drawPlan(seed), { trace: true });
  expect(again.traceHash).toBe(first.traceHash);
  expect(again.events).toBe(first.events);
  expect(between.traceHash).not.toBe(first.traceHash);
});

test("what a client has seen it asks by: right versions are taken, wrong ones and their multi refused", async () => {
  const { coverage } = await run({ ...QUIET_PLAN, ops: OPS });
  expect(coverage).toMatchObject({
    "op: setData fail": 1,
    "op: multi fail": 1,
    "multi: failed in a later part": 1,
  });
});

test("a session that was given up without a word is gone at the end, with its ephemeral", async () => {
  const ops: SimOp[] = [...OPS, { client: 1, atMs: 2_000, request: { type: "abandon" } }];
  const { history } = await run({ ...QUIET_PLAN, ops, safetyMs: 2_010 }, { history: true });
  const [final] = history?.finals ?? [];
  expect(final?.ephemerals).toEqual({});
  expect(history?.endMs).toBeGreaterThan(2_400);
});

test("a session that is taken over goes on with the other client alone", async () => {
  const ops: SimOp[] = [
    ...OPS,
    { client: 1, atMs: 2_000, request: { type: "takeOver", server: 2 } },
    { client: 1, atMs: 2_500, request: { type: "getData", path: "/e", watch: false } },
  ];
  const { coverage, verdict } = await run({ ...QUIET_PLAN, ops });
  expect(verdict).toBe("pass");
  expect(coverage["session: taken over"]).toBe(1);
});

test("a run can end with a restart of everything, and reads what is left", async () => {
  const plan: SimPlan = { ...QUIET_PLAN, ops: OPS, ending: "power-cut-all" };
  const { history, verdict } = await run(plan, { history: true });
  expect(verdict).toBe("pass");
  const last = history?.faults.at(-1);
  expect(last).toMatchObject({ name: "power-cut-all", noQuorum: true });
  const reads = (history?.records ?? []).filter(
    (each) => each.kind === "op" && each.op === "getData" && each.invokeMs > (last?.healedMs ?? 0),
  );
  expect(reads).toContainEqual(expect.objectContaining({ path: "/sim/k", outcome: "ok" }));
});

test("agents get, use and give back what they compete for, also when their process stood still", async () => {
  const agent = { recipe: "lock", resource: "/lock0", holdMs: 300, restMs: 100 } as const;
  const { coverage, verdict } = await run({
    ...QUIET_PLAN,
    sessionTimeoutsMs: [400, 400, 400],
    agents: [
      { ...agent, client: 2, stallMs: 2_000 },
      { ...agent, client: 3 },
    ],
  });
  expect(verdict).toBe("pass");
  expect(coverage["fence: accepted"]).toBeGreaterThan(5);
  expect(coverage["fence: refused"]).toBeGreaterThan(0);
});

test("an ensemble that is not live within its bound is found", async () => {
  const faults = [{ atMs: 9_900, holdMs: 5_000, type: "kill-all" }] as const;
  const { verdict, reasons } = await run({ ...QUIET_PLAN, faults, livenessMs: 2 });
  expect(verdict).toBe("fail");
  expect(reasons.join()).toContain("Liveness broke");
});
