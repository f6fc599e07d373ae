import { afterAll, beforeAll, expect, test } from "vitest";
import { formatSession } from "./ids.ts";
import { RawClient } from "./testing/raw-client.ts";
import { CLOSE, create, ephemeral, exists, getChildren, PING, sync } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { EventType } from "./wire/opcodes.ts";
import { decodeChildren } from "./wire/replies.ts";

let ensemble: Ensemble;
beforeAll(async () => {
  ensemble = await startServers(3);
});
afterAll(() => ensemble.stop());

function follower(index: number): number {
  return ensemble.followers[index]?.port ?? 0;
}

test("a silent session expires, and its ephemerals go in one transaction", async () => {
  const watching = await RawClient.open(follower(0));
  await watching.client.call(create("/group"));
  const silent = await RawClient.open(follower(1), { timeOut: 200 });
  for (const name of ["a", "b", "c"]) await silent.client.call(ephemeral(`/group/${name}`));
  await watching.client.call(sync("/"));
  for (const name of ["a", "b", "c"]) await watching.client.call(exists(`/group/${name}`, true));
  await watching.client.call(getChildren("/group", true));
  const keepAlive = setInterval(() => watching.client.request(PING, -2), 100);
  const events = [];
  while (events.length < 4) {
    const reply = await watching.client.reply();
    if (reply.xid === -1) {
      const [type, , path] = [reply.body.readInt(), reply.body.readInt(), reply.body.readString()];
      events.push({ type, path, zxid: reply.zxid });
    }
  }
  clearInterval(keepAlive);
  // The parent's watch fires at the first delete.
  expect(events.map(({ type, path }) => `${type} ${path}`)).toEqual([
    `${EventType.deleted} /group/a`,
    `${EventType.childrenChanged} /group`,
    `${EventType.deleted} /group/b`,
    `${EventType.deleted} /group/c`,
  ]);
  expect(new Set(events.map(({ zxid }) => zxid)).size).toBe(1);
  await silent.client.closed;
});

test("a session that pings lives far beyond its timeout, at a follower as at the leader", async () => {
  for (const port of [follower(0), ensemble.leader.port]) {
    const { client } = await RawClient.open(port, { timeOut: 500 });
    const startedMs = performance.now();
    while (performance.now() - startedMs < 1_500) {
      expect((await client.ping()).err).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    client.destroy();
  }
});

test("closing a session removes its ephemerals before the answer, and ends the connection", async () => {
  const { client } = await RawClient.open(follower(0));
  await client.call(ephemeral("/short-lived"));
  const closing = await client.call(CLOSE);
  expect(closing.err).toBe(0);
  await client.closed;
  const other = await RawClient.open(follower(0));
  const gone = await other.client.call(exists("/short-lived"));
  expect(gone.err).toBe(-101);
  expect(gone.zxid).toBeGreaterThanOrEqual(closing.zxid);
});

test("nothing is created for a session behind its close, and nothing is answered", async () => {
  const { client } = await RawClient.open(follower(0));
  client.request(sync("/"), 1);
  client.request(CLOSE, 2);
  client.request(ephemeral("/too-late"), 3);
  client.request(exists("/too-late"), 4);
  expect((await client.reply()).xid).toBe(1);
  expect((await client.reply()).xid).toBe(2);
  expect(await client.frameOrEnd()).toBeNull();
  const other = await RawClient.open(follower(0));
  await other.client.call(sync("/"));
  expect((await other.client.call(exists("/too-late"))).err).toBe(-101);
});

test("a request on a connection that lost its session to another server changes nothing", async () => {
  const { client, response } = await RawClient.open(follower(0));
  const moving = RawClient.open(ensemble.leader.port, { ...response, lastZxidSeen: 0 as never });
  // Sent at any moment of the move: it is carried out before it, or not at all.
  let sent = 0;
  while (!client.socket.destroyed) {
    client.request(create(`/moving-${sent}`), 100 + sent);
    sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const back = await moving;
  const after = await back.client.call(create("/moved"));
  expect(after.err).toBe(0);
  const children = await back.client.call(getChildren("/"));
  const created = decodeChildren(children.body).filter((name) => name.startsWith("moving-"));
  expect(created.length).toBeLessThanOrEqual(sent);
  expect(back.client.socket.destroyed).toBe(false);
});

test("coming back at the moment of expiry: the session is whole, or it is gone with its ephemerals", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const { client, response } = await RawClient.open(follower(0), { timeOut: 200 });
      const path = `/racing-${index}`;
      await client.call(ephemeral(path));
      client.destroy();
      await new Promise((resolve) => setTimeout(resolve, 180 + index * 10));
      const back = await RawClient.open(follower(1), { ...response, lastZxidSeen: 0 as never });
      const alive = back.response.timeOut > 0;
      const reader = alive ? back : await RawClient.open(follower(1));
      await reader.client.call(sync("/"));
      const { err } = await reader.client.call(exists(path));
      reader.client.destroy();
      return [alive, err];
    }),
  );
  for (const outcome of outcomes) expect(outcome).toEqual(outcome[0] ? [true, 0] : [false, -101]);
});

test("a session without a connection expires although its server lives", async () => {
  const { client, response } = await RawClient.open(follower(0), { timeOut: 200 });
  client.destroy();
  const id = formatSession(response.sessionId);
  const { leader } = ensemble;
  while (leader.server.finalState().sessions.includes(id))
    await new Promise((resolve) => setTimeout(resolve, 20));
  const back = await RawClient.open(follower(1), { ...response, lastZxidSeen: 0 as never });
  expect(back.response.timeOut).toBe(0);
});
