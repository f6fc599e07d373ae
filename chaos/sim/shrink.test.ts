import { describe, expect, test } from "vitest";
import type { SimFault, SimPlan } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { withoutClient, withServers } from "./shrink/fewer-hosts.ts";
import { failureLike, messageShape, signatureOf } from "./shrink/signature.ts";
import type { FailureTest } from "./shrink/search.ts";
import { BROKEN_SEED, drawPlan, isBroken, simulate } from "./workers/testdata/fake-simulator.ts";

const PLAN = drawPlan(BROKEN_SEED);

/** A judge that counts, and answers in its own time. */
function counting(judge: (plan: SimPlan) => boolean): { test: FailureTest; runs: () => number } {
  let runs = 0;
  return {
    runs: () => runs,
    test: (plan) => {
      const answer = judge(plan);
      runs++;
      return new Promise((resolve) => {
        if (runs % 3 === 0) setImmediate(() => resolve(answer));
        else resolve(answer);
      });
    },
  };
}

describe("shrink", () => {
  test("leaves the one operation and the one fault that matter, in an ordinary ensemble", async () => {
    const { test: judge, runs } = counting(isBroken);
    const { plan, isCutShort } = await shrink(PLAN, judge);
    expect(isCutShort).toBe(false);
    expect(plan).toEqual({
      ...PLAN,
      servers: 3,
      observers: 0,
      config: { tickTime: "1000", initLimit: "7", syncLimit: "4" },
      latencyMs: [1, 1],
      turnMs: 0,
      diskStepMs: [0.1, 0.1],
      logFileMaxBytes: 1 << 20,
      sessionTimeoutsMs: [expect.any(Number)],
      ops: [
        {
          client: 1,
          atMs: expect.any(Number),
          request: { type: "create", path: "/a", flags: 0, valueBytes: 8 },
        },
      ],
      agents: [],
      faults: [
        { atMs: expect.any(Number), holdMs: expect.any(Number), type: "kill", target: "leader" },
      ],
      safetyMs: expect.any(Number),
    });
    expect(plan.safetyMs).toBeLessThan(5_000);
    expect(runs()).toBeLessThan(200);
  });

  test("gives the same plan however many are run at a time", async () => {
    const alone = await shrink(PLAN, counting(isBroken).test);
    for (const width of [2, 5]) {
      const { plan } = await shrink(PLAN, counting(isBroken).test, { width });
      expect(plan).toEqual(alone.plan);
    }
  });

  test("keeps two operations that matter only together, wherever they are", async () => {
    const wanted = [PLAN.ops[7], PLAN.ops[48]].map((op) => op?.atMs);
    const judge = counting(({ ops }) =>
      wanted.every((atMs) => ops.some((op) => Math.abs(op.atMs - (atMs ?? 0)) < 0.01)),
    );
    const { plan } = await shrink(PLAN, judge.test);
    expect(plan.ops.map(({ atMs }) => atMs)).toEqual(wanted);
    expect(plan.faults).toEqual([]);
  });

  test("leaves one client alone before it looks at single operations", async () => {
    const tried: SimPlan[] = [];
    const isTheSecondClients = ({ ops }: SimPlan): boolean =>
      ops.some(({ request }) => request.type === "create" && request.path === "/a");
    await shrink(PLAN, (plan) => {
      tried.push(plan);
      return Promise.resolve(isTheSecondClients(plan));
    });
    const alone = tried.findIndex(
      (plan) => plan.sessionTimeoutsMs.length === 1 && isTheSecondClients(plan),
    );
    expect(alone).toBeGreaterThan(0);
    expect(alone).toBeLessThan(15);
    expect(tried[alone]?.ops.length).toBeLessThanOrEqual(20);
  });

  test("takes snapshots sooner where the failure needs one, and so needs fewer operations", async () => {
    const needsSnapshot = counting(
      ({ ops, config }) => ops.length > Number(config["snapCount"] ?? Number.POSITIVE_INFINITY),
    );
    const { plan } = await shrink(PLAN, needsSnapshot.test);
    expect(plan.config["snapCount"]).toBe("5");
    expect(plan.ops).toHaveLength(6);
  });

  test("keeps a server that the failure needs", async () => {
    const { plan } = await shrink(PLAN, counting(({ servers }) => servers === 5).test);
    expect(plan).toMatchObject({ servers: 5, observers: 0, ops: [], faults: [] });
  });

  test("stops at its bound with what it has", async () => {
    const { test: judge, runs } = counting(isBroken);
    const { plan, isCutShort } = await shrink(PLAN, judge, { runsMax: 12 });
    expect(isCutShort).toBe(true);
    expect(runs()).toBeLessThanOrEqual(12);
    expect(isBroken(plan)).toBe(true);
  });

  test("never gives a plan that was not seen to fail", async () => {
    const seen = new Set<string>();
    const judge = counting((plan) => {
      // As erratic as a real failure: what matters depends on everything else.
      const fails = (JSON.stringify(plan).length * 7) % 3 !== 0 && isBroken(plan);
      if (fails) seen.add(JSON.stringify(plan));
      return fails;
    });
    const { plan } = await shrink(PLAN, judge.test, { width: 3 });
    expect(seen).toContain(JSON.stringify(plan));
  });

  test("passes on what the judge throws", async () => {
    const broken = new Error("broken off");
    await expect(shrink(PLAN, () => Promise.reject(broken))).rejects.toBe(broken);
  });
});

describe("fewer hosts", () => {
  test("without a client the ones after it move up", () => {
    const plan = withoutClient(PLAN, 2);
    expect(plan.sessionTimeoutsMs).toEqual([4_000, 8_000]);
    expect(new Set(plan.ops.map(({ client }) => client))).toEqual(new Set([1, 2]));
    expect(plan.ops).toHaveLength(40);
    expect(plan.agents.map(({ client }) => client)).toEqual([2]);
  });

  test("what was aimed at a server that is gone is aimed at another one", () => {
    const when = { atMs: 1, holdMs: 1 };
    const faults: SimFault[] = [
      { ...when, type: "kill", target: 5 },
      {
        ...when,
        type: "halves",
        groups: [
          [1, 2],
          [3, 4, 5],
        ],
      },
      { ...when, type: "reconfig", leaving: [2, 5], joining: [6] },
      { ...when, type: "kill", target: "leader" },
    ];
    const op = { client: 1, atMs: 1, request: { type: "move", server: 5 } } as const;
    const plan = withServers(
      { ...PLAN, faults, ops: [op] },
      { servers: 3, observers: 0, spares: 0 },
    );
    expect(plan.faults).toEqual([
      { ...when, type: "kill", target: 2 },
      { ...when, type: "halves", groups: [[1, 2], [3]] },
      { ...when, type: "reconfig", leaving: [2], joining: [] },
      { ...when, type: "kill", target: "leader" },
    ]);
    expect(plan.ops[0]?.request).toEqual({ type: "move", server: 2 });
  });
});

describe("the way in which a check fails", () => {
  test.each([
    ["zxid 0x100000003 of /a/b took 12.5 ms", "zxid 0x2 of /c took 3 ms"],
    ["servers 1, 2 and 3 differ", "servers 2 and 3 differ"],
    [
      "client 1's setData /a saw zxid 0x1, but no server's log",
      "client 2's create /b saw zxid 0x3, but no server's log",
    ],
    ["“create” of /sim/x, by client 3", "“create” of /sim/y/z, by client 12"],
  ])("is the same whatever the numbers and paths: %s", (one, other) => {
    expect(messageShape(one)).toBe(messageShape(other));
  });

  test("is another one when the sentence is", () => {
    expect(messageShape("client 1's write was acknowledged, but no server's log has it")).not.toBe(
      messageShape("client 1's write was seen, but no server's log has it"),
    );
    expect(messageShape("zxid 1 is lost")).not.toBe(messageShape("zxid 1 is rolled back"));
  });

  test("is looked for in the check that failed first, not in the others", () => {
    const { checks } = simulate(PLAN);
    const signature = signatureOf(checks);
    expect(signature).toEqual({
      checkId: "C7",
      shape: "Reliability broke: zxid # of PATH is gone.",
    });
    if (signature === null) throw new Error("there is one");
    expect(failureLike(signature, checks)?.id).toBe("C7");
    expect(failureLike({ ...signature, checkId: "C1" }, checks)).toBeUndefined();
    expect(failureLike({ ...signature, shape: "Reliability broke." }, checks)).toBeUndefined();
    expect(signatureOf(simulate(drawPlan(1)).checks)).toBeNull();
  });
});
