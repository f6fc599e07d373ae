import { expect, test } from "vitest";
import { parseZooCfg } from "../../server/zoo-cfg.ts";
import { drawPlan } from "./generate.ts";
import { FAULT_CLASS_NAMES } from "./generate/fault-classes.ts";
import type { SimPlan, SimRequest } from "./plan.ts";
import { planSchema } from "./report/plan-schema.ts";

const SEEDS = Array.from({ length: 300 }, (_, index) => index + 1);
const PLANS: readonly SimPlan[] = SEEDS.map(drawPlan);

const REQUEST_TYPES: readonly SimRequest["type"][] = [
  "create",
  "delete",
  "setData",
  "getData",
  "exists",
  "getChildren",
  "sync",
  "multi",
  "setACL",
  "getACL",
  "addWatch",
  "removeWatches",
  "deleteOwn",
  "move",
  "takeOver",
  "close",
  "abandon",
];

test("a seed always draws the same plan, whatever was drawn before it", () => {
  const again = SEEDS.toReversed().map(drawPlan).toReversed();
  expect(again).toEqual(PLANS);
});

test("neighbouring seeds draw different plans", () => {
  const texts = new Set(PLANS.map((plan) => JSON.stringify({ ...plan, seed: 0 })));
  expect(texts.size).toBe(PLANS.length);
});

test("what is no seed is refused by name", () => {
  expect(() => drawPlan(-1)).toThrow("seed -1: expected a whole number, 0 or more");
  expect(() => drawPlan(0.5)).toThrow(RangeError);
});

test("every plan can be kept in a file and read again", () => {
  for (const plan of PLANS) {
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  }
});

test("every plan is in the order of time, ends with the safety phase, and names what there is", () => {
  for (const { ops, faults, safetyMs, sessionTimeoutsMs, agents, ...plan } of PLANS) {
    const clients = sessionTimeoutsMs.length;
    const last = plan.servers + plan.observers + plan.spares;
    for (const list of [ops, faults]) {
      const times = list.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.every((atMs) => atMs >= 0 && atMs <= safetyMs)).toBe(true);
    }
    const agentClients = new Set(agents.map(({ client }) => client));
    for (const { client } of ops) {
      expect(client).toBeLessThanOrEqual(clients);
      expect(agentClients.has(client)).toBe(false);
    }
    const named = faults.flatMap((fault) => {
      if (fault.type === "reconfig") return [...fault.leaving, ...fault.joining];
      return "target" in fault && typeof fault.target === "number" ? [fault.target] : [];
    });
    expect(Math.max(1, ...named)).toBeLessThanOrEqual(last);
    const changes = faults.filter((fault) => fault.type === "reconfig");
    expect(changes.every(({ leaving, joining }) => leaving.length + joining.length > 0)).toBe(true);
  }
});

test("every configuration is one that a server takes", () => {
  for (const { config } of PLANS) {
    const keys = Object.entries({ ...config, dataDir: "/data", clientPort: "2181", myid: "1" });
    const text = keys.map(([key, value]) => `${key}=${value}\n`).join("");
    expect(() => parseZooCfg(text, "zoo.cfg", () => null)).not.toThrow();
  }
});

test("servers that hear each other as usual are never too slow for their own limits", () => {
  for (const { config, latencyMs, diskStepMs } of PLANS) {
    const limitMs = Number(config["tickTime"]) * Number(config["syncLimit"]);
    expect(latencyMs[1] * 10).toBeLessThan(limitMs);
    expect(diskStepMs[1] * 10).toBeLessThan(limitMs);
  }
});

test("on slow machines every client has time for a try at each server that it knows", () => {
  // Seed 35390 of the old days: sessions were too short for the spares that clients try, too.
  const slow = Array.from({ length: 3_000 }, (_, index) => drawPlan(index + 1)).filter(
    ({ diskStepMs, latencyMs }) => diskStepMs[1] + latencyMs[1] > 20,
  );
  expect(slow.filter(({ spares }) => spares > 0).length).toBeGreaterThan(20);
  for (const { diskStepMs, latencyMs, servers, observers, spares, ...plan } of slow) {
    const tryMs = 10 * (diskStepMs[1] + latencyMs[1]);
    const all = servers + observers + spares;
    expect(Math.min(...plan.sessionTimeoutsMs) / all).toBeGreaterThanOrEqual(0.99 * tryMs);
  }
});

test("three hundred seeds draw every class of faults, every request and every kind of ensemble", () => {
  const types = new Set(PLANS.flatMap(({ faults }) => faults.map(({ type }) => type)));
  expect([...types].toSorted()).toEqual([...FAULT_CLASS_NAMES].toSorted());
  const requests = new Set(PLANS.flatMap(({ ops }) => ops.map(({ request }) => request.type)));
  expect([...requests].toSorted()).toEqual([...REQUEST_TYPES].toSorted());
  expect(new Set(PLANS.map(({ servers }) => servers))).toEqual(new Set([3, 5, 7]));
  expect(new Set(PLANS.map(({ observers }) => observers))).toEqual(new Set([0, 1, 2]));
  expect(new Set(PLANS.map(({ spares }) => spares))).toEqual(new Set([0, 1, 2]));
  expect(new Set(PLANS.map(({ ending }) => ending)).size).toBe(3);
  const recipes = new Set(PLANS.flatMap(({ agents }) => agents.map(({ recipe }) => recipe)));
  expect([...recipes].toSorted()).toEqual(["election", "lock"]);
});

test("no seed has all classes of faults, and some have one or none", () => {
  const counts = PLANS.map(({ faults }) => new Set(faults.map(({ type }) => type)).size);
  expect(Math.max(...counts)).toBeLessThan(FAULT_CLASS_NAMES.length);
  expect(Math.min(...counts)).toBeLessThanOrEqual(1);
});

test("bits rot only where the members stay the same", () => {
  for (const { faults } of PLANS) {
    const types = new Set(faults.map(({ type }) => type));
    expect(types.has("bit-rot") && types.has("reconfig")).toBe(false);
  }
});
