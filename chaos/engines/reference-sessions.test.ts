/**
 * Sessions while real servers are stopped for a moment: not expired early, and expired at last.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RawClient } from "../../server/testing/raw-client.ts";
import { create, ephemeral, exists, sync } from "../../server/testing/requests.ts";
import { type LocalEnsemble, startLocalEnsemble } from "./local.ts";

let ensemble: LocalEnsemble;
beforeAll(async () => {
  ensemble = await startLocalEnsemble({
    servers: 3,
    proxied: false,
    config: { tickTime: "100", initLimit: "50", syncLimit: "30" },
  });
});
afterEach(() => ensemble.waitUntilServing());
afterAll(() => ensemble.stop());

function portOf(id: number): number {
  return Number(ensemble.servers[id - 1]?.directClientAddress.split(":").at(-1));
}

async function roles(): Promise<{ leader: number; followers: number[] }> {
  const leader = await ensemble.leader();
  if (leader === null) throw new Error("nobody leads");
  return { leader, followers: [1, 2, 3].filter((id) => id !== leader) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("a leader that stood still for a moment does not expire sessions that were heard of meanwhile", async () => {
  const { leader, followers } = await roles();
  const { epoch } = await ensemble.status(leader);
  const sessions: RawClient[] = [];
  for (const id of followers)
    sessions.push((await RawClient.open(portOf(id), { timeOut: 400 })).client);
  for (const [index, client] of sessions.entries())
    await client.call(ephemeral(`/stood-still-${index}`));
  const heartbeat = setInterval(() => {
    for (const client of sessions) client.request({ type: "ping" }, -2);
  }, 50);
  try {
    await ensemble.pause(leader);
    await pause(1_200);
    await ensemble.resume(leader);
    await pause(500);
  } finally {
    clearInterval(heartbeat);
  }
  expect((await ensemble.status(leader)).epoch).toBe(epoch);
  expect((await ensemble.admin(leader).finalState()).sessions.length).toBeGreaterThanOrEqual(2);
  for (const client of sessions) expect(client.socket.destroyed).toBe(false);
});

test("a session that was silent all the time while the leader stood still expires afterwards", async () => {
  const { leader, followers } = await roles();
  const port = portOf(followers[0] as number);
  const watching = await RawClient.open(port, { timeOut: 2_000 });
  const silent = await RawClient.open(port, { timeOut: 400 });
  await silent.client.call(ephemeral("/silent"));
  silent.client.destroy();
  expect((await watching.client.call(exists("/silent", true))).err).toBe(0);
  await ensemble.pause(leader);
  await pause(600);
  await ensemble.resume(leader);
  expect((await watching.client.event()).path).toBe("/silent");
});

test("writes and syncs at a follower whose leader is gone end with the connection, and do not hang", async () => {
  const { leader, followers } = await roles();
  const { client } = await RawClient.open(portOf(followers[0] as number), { timeOut: 2_000 });
  await ensemble.pause(leader);
  client.request(create("/hangs"), 1);
  client.request(sync("/"), 2);
  expect(await client.frameOrEnd()).toBeNull();
  await ensemble.resume(leader);
  await ensemble.waitUntilServing();
  // The write may have reached the old leader; what must not be is that servers disagree.
  const answers = [];
  for (const id of [1, 2, 3]) {
    const other = await RawClient.open(portOf(id));
    await other.client.call(sync("/"));
    answers.push((await other.client.call(exists("/hangs"))).err);
  }
  expect(new Set(answers).size).toBe(1);
});
