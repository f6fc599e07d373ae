import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawClient } from "../testing/raw-client.ts";
import {
  create,
  ephemeral,
  exists,
  getChildren,
  getData,
  OPEN_ACL,
  remove,
  setData,
  sync,
} from "../testing/requests.ts";
import { type Ensemble, type RunningServer, startServers } from "../testing/running-servers.ts";
import { eventsOf, tell } from "../testing/told.ts";
import { AddWatchMode, EventType } from "../wire/opcodes.ts";
import { decodeData } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";

let ensemble: Ensemble;
beforeAll(async () => {
  ensemble = await startServers(3);
});
afterAll(() => ensemble.stop());

const ROLES = ["leader", "follower"] as const;
function portOf(role: (typeof ROLES)[number]): number {
  return (role === "leader" ? ensemble.leader : ensemble.followers[0])?.port ?? 0;
}

describe.each(ROLES)("at the %s", (role) => {
  test("an own write's event comes before the write's reply", async () => {
    const { client } = await RawClient.open(portOf(role));
    const path = `/own-${role}`;
    await client.call(exists(path, true));
    const created = client.request(create(path));
    const first = await client.event();
    expect([first.type, first.path]).toEqual([EventType.created, path]);
    const reply = await client.reply();
    expect([reply.xid, reply.zxid]).toEqual([created, first.zxid]);
    await client.call(getData(path, true));
    client.request(setData(path, "x"));
    expect((await client.event()).type).toBe(EventType.dataChanged);
    await client.reply();
    await client.call(getData(path, true));
    await client.call(getChildren(path, true));
    client.request(remove(path));
    // One event, although it had a data and a child watch.
    expect(await client.event()).toMatchObject({ type: EventType.deleted, path });
    expect((await client.reply()).err).toBe(0);
  });

  test("the event of another's write comes before any reply that shows the change", async () => {
    const path = `/others-${role}`;
    const writer = await RawClient.open(portOf(role === "leader" ? "follower" : "leader"));
    const { client } = await RawClient.open(portOf(role));
    await writer.client.call(create(path, "0"));
    await client.call(sync(path));
    for (let i = 1; i <= 30; i++) {
      await client.call(getData(path, true));
      writer.client.request(setData(path, `${i}`));
      let eventZxid = 0;
      for (;;) {
        client.request(getData(path), 77);
        const reply = await client.reply();
        if (reply.xid === -1) {
          eventZxid = reply.zxid;
          await client.reply();
          break;
        }
        expect(decodeData(reply.body).data?.toString()).toBe(`${i - 1}`);
        expect(eventZxid).toBe(0);
      }
      await writer.client.reply();
    }
  });

  test("a watch fires once, and the same watch set twice fires once", async () => {
    const path = `/once-${role}`;
    const { client } = await RawClient.open(portOf(role));
    await client.call(create(path));
    await client.call(getData(path, true));
    await client.call(exists(path, true));
    client.request(setData(path, "1"), 1);
    client.request(setData(path, "2"), 2);
    expect((await client.event()).type).toBe(EventType.dataChanged);
    expect((await client.reply()).xid).toBe(1);
    expect((await client.reply()).xid).toBe(2);
  });

  test("a failed getData or getChildren leaves no watch", async () => {
    const path = `/absent-${role}`;
    const { client } = await RawClient.open(portOf(role));
    await client.call(getData(path, true));
    await client.call(getChildren(path, true));
    client.request(create(path), 1);
    expect((await client.reply()).xid).toBe(1);
  });
});

describe.each(ROLES)("persistent watches at the %s", (role) => {
  test("hear of every change of another, in order, before any reply that shows it", async () => {
    const path = `/again-${role}`;
    const writer = await RawClient.open(portOf(role === "leader" ? "follower" : "leader"));
    const { client } = await RawClient.open(portOf(role));
    await writer.client.call(create(path, "0"));
    await client.call(sync(path));
    await client.call({ type: "addWatch", path, mode: AddWatchMode.persistentRecursive });
    const written: number[] = [];
    for (let i = 1; i <= 100; i++) writer.client.request(setData(path, `${i}`));
    const heard: number[] = [];
    for (let shown = 0; shown < 100;) {
      const { zxids, reply } = await tell(client, getData(path));
      heard.push(...zxids);
      shown = Number(decodeData(reply.body).data?.toString());
      expect(heard.length).toBe(shown);
    }
    for (let i = 1; i <= 100; i++) written.push((await writer.client.reply()).zxid);
    expect(heard).toEqual(written);
  });

  test("hear of all parts of a multi before any reply that shows one of them", async () => {
    const path = `/whole-${role}`;
    const writer = await RawClient.open(portOf(role === "leader" ? "follower" : "leader"));
    const { client } = await RawClient.open(portOf(role));
    await writer.client.call(create(path, "0"));
    await client.call(sync(path));
    await client.call({ type: "addWatch", path, mode: AddWatchMode.persistentRecursive });
    const multi: Request = {
      type: "multi",
      ops: [
        { type: "setData", path, data: Buffer.from("1"), version: 0 },
        { type: "create", path: `${path}/c`, data: null, acl: OPEN_ACL, flags: 0 },
        { type: "delete", path: `${path}/c`, version: -1 },
      ],
    };
    writer.client.request(multi);
    const before: string[] = [];
    let told = await tell(client, getData(path));
    while (decodeData(told.reply.body).stat.version === 0) {
      before.push(...told.events);
      told = await tell(client, getData(path));
    }
    expect(before).toEqual([]);
    expect(told.events).toEqual([`dataChanged ${path}`, `created ${path}/c`, `deleted ${path}/c`]);
  });
});

test("setWatches2 at another server goes on with all kinds of watches, after the one before was stopped", async () => {
  const own = await startServers(3);
  try {
    const { leader, followers } = own;
    const [lost, other] = followers as [RunningServer, RunningServer];
    const { client, response } = await RawClient.open(lost.port);
    for (const path of ["/one", "/all"]) await client.call(create(path));
    await client.call({ type: "addWatch", path: "/one", mode: AddWatchMode.persistent });
    await client.call({ type: "addWatch", path: "/all", mode: AddWatchMode.persistentRecursive });
    await client.call(getData("/one", true));
    const { zxid } = await client.call(sync("/"));
    lost.stop();
    await client.closed;
    const writer = await RawClient.open(leader.port);
    const changed = await writer.client.call(setData("/one", "missed"));
    await writer.client.call(create("/all/missed"));

    const { sessionId, passwd } = response;
    const back = await RawClient.open(other.port, { sessionId, passwd, lastZxidSeen: zxid });
    expect(back.response.sessionId).toBe(sessionId);
    await back.client.call(sync("/"));
    const missed = await tell(back.client, {
      type: "setWatches2",
      relativeZxid: zxid,
      dataWatches: ["/one"],
      existWatches: ["/future"],
      childWatches: [],
      persistentWatches: ["/one"],
      persistentRecursiveWatches: ["/all"],
    });
    // Persistent watches are told nothing of the past: their client reads when it is back.
    expect(missed.events).toEqual(["dataChanged /one"]);
    expect(missed.zxids).toEqual([changed.zxid]);
    await writer.client.call(setData("/one", "seen"));
    await writer.client.call(create("/all/seen"));
    await writer.client.call(create("/future"));
    expect(await eventsOf(back.client, sync("/"))).toEqual([
      "dataChanged /one",
      "created /all/seen",
      "created /future",
    ]);
    expect(await eventsOf(back.client, create("/one/c"))).toEqual(["childrenChanged /one"]);
  } finally {
    own.stop();
  }
});

test("setWatches after a reconnect delivers what was missed, before its reply, and keeps the rest", async () => {
  const { client, response } = await RawClient.open(portOf("leader"));
  for (const path of ["/w-data", "/w-gone", "/w-parent", "/w-still"])
    await client.call(create(path));
  const { zxid } = await client.call(sync("/"));
  client.destroy();
  const writer = await RawClient.open(portOf("follower"));
  await writer.client.call(setData("/w-data", "new"));
  await writer.client.call(remove("/w-gone"));
  await writer.client.call(ephemeral("/w-parent/child"));
  const born = await writer.client.call(create("/w-born"));

  const back = await RawClient.open(portOf("follower"), {
    sessionId: response.sessionId,
    passwd: response.passwd,
    lastZxidSeen: zxid,
  });
  back.client.request(
    {
      type: "setWatches",
      relativeZxid: zxid,
      dataWatches: ["/w-data", "/w-gone", "/w-still"],
      existWatches: ["/w-born", "/w-future"],
      childWatches: ["/w-parent", "/w-still"],
    },
    -8,
  );
  const missed = [];
  for (let i = 0; i < 4; i++) missed.push(await back.client.event());
  expect(missed.map(({ type, path }) => `${type} ${path}`).sort()).toEqual([
    `${EventType.created} /w-born`,
    `${EventType.deleted} /w-gone`,
    `${EventType.dataChanged} /w-data`,
    `${EventType.childrenChanged} /w-parent`,
  ]);
  const reply = await back.client.reply();
  expect([reply.xid, reply.err]).toEqual([-8, 0]);
  expect(reply.zxid).toBeGreaterThanOrEqual(born.zxid);
  back.client.request(create("/w-future"));
  expect(await back.client.event()).toMatchObject({ type: EventType.created, path: "/w-future" });
  await back.client.reply();
  back.client.request(create("/w-still/child"));
  expect((await back.client.event()).type).toBe(EventType.childrenChanged);
});

test("watches go with their connection: the counts return to what they were", async () => {
  const { server } = ensemble.leader;
  const before = server.gauges();
  const { client } = await RawClient.open(ensemble.leader.port);
  for (let i = 0; i < 100; i++) await client.call(exists(`/not-there-${i}`, true));
  expect(server.gauges().watchCount).toBe(before.watchCount + 100);
  client.destroy();
  while (server.gauges().connectionCount > before.connectionCount)
    await new Promise((resolve) => setImmediate(resolve));
  expect(server.gauges().watchCount).toBe(before.watchCount);
});
