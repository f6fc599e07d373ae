/**
 * Real server processes die, stop and come back: what was acknowledged is there, on every server.
 */
import { afterEach, expect, test } from "vitest";
import { RawClient } from "../../server/testing/raw-client.ts";
import {
  create,
  ephemeral,
  exists,
  getChildren,
  setData,
  sync,
} from "../../server/testing/requests.ts";
import { decodeChildren } from "../../server/wire/replies.ts";
import { type LocalEnsemble, startLocalEnsemble } from "./local.ts";

let ensemble: LocalEnsemble;
afterEach(async () => {
  expect(ensemble.crashes).toEqual([]);
  await ensemble.stop();
});

async function start(config: Record<string, string> = {}): Promise<void> {
  ensemble = await startLocalEnsemble({
    servers: 3,
    proxied: false,
    // A loaded machine must not look like a dead leader: nothing is heard for two seconds then.
    config: { tickTime: "500", initLimit: "20", syncLimit: "4", ...config },
  });
}

function portOf(id: number): number {
  return Number(ensemble.servers[id - 1]?.directClientAddress.split(":").at(-1));
}

async function leaderOf(): Promise<number> {
  const leader = await ensemble.leader();
  if (leader === null) throw new Error("nobody leads");
  return leader;
}

/** Creates znodes below /acked through `id` until `enough` or the connection ends; all acknowledged. */
async function write(id: number, from: number, enough: () => boolean): Promise<string[]> {
  const { client } = await RawClient.open(portOf(id), { timeOut: 10_000 });
  client.request(create("/acked"));
  await client.frameOrEnd();
  const acknowledged = [];
  for (let i = from; !enough(); i++) {
    client.request(create(`/acked/${i}`, "value"), 1);
    const frame = await client.frameOrEnd();
    if (frame === null) break;
    if (frame.readInt32BE(12) === 0) acknowledged.push(`${i}`);
  }
  client.destroy();
  return acknowledged;
}

async function expectEverywhere(names: readonly string[]): Promise<void> {
  await ensemble.waitUntilServing();
  for (const { id } of ensemble.servers) {
    const { client } = await RawClient.open(portOf(id));
    await client.call(sync("/"));
    const children = decodeChildren((await client.call(getChildren("/acked"))).body);
    expect(children).toEqual(expect.arrayContaining([...names]));
    client.destroy();
  }
  await expectEqualTrees();
}

/** All servers come to the same zxid, and have the same tree there. */
async function expectEqualTrees(): Promise<void> {
  for (;;) {
    const finals = await Promise.all(
      ensemble.servers.map(({ id }) => ensemble.admin(id).finalState()),
    );
    if (new Set(finals.map(({ appliedZxid }) => appliedZxid)).size > 1) continue;
    expect(new Set(finals.map(({ treeDigest }) => treeDigest)).size).toBe(1);
    return;
  }
}

async function syncsOf(id: number, kind: string): Promise<number> {
  const text = await ensemble.admin(id).metrics();
  const line = text.split("\n").find((entry) => entry.startsWith(`${kind}_count `));
  return Number(line?.split(" ")[1]);
}

test("the leader is killed under writes: the others serve, and it rejoins by DIFF with all that was acknowledged", async () => {
  await start();
  const old = await leaderOf();
  const others = [1, 2, 3].filter((id) => id !== old);
  let killed = false;
  const writing = write(old, 0, () => killed);
  const before = await write(others[0] as number, 10_000, enoughAfter(100));
  await ensemble.kill(old);
  killed = true;
  const acknowledged = [...before, ...(await writing)];
  await ensemble.waitUntilServing(others);
  acknowledged.push(...(await write(others[0] as number, 20_000, enoughAfter(50))));
  await ensemble.restart(old);
  await expectEverywhere(acknowledged);
  expect(acknowledged.length).toBeGreaterThan(150);
  expect(await syncsOf(await leaderOf(), "snap")).toBe(0);
});

test("a follower that was away for more than the history in memory rejoins by SNAP, and its tree is the others'", async () => {
  await start();
  const leader = await leaderOf();
  const away = [1, 2, 3].find((id) => id !== leader) as number;
  const { client } = await RawClient.open(portOf(leader), { timeOut: 10_000 });
  await client.call(create("/big"));
  await client.call(ephemeral("/mine"));
  await ensemble.kill(away);
  // The history in memory is bounded by 16 MiB.
  for (let i = 0; i < 20; i++)
    expect((await client.call(setData("/big", Buffer.alloc(1_000_000, i)))).err).toBe(0);
  await ensemble.restart(away);
  await ensemble.waitUntilServing();
  await expectEqualTrees();
  expect(await syncsOf(leader, "snap")).toBeGreaterThan(0);
  // And again from its own disk.
  await ensemble.restart(away);
  await ensemble.waitUntilServing();
  await expectEqualTrees();
  const seen = await RawClient.open(portOf(away));
  await seen.client.call(sync("/"));
  expect((await seen.client.call(exists("/mine"))).err).toBe(0);
});

test("all servers are killed at once under writes: everything acknowledged is there afterwards", async () => {
  await start({ snapCount: "100" });
  let killed = false;
  const writers = [1, 2, 3].map((id) => write(id, id * 100_000, () => killed));
  const { client, response } = await RawClient.open(portOf(1), { timeOut: 10_000 });
  await client.call(ephemeral("/lives-on"));
  for (let i = 0; i < 250; i++) await client.call(setData("/lives-on", `${i}`));
  await Promise.all([1, 2, 3].map((id) => ensemble.kill(id)));
  killed = true;
  const acknowledged = (await Promise.all(writers)).flat();
  await Promise.all([1, 2, 3].map((id) => ensemble.restart(id)));
  await ensemble.waitUntilServing();
  const back = await RawClient.open(portOf(2), response);
  expect(back.response.sessionId).toBe(response.sessionId);
  expect((await back.client.call(exists("/lives-on"))).err).toBe(0);
  back.client.destroy();
  expect(acknowledged.length).toBeGreaterThan(50);
  await expectEverywhere(acknowledged);
});

test("the servers are restarted one after the other under writes, and nothing acknowledged is lost", async () => {
  await start();
  const acknowledged: string[] = [];
  let over = false;
  const writing = (async () => {
    for (let i = 0; !over; i++) {
      const id = (i % 3) + 1;
      // A server that is down, or does not serve yet, ends the attempt at once.
      const names = await write(id, i * 10_000, () => over).catch(() => []);
      acknowledged.push(...names);
    }
  })();
  for (const id of [1, 2, 3]) {
    await ensemble.kill(id, "SIGTERM");
    await ensemble.restart(id);
    await ensemble.waitUntilServing();
  }
  over = true;
  await writing;
  expect(acknowledged.length).toBeGreaterThan(10);
  await expectEverywhere(acknowledged);
});

test("a leader that is stopped for longer than syncLimit is replaced, and rejoins when it goes on", async () => {
  await start();
  const old = await leaderOf();
  const others = [1, 2, 3].filter((id) => id !== old);
  const { epoch } = await ensemble.status(old);
  const acknowledged = await write(old, 0, enoughAfter(20));
  await ensemble.pause(old);
  await waitForEpoch(others[0] as number, epoch + 1);
  await ensemble.waitUntilServing(others);
  acknowledged.push(...(await write(others[0] as number, 1_000, enoughAfter(20))));
  await ensemble.resume(old);
  await expectEverywhere(acknowledged);
  expect(await leaderOf()).not.toBe(old);
});

async function waitForEpoch(id: number, epoch: number): Promise<void> {
  while ((await ensemble.status(id)).epoch < epoch);
}

function enoughAfter(count: number): () => boolean {
  let asked = 0;
  return () => asked++ >= count;
}
