import { afterEach, expect, test } from "vitest";
import type { GrantRecord, HistoryRecord, OpRecord } from "../results/history.ts";
import { loadFigures } from "./figures.ts";
import { Recorder } from "./recorder.ts";
import { startLoad, type Load } from "./run.ts";
import { FakeEnsemble, FakeServer } from "./testing/fake-server.ts";
import { VirtualEnv } from "./testing/virtual-env.ts";
import { CHURN } from "./workloads/churn.ts";
import { LEADER_ELECTION } from "./workloads/leader-election.ts";
import { LOCKS } from "./workloads/locks.ts";
import { MAX_THROUGHPUT, MaxThroughput } from "./workloads/max-throughput.ts";
import { READ_HEAVY } from "./workloads/read-heavy.ts";
import { ROAMING } from "./workloads/roaming.ts";
import type { WorkloadSpec } from "./workloads/spec.ts";
import { WATCH_HOT_SPOT } from "./workloads/watch-hot-spot.ts";
import { WRITE_PROBE_SPEC } from "./workloads/write-probe.ts";

interface Run {
  env: VirtualEnv;
  ensemble: FakeEnsemble;
  servers: FakeServer[];
  ports: number[];
  recorder: Recorder;
  load: Load;
}

let running: Run | null = null;
afterEach(() => {
  running?.load.abandon();
  running = null;
});

async function start(workloads: readonly WorkloadSpec[], seed = 1): Promise<Run> {
  const env = new VirtualEnv(seed);
  const ensemble = new FakeEnsemble();
  const servers = [1, 2, 3].map(() => new FakeServer(env, ensemble));
  const ports: number[] = [];
  for (const server of servers) {
    const port = server.listen();
    await env.run(1);
    ports.push(await port);
  }
  const recorder = new Recorder({ originMs: env.clock.nowMs() });
  const addresses = ports.map((port, index) => ({ id: index + 1, host: "127.0.0.1", port }));
  const load = startLoad({ env, servers: addresses, seed, workloads, recorder });
  running = { env, ensemble, servers, ports, recorder, load };
  await settle(env, load.ready());
  return running;
}

async function settle(env: VirtualEnv, promise: Promise<void>): Promise<void> {
  let settled = false;
  const mark = (): void => void (settled = true);
  promise.then(mark, mark);
  for (let round = 0; round < 400 && !settled; round++) await env.run(50);
  if (!settled) throw new Error("not settled within 20 s");
  await promise;
}

/** Stops the load; the servers may know of no session but those whose open or close got lost. */
async function stop({ env, load, ensemble, recorder }: Run): Promise<void> {
  await settle(env, load.stop());
  expect(load.live()).toMatchObject({ sessions: 0, connected: 0, pending: 0 });
  const lost = of(recorder, "op").filter(
    (op) => op.outcome === "info" && (op.op === "connect" || op.op === "close"),
  );
  expect(ensemble.sessions.size).toBeLessThanOrEqual(lost.length);
  for (const session of ensemble.sessions.keys()) ensemble.endSession(session);
}

function of<K extends HistoryRecord["kind"]>(
  recorder: Recorder,
  kind: K,
): Extract<HistoryRecord, { kind: K }>[] {
  return recorder.records.filter(
    (record): record is Extract<HistoryRecord, { kind: K }> => record.kind === kind,
  );
}

/** Every operation that was invoked is in the history once, with its end. */
function expectAllEnded(recorder: Recorder): OpRecord[] {
  const ops = of(recorder, "op");
  const ids = ops.map((op) => op.id).toSorted((a, b) => a - b);
  expect(ids).toEqual(ids.map((_, index) => index + 1));
  return ops;
}

/** Grants that broke the rule that one client at a time holds a resource, with rising tokens. */
function brokenGrants(grants: readonly GrantRecord[]): GrantRecord[] {
  const holders = new Map<string, number>();
  const tokens = new Map<string, number>();
  return grants.filter((grant) => {
    const { resource, client, token } = grant;
    const holder = holders.get(resource);
    if (grant.event !== "acquired") {
      holders.delete(resource);
      return holder !== client;
    }
    const rises = token > (tokens.get(resource) ?? 0);
    holders.set(resource, client);
    tokens.set(resource, token);
    return holder !== undefined || !rises;
  });
}

test("read-heavy keeps its rate and its mix, and stops without leaving anything", async () => {
  const run = await start([
    { ...READ_HEAVY, connections: 5, znodes: 20, arrivals: { kind: "constant", perSecond: 1100 } },
  ]);
  await run.env.run(5000);
  expect(run.load.live().opsPerSecond).toBeGreaterThan(1000);
  await stop(run);
  expectAllEnded(run.recorder);
  const { operations } = loadFigures(run.recorder, { fromMs: 0, toMs: 5000 }, []);
  const count = (op: string): number => operations.find((each) => each.op === op)?.ok ?? 0;
  expect(Math.abs(count("getData") - 5000)).toBeLessThan(150);
  expect(Math.abs(count("setData") - 500)).toBeLessThan(100);
  expect(run.load.lateness.late).toBe(0);
});

test("locks and leadership pass from client to client, each held by one at a time", async () => {
  const run = await start([LOCKS, LEADER_ELECTION]);
  await run.env.run(10_000);
  await stop(run);
  expectAllEnded(run.recorder);
  const grants = of(run.recorder, "grant");
  expect(brokenGrants(grants)).toEqual([]);
  const { locks, leadership } = loadFigures(run.recorder, { fromMs: 0, toMs: 10_000 }, []);
  expect(locks?.handedOver).toBeGreaterThan(500);
  expect(leadership?.elected).toBeGreaterThan(40);
  expect(of(run.recorder, "fence").every((record) => record.accepted)).toBe(true);
  expect(of(run.recorder, "session").filter((r) => r.event === "closed").length).toBeGreaterThan(
    100,
  );
});

test("each competitor watches its predecessor only", async () => {
  const run = await start([{ ...LOCKS, locks: 1, closeEvery: 0 }]);
  await run.env.run(3000);
  const acquired = run.recorder.locks.acquired;
  const deleted = of(run.recorder, "watch").filter((event) => event.type === "deleted");
  expect(acquired).toBeGreaterThan(100);
  expect(deleted.length).toBeLessThanOrEqual(acquired);
});

test("locks stay exclusive by token through broken connections and ended sessions", async () => {
  const run = await start([LOCKS], 3);
  for (let round = 0; round < 40; round++) {
    await run.env.run(137);
    const server = run.servers[round % 3] as FakeServer;
    if (round % 4 === 0) server.dropAll();
    if (round % 7 === 3) {
      server.silent = true;
      await run.env.run(90);
      server.dropAll();
      server.silent = false;
    }
    const [session] = [...run.ensemble.sessions.keys()].slice(round % 5);
    if (round % 6 === 5 && session !== undefined) run.ensemble.endSession(session);
  }
  const before = run.recorder.locks.acquired;
  await run.env.run(3000);
  expect(run.recorder.locks.acquired).toBeGreaterThan(before + 50);
  await stop(run);
  expectAllEnded(run.recorder);
  const last = new Map<string, number>();
  for (const grant of of(run.recorder, "grant").filter((each) => each.event === "acquired")) {
    expect(grant.token).toBeGreaterThan(last.get(grant.resource) ?? 0);
    last.set(grant.resource, grant.token);
  }
  const left = [...run.ensemble.nodes.keys()].filter((path) => path.includes("/lock0/"));
  expect(left).toEqual([]);
});

test("a hot spot tells every watcher of every change, and arms again by itself", async () => {
  const run = await start([{ ...WATCH_HOT_SPOT, watchers: 40, intervalMs: 100 }]);
  await run.env.run(5000);
  (run.servers[0] as FakeServer).dropAll();
  await run.env.run(2000);
  await stop(run);
  expectAllEnded(run.recorder);
  const { fanOut } = loadFigures(run.recorder, { fromMs: 0, toMs: 7000 }, []);
  expect(fanOut?.triggers).toBeGreaterThan(60);
  expect(fanOut?.deliveries).toBeGreaterThanOrEqual((fanOut?.triggers ?? 0) * 40);
  expect(fanOut?.last.max).toBeGreaterThanOrEqual(fanOut?.first.max ?? 0);
});

test("the write probe shows an outage to within its interval", async () => {
  const run = await start([WRITE_PROBE_SPEC]);
  await run.env.run(1000);
  const nowMs = (): number => run.env.clock.nowMs() - run.recorder.originMs;
  const beginMs = nowMs();
  for (const server of run.servers) server.close();
  await run.env.run(400);
  const healedMs = nowMs();
  run.servers.forEach((server, index) => void server.listen(run.ports[index]));
  await run.env.run(1000);
  const fault = {
    name: "stop",
    description: "",
    servers: [1, 2, 3],
    links: [],
    requestedMs: beginMs,
    effectiveMs: beginMs,
    healedMs,
    noQuorum: true,
  };
  const measured = { fromMs: 0, toMs: nowMs() };
  const [outage] = loadFigures(run.recorder, measured, [fault]).outages;
  expect(outage?.durationMs).toBeGreaterThan(390);
  expect(outage?.durationMs).toBeLessThan(450);
  expect(outage?.resolutionMs).toBe(5);
  await stop(run);
});

test("roaming sessions stay themselves on every server", async () => {
  const run = await start([ROAMING]);
  await run.env.run(10_000);
  await stop(run);
  const sessions = of(run.recorder, "session").filter((record) => record.client > 1);
  expect(sessions.filter((record) => record.event === "created")).toHaveLength(4);
  const moved = sessions.filter((record) => record.event === "reconnected");
  expect(moved.length).toBeGreaterThan(100);
  expect(new Set(moved.map((record) => record.server)).size).toBe(3);
  expect(new Set(moved.map((record) => record.session)).size).toBe(4);
});

test("short sessions come and go, and their ephemerals with them", async () => {
  const run = await start([{ ...CHURN, vanishEvery: 0 }]);
  await run.env.run(5000);
  await stop(run);
  expectAllEnded(run.recorder);
  expect(of(run.recorder, "session").filter((r) => r.event === "closed").length).toBeGreaterThan(
    30,
  );
  const left = [...run.ensemble.nodes.values()].filter((node) => node.stat.ephemeralOwner !== 0n);
  expect(left).toEqual([]);
});

test("sessions that vanish are left to the servers, with their ephemerals", async () => {
  const run = await start([{ ...CHURN, vanishEvery: 2 }]);
  await run.env.run(3000);
  const left = [...run.ensemble.nodes.values()].filter((node) => node.stat.ephemeralOwner !== 0n);
  expect(left.length).toBeGreaterThan(5);
  run.load.abandon();
});

test("a load that is dropped opens no further session, whatever its clients were about to do", async () => {
  // At some of these moments a lock is just being released by the close of its session.
  for (let momentMs = 500; momentMs < 540; momentMs++) {
    const run = await start([{ ...LOCKS, closeEvery: 1, holdMs: 2 }, CHURN]);
    await run.env.run(momentMs);
    run.load.abandon();
    const opened = of(run.recorder, "session").filter((r) => r.event === "created").length;
    await run.env.run(500);
    expect(run.load.live()).toMatchObject({ sessions: 0, connected: 0, pending: 0 });
    expect(of(run.recorder, "session").filter((r) => r.event === "created")).toHaveLength(opened);
  }
});

test("the throughput load checks order and zxids of every reply while it runs", async () => {
  const spec = { ...MAX_THROUGHPUT, connections: 3, outstanding: 10, znodes: 10 };
  const run = await start([spec]);
  await run.env.run(200);
  const workload = run.load.workloads[0] as MaxThroughput;
  await stop(run);
  expect(workload.checks.fifo.looked).toBeGreaterThan(1000);
  expect(workload.checks.fifo.violations).toEqual([]);
  expect(workload.checks.monotonic.violations).toEqual([]);
  expect(of(run.recorder, "op").filter((op) => op.workload === "max-throughput")).toHaveLength(6);
});

test("the throughput load notices a reply from an older state", async () => {
  const run = await start([{ ...MAX_THROUGHPUT, connections: 1, outstanding: 1, znodes: 1 }]);
  await run.env.run(20);
  run.ensemble.zxid -= 50;
  await run.env.run(20);
  const workload = run.load.workloads[0] as MaxThroughput;
  expect(workload.checks.monotonic.violationCount).toBeGreaterThan(0);
  expect(workload.checks.monotonic.violations[0]).toMatch(/after 0x1/);
});

test("the same seed gives the same history", async () => {
  const histories = [];
  for (let round = 0; round < 2; round++) {
    const run = await start([READ_HEAVY, LOCKS, ROAMING], 42);
    await run.env.run(2000);
    await stop(run);
    histories.push(JSON.stringify(run.recorder.records));
  }
  expect(histories[0]).toBe(histories[1]);
});

test("pausing lets everything under way end, and resuming goes on", async () => {
  const run = await start([READ_HEAVY]);
  await run.env.run(500);
  await settle(run.env, run.load.quiesce());
  expect(run.load.live().pending).toBe(0);
  const { length } = run.recorder.records;
  await run.env.run(500);
  expect(run.recorder.records).toHaveLength(length);
  run.load.resumeArrivals();
  await run.env.run(500);
  expect(run.recorder.records.length).toBeGreaterThan(length + 500);
});
