/** The client over real sockets: chunks, batching and broken connections as the system makes them. */
import { afterEach, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { SeededRandom } from "../seeded-random.ts";
import { FakeEnsemble, FakeServer } from "../testing/fake-server.ts";
import { ZkClient } from "./client.ts";
import type { OpResult } from "./request-op.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
let cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  cleanups = [];
});

async function start(serverCount: number): Promise<{ zk: ZkClient; servers: FakeServer[] }> {
  const ensemble = new FakeEnsemble();
  const servers = Array.from({ length: serverCount }, () => new FakeServer(env, ensemble));
  const ports = await Promise.all(servers.map((server) => server.listen()));
  const zk = new ZkClient({
    env,
    servers: ports.map((port, index) => ({ id: index + 1, host: "127.0.0.1", port })),
    random: new SeededRandom(1),
    sessionTimeoutMs: 6000,
  });
  cleanups.push(() => zk.abandon(), ...servers.map((server) => () => server.close()));
  zk.connect();
  return { zk, servers };
}

test("thousands of pipelined operations are answered in order, with large and small bodies", async () => {
  const { zk } = await start(1);
  const big = Buffer.alloc(200_000, 7);
  await zk.create("/big", big);
  await zk.create("/small", Buffer.from("s"));
  const ended: number[] = [];
  const asked: Promise<OpResult>[] = [];
  for (let index = 0; index < 3000; index++) {
    const path = index % 100 === 0 ? "/big" : "/small";
    asked.push(
      zk.getData(path).then((result) => {
        ended.push(index);
        return result;
      }),
    );
  }
  const results = await Promise.all(asked);
  expect(ended).toEqual(Array.from({ length: 3000 }, (_, index) => index));
  expect(results.filter((result) => result.outcome !== "ok")).toEqual([]);
  expect(results[100]?.data?.equals(big)).toBe(true);
  expect(results[101]?.data?.toString()).toBe("s");
});

test("writes far above the socket's buffer wait their turn and all arrive", async () => {
  const { zk } = await start(1);
  await zk.create("/a", null);
  const data = Buffer.alloc(100_000, 1);
  const results = await Promise.all(Array.from({ length: 200 }, () => zk.setData("/a", data)));
  expect(results.map((result) => result.stat?.version)).toEqual(
    results.map((_, index) => index + 1),
  );
});

test("every operation ends once while connections break under it", async () => {
  const { zk, servers } = await start(2);
  await zk.create("/a", null);
  const outcomes = new Map<string, number>();
  const count = ({ outcome }: OpResult): void =>
    void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  for (let round = 0; round < 20; round++) {
    const batch = Array.from({ length: 100 }, (_, index) =>
      (index % 2 === 0 ? zk.setData("/a", null) : zk.getData("/a")).then(count),
    );
    await new Promise<void>((resolve) => env.timers.soon(resolve));
    for (const server of servers) server.dropAll();
    await Promise.all(batch);
  }
  expect([...outcomes.values()].reduce((sum, n) => sum + n, 0)).toBe(2000);
  expect((await zk.exists("/a")).outcome).toBe("ok");
});
