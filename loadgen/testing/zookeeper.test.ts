/** The client and every workload against the real thing, where it is installed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { ErrorCode } from "../../server/errors.ts";
import type { SessionRecord } from "../../results/history.ts";
import { ZkClient } from "../client/client.ts";
import { loadFigures } from "../figures.ts";
import { Recorder } from "../recorder.ts";
import { startLoad } from "../run.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { RunningTarget } from "../targets/target.ts";
import { findZooKeeper, ZooKeeperTarget } from "../targets/zookeeper.ts";
import { CHURN } from "../workloads/churn.ts";
import { LEADER_ELECTION } from "../workloads/leader-election.ts";
import { LOCKS } from "../workloads/locks.ts";
import { MAX_THROUGHPUT, type MaxThroughput } from "../workloads/max-throughput.ts";
import { READ_HEAVY } from "../workloads/read-heavy.ts";
import { ROAMING } from "../workloads/roaming.ts";
import { WATCH_HOT_SPOT } from "../workloads/watch-hot-spot.ts";
import { WRITE_PROBE_SPEC } from "../workloads/write-probe.ts";

const found = findZooKeeper(process.env);
const required = process.env["QUORUM_LAB_REQUIRE_ZOOKEEPER"] === "1";
const missing = typeof found === "string" ? found : null;

test.runIf(required)("Apache ZooKeeper is installed", () => {
  expect(missing).toBeNull();
});

describe.skipIf(missing !== null)(
  `against Apache ZooKeeper${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    const env = createNodeEnv({ log: createLog({ level: "warn", name: "test" }) });
    let target: RunningTarget;

    beforeAll(async () => {
      target = await new ZooKeeperTarget(env, { servers: 1 }).start();
    }, 60_000);
    afterAll(async () => {
      await target.stop();
    });

    function client(observer: { events: string[] }): ZkClient {
      const made = new ZkClient({
        env,
        servers: target.servers,
        random: new SeededRandom(1),
        sessionTimeoutMs: 6000,
        observer: {
          session: (change) => observer.events.push(change.event),
          watch: (type, path) => observer.events.push(`${type} ${path}`),
        },
      });
      made.connect();
      return made;
    }

    test("a client does every operation, gets its watches, and takes its session along", async () => {
      const events: string[] = [];
      const zk = client({ events });
      expect((await zk.create("/t", Buffer.from("a"))).path).toBe("/t");
      expect((await zk.create("/t/e-", null, 3)).path).toBe("/t/e-0000000000");
      expect((await zk.exists("/t/none", true)).code).toBe(ErrorCode.NoNode);
      const read = await zk.getData("/t", true);
      expect([read.data?.toString(), read.stat?.version, read.stat?.numChildren]).toEqual([
        "a",
        0,
        1,
      ]);
      expect((await zk.getChildren("/t", true)).children).toEqual(["e-0000000000"]);
      expect((await zk.setData("/t", Buffer.from("b"), 7)).code).toBe(ErrorCode.BadVersion);
      zk.moveTo(target.servers[0]?.id ?? 1);
      const { session } = zk;
      expect((await zk.setData("/t", Buffer.from("b"), 0)).stat?.version).toBe(1);
      expect(zk.session).toBe(session);
      await zk.create("/t/none", null);
      expect((await zk.sync("/t")).path).toBe("/t");
      expect((await zk.delete("/t/none")).outcome).toBe("ok");
      expect((await zk.close()).outcome).toBe("ok");
      expect(events).toEqual([
        "created",
        "disconnected",
        "reconnected",
        "dataChanged /t",
        "created /t/none",
        "childrenChanged /t",
        "closed",
      ]);
    });

    test("all workloads run together, and end without an error or a left session", async () => {
      const recorder = new Recorder({ originMs: env.clock.nowMs() });
      const load = startLoad({
        env,
        servers: target.servers,
        seed: 1,
        recorder,
        workloads: [
          {
            ...READ_HEAVY,
            connections: 4,
            znodes: 50,
            arrivals: { kind: "poisson", perSecond: 300 },
          },
          { ...LOCKS, holdMs: 2 },
          { ...LEADER_ELECTION, termMs: 20 },
          { ...WATCH_HOT_SPOT, watchers: 20, intervalMs: 50 },
          { ...WRITE_PROBE_SPEC, intervalMs: 20 },
          ROAMING,
          { ...CHURN, vanishEvery: 0 },
          { ...MAX_THROUGHPUT, connections: 2, outstanding: 5, znodes: 20 },
        ],
      });
      await load.ready();
      await new Promise<void>((resolve) => void env.timers.after(2000, resolve));
      await load.stop();
      const figures = loadFigures(recorder, { fromMs: 0, toMs: 2000 }, []);
      const bad = recorder.records.filter(
        (record) =>
          record.kind === "op" &&
          record.outcome !== "ok" &&
          record.workload !== "roaming" &&
          record.code !== ErrorCode.NoNode,
      );
      expect(bad).toEqual([]);
      expect(figures.locks?.handedOver).toBeGreaterThan(10);
      expect(figures.leadership?.elected).toBeGreaterThan(5);
      expect(figures.fanOut?.triggers).toBeGreaterThan(5);
      const { checks } = load.workloads[7] as MaxThroughput;
      expect(checks.fifo.looked).toBeGreaterThan(100);
      expect(checks.fifo.violations).toEqual([]);
      expect(checks.monotonic.violations).toEqual([]);
      const open = new Set<string>();
      for (const record of recorder.records.filter(
        (each): each is SessionRecord => each.kind === "session",
      )) {
        if (record.event === "created") open.add(record.session);
        if (record.event === "closed") open.delete(record.session);
      }
      expect([...open]).toEqual([]);
    });
  },
);
