import { expect, test } from "vitest";
import type { GrantRecord } from "../../results/history.ts";
import { LoadClient } from "../load-client.ts";
import { Recorder } from "../recorder.ts";
import { SeededRandom } from "../seeded-random.ts";
import { FakeEnsemble, FakeServer } from "../testing/fake-server.ts";
import { VirtualEnv } from "../testing/virtual-env.ts";
import { FencedResource } from "./fenced-resource.ts";
import { Lock } from "./lock.ts";

interface World {
  env: VirtualEnv;
  ensemble: FakeEnsemble;
  server: FakeServer;
  clients: LoadClient[];
  locks: Lock[];
  grants: () => [client: number, event: string][];
  children: () => string[];
}

async function world(count: number): Promise<World> {
  const env = new VirtualEnv();
  const ensemble = new FakeEnsemble();
  const server = new FakeServer(env, ensemble);
  ensemble.create("/lock", null, 0, 0n as never);
  const listening = server.listen();
  await env.run(1);
  const servers = [{ id: 1, host: "127.0.0.1", port: await listening }];
  const recorder = new Recorder({ originMs: env.clock.nowMs() });
  const resource = new FencedResource(env, recorder, "/lock");
  const clients = Array.from({ length: count }, (_, index) => {
    const client = new LoadClient({
      env,
      servers,
      recorder,
      random: new SeededRandom(index),
      sessionTimeoutMs: 6000,
      renewSession: true,
      number: index + 1,
      workload: "locks",
    });
    client.zk.connect();
    return client;
  });
  await env.run(10);
  return {
    env,
    ensemble,
    server,
    clients,
    locks: clients.map((client) => new Lock(env, recorder, client, "/lock", resource)),
    grants: () =>
      recorder.records
        .filter((record): record is GrantRecord => record.kind === "grant")
        .map((grant) => [grant.client, grant.event]),
    children: () => [...(ensemble.nodes.get("/lock")?.children ?? [])],
  };
}

test("a create whose answer was lost is found again, not repeated", async () => {
  const { env, ensemble, server, locks, grants, children } = await world(1);
  server.silent = true;
  const acquired = locks[0]?.acquire();
  await env.run(5);
  expect(children()).toHaveLength(1);
  server.dropAll();
  server.silent = false;
  await env.run(500);
  expect(await acquired).toBeGreaterThan(0);
  expect(children()).toHaveLength(1);
  expect(ensemble.log.filter((entry) => entry.request.type === "create")).toHaveLength(1);
  expect(grants()).toEqual([[1, "acquired"]]);
});

test("the token of a znode that was found again is its czxid, not that of a later reply", async () => {
  const { env, ensemble, server, locks, children } = await world(1);
  server.silent = true;
  const acquired = locks[0]?.acquire();
  await env.run(5);
  ensemble.create("/later", null, 0, 0n as never);
  server.dropAll();
  server.silent = false;
  await env.run(500);
  const node = ensemble.nodes.get(`/lock/${children()[0]}`);
  expect(await acquired).toBe(node?.stat.czxid);
});

test("a holder whose session expired has lost the lock; the next gets it, the old token is refused", async () => {
  const { env, ensemble, clients, locks, grants } = await world(2);
  const [first, second] = locks as [Lock, Lock];
  const oldToken = first.acquire();
  await env.run(20);
  const newToken = second.acquire();
  await env.run(20);
  const session = BigInt(clients[0]?.zk.session ?? "0x0") as never;
  ensemble.endSession(session);
  await env.run(1);
  // For this moment both believe that they hold it: only the token tells.
  expect(await newToken).toBeGreaterThan((await oldToken) ?? 0);
  expect(second.write()).toBe(true);
  expect(first.write()).toBe(false);
  await env.run(500);
  expect(grants()).toEqual([
    [1, "acquired"],
    [2, "acquired"],
    [1, "lost"],
  ]);
  expect(first.write()).toBe(false);
});

test("a client whose session ends while it waits gets nothing, and may try again", async () => {
  const { env, ensemble, clients, locks, children } = await world(2);
  const [first, second] = locks as [Lock, Lock];
  void first.acquire();
  await env.run(20);
  const waiting = second.acquire();
  await env.run(20);
  ensemble.endSession(BigInt(clients[1]?.zk.session ?? "0x0") as never);
  await env.run(500);
  expect(await waiting).toBeNull();
  const again = second.acquire();
  await env.run(20);
  void first.release();
  await env.run(20);
  expect(await again).toBeGreaterThan(0);
  expect(children()).toHaveLength(1);
});

test("a release goes on until the znode is gone, through a lost answer", async () => {
  const { env, server, locks, grants, children } = await world(1);
  void locks[0]?.acquire();
  await env.run(20);
  server.silent = true;
  void locks[0]?.release();
  await env.run(5);
  server.dropAll();
  server.silent = false;
  await env.run(500);
  expect(children()).toEqual([]);
  expect(grants()).toEqual([
    [1, "acquired"],
    [1, "released"],
  ]);
});
