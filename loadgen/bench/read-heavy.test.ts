/** The whole benchmark against a little fake ensemble, in virtual time. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listRuns, readHistory, readRun } from "../../results/store.ts";
import type { Target } from "../targets/target.ts";
import { FakeEnsemble, FakeServer } from "../testing/fake-server.ts";
import { VirtualEnv } from "../testing/virtual-env.ts";
import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import type { Meter } from "./meter.ts";
import { benchReadHeavy, type ReadHeavyOptions } from "./read-heavy.ts";

/** What a fake ensemble's clients see of a leader's end: nobody answers for so long. */
const ELECTION_MS = 140;
const BASE_BYTES = 300e6;
const SESSION_BYTES = 10_000;

let runs: string;
let lines: string[];
let progress: string[];
beforeEach(() => {
  progress = [];
  runs = mkdtempSync(join(tmpdir(), "quorum-bench-test-"));
  lines = [];
});
afterEach(() => rmSync(runs, { recursive: true, force: true }));

interface FakeTarget extends Target {
  /** Ensembles that were started and not stopped. */
  running: number;
  readonly kills: number[];
  onKill(): void;
}

function fakeTarget(env: VirtualEnv, name: string, firstPort = 2000): FakeTarget {
  const target: FakeTarget = {
    name,
    running: 0,
    kills: [],
    onKill() {},
    async start() {
      const ensemble = new FakeEnsemble();
      const fakes = [0, 1, 2].map(() => new FakeServer(env, ensemble));
      await Promise.all(fakes.map((fake, index) => fake.listen(firstPort + index)));
      target.running++;
      let leader = 1;
      return {
        servers: fakes.map((_, index) => ({ id: index + 1, host: "h", port: firstPort + index })),
        get pids() {
          return [ensemble.sessions.size];
        },
        admin: [],
        leader: () => Promise.resolve(leader),
        end: (server) => Promise.reject(new Error(`server ${server} is not to be ended`)),
        wipe: (server) => Promise.reject(new Error(`server ${server} is not to be wiped`)),
        kill(server) {
          target.kills.push(server);
          target.onKill();
          fakes[server - 1]?.close();
          for (const fake of fakes) fake.dropAll();
          for (const fake of fakes) fake.listener?.close();
          leader = (server % 3) + 1;
          env.timers.after(ELECTION_MS, () => {
            for (const [index, fake] of fakes.entries()) {
              if (index !== server - 1) void fake.listen(firstPort + index);
            }
          });
          return Promise.resolve();
        },
        async restart(server) {
          await fakes[server - 1]?.listen(firstPort + server - 1);
        },
        stop() {
          for (const fake of fakes) fake.close();
          target.running--;
          return Promise.resolve();
        },
      };
    },
  };
  return target;
}

function optionsFor(target: Target, change: Partial<ReadHeavyOptions> = {}): ReadHeavyOptions {
  const { kind: _kind, ...load } = MAX_THROUGHPUT;
  return {
    parts: ["throughput", "outage", "sessions"],
    target,
    plainTarget: target,
    rival: { kind: "none", reason: "nothing to compare with", expected: true },
    throughput: {
      ...load,
      connections: 3,
      outstanding: 2,
      znodes: 10,
      valueBytes: 8,
      rate: null,
      rounds: 2,
      durationMs: 200,
      warmUpMs: 0,
    },
    tries: 3,
    sessions: 30,
    seed: 1,
    runsDirectory: runs,
    ...change,
  };
}

/** A fake ensemble's only process id is the number of its sessions, each of which costs memory. */
const meter: Meter = {
  processes: ([sessions = 0]) => ({ cpuUs: 0, rssBytes: BASE_BYTES + sessions * SESSION_BYTES }),
  machine: () => null,
  ownCpuUs: () => 0,
};

/** Runs the benchmark while virtual time passes. */
async function bench(
  env: VirtualEnv,
  options: ReadHeavyOptions,
  signal = new AbortController().signal,
): ReturnType<typeof benchReadHeavy> {
  let over = false;
  const output = {
    line: (text: string) => void lines.push(text),
    progress: (text: string) => void progress.push(text),
  };
  const running = benchReadHeavy(env, options, output, signal, meter).finally(() => (over = true));
  running.catch(() => undefined);
  while (!over) await env.run(100);
  return running;
}

test("all three parts go into one run directory that can be read again", async () => {
  const env = new VirtualEnv();
  const target = fakeTarget(env, "reference");
  const { run, directory } = await bench(env, optionsFor(target));
  expect(run.reasons).toEqual([]);
  expect(run.verdict).toBe("pass");
  const stored = await readRun(directory);
  expect(stored.run).toEqual(JSON.parse(JSON.stringify(run)));
  expect(stored.run.identity).toMatchObject({
    kind: "bench",
    name: "read-heavy",
    target: "reference",
    proxy: "none",
    config: { parts: ["throughput", "outage", "sessions"], vs: null, outage: { tries: 3 } },
  });
  expect(stored.run.phases.map(({ name }) => name)).toEqual(["throughput", "outage", "sessions"]);
  expect(stored.run.operations.map(({ op }) => op)).toEqual(
    expect.arrayContaining(["getData", "setData"]),
  );
  expect(stored.run.checks.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["C4", "pass"],
    ["C5", "pass"],
  ]);
  expect(Object.keys(stored.run.figures)).toEqual(
    expect.arrayContaining(["reference_ops_per_s_median", "outage_ms_median", "idle_sessions_mb"]),
  );
  expect(stored.series.series.map(({ name }) => name)).toContain("ops_per_second");
  let records = 0;
  for await (const record of readHistory(directory)) if (record.kind === "op") records++;
  expect(records).toBeGreaterThan(100);
  expect(target.running).toBe(0);
});

test("an outage is as long as nobody acknowledged a write, for each leader killed", async () => {
  const env = new VirtualEnv();
  const target = fakeTarget(env, "reference");
  const { run } = await bench(env, optionsFor(target, { parts: ["outage"] }));
  expect(target.kills).toEqual([1, 2, 3]);
  expect(run.outages).toHaveLength(3);
  for (const outage of run.outages) {
    expect(outage.fault).toBe("kill-leader");
    expect(outage.durationMs).toBeGreaterThan(ELECTION_MS);
    expect(outage.durationMs).toBeLessThan(ELECTION_MS + 40);
  }
  expect(run.figures["outage_tries"]).toBe(3);
  expect(lines.join("\n")).toMatch(/1\d\d, 1\d\d, 1\d\d ms: median 1\d\d ms/);
});

test("what idle sessions cost is the difference in memory, in total and for each", async () => {
  const env = new VirtualEnv();
  const target = fakeTarget(env, "reference");
  const { run } = await bench(env, optionsFor(target, { parts: ["sessions"], sessions: 250 }));
  expect(run.figures).toEqual({
    idle_sessions: 250,
    idle_sessions_mb: 2.5,
    idle_session_kb: 10,
    idle_rss_before_mb: 300,
    idle_rss_after_mb: 302.5,
  });
});

test("with another target both are measured in the order ABBA, each with figures of its own", async () => {
  const env = new VirtualEnv();
  const target = fakeTarget(env, "reference");
  const rival = { kind: "target", target: fakeTarget(env, "zookeeper", 3000) } as const;
  const { run } = await bench(env, optionsFor(target, { parts: ["throughput"], rival }));
  const order = progress
    .map((text) => /round (\d) of \d, (\w+)/.exec(text))
    .filter((match) => match !== null)
    .map(([, round, name]) => `${round} ${name}`);
  expect(order).toEqual(["1 reference", "1 zookeeper", "2 zookeeper", "2 reference"]);
  expect(run.figures["zookeeper_ops_per_s_median"]).toBeGreaterThan(0);
  expect(run.figures["ratio_ops"]).toBeGreaterThan(0);
});

test("a goal that could not be judged against its peer leaves the verdict unknown", async () => {
  const env = new VirtualEnv();
  const rival = { kind: "none", reason: "install it", expected: false } as const;
  const options = optionsFor(fakeTarget(env, "reference"), { parts: ["throughput"], rival });
  const { run } = await bench(env, options);
  expect(run.verdict).toBe("unknown");
  expect(run.reasons).toEqual(["goal ≥ 3 × zookeeper: not judged (install it)"]);
  expect(lines[0]).toBe("no comparison: install it");
});

test("a benchmark that is broken off leaves no ensemble and no run directory", async () => {
  const env = new VirtualEnv();
  const target = fakeTarget(env, "reference");
  const interrupt = new AbortController();
  target.onKill = () => interrupt.abort(new Error("Ctrl-C"));
  await expect(bench(env, optionsFor(target), interrupt.signal)).rejects.toThrow("Ctrl-C");
  expect(target.kills).toHaveLength(1);
  expect(target.running).toBe(0);
  expect(readdirSync(runs)).toEqual([]);
  expect(await listRuns(runs)).toEqual([]);
});
