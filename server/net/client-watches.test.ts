/** Expectations are what Apache ZooKeeper 3.9.5 answers to the same requests, unless a test says otherwise. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import type { Zxid } from "../ids.ts";
import { RawClient } from "../testing/raw-client.ts";
import { create, exists, getChildren, getData, remove, setData } from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import { eventsOf, tell } from "../testing/told.ts";
import { AddWatchMode, CreateFlag, WatcherType } from "../wire/opcodes.ts";
import type { MultiOp, Request } from "../wire/request-types.ts";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(1);
});
afterAll(() => ensemble.stop());

let count = 0;
/** A path of the test's own. */
let path = "";
beforeEach(async () => {
  path = `/t${++count}`;
  ({ client } = await RawClient.open(ensemble.leader.port));
  return () => client.destroy();
});

const { persistent, persistentRecursive } = AddWatchMode;
const TYPES = Object.values(WatcherType);

function addWatch(at: string, mode: number): Request {
  return { type: "addWatch", path: at, mode };
}
function removeWatches(at: string, watcherType: number): Request {
  return { type: "removeWatches", path: at, watcherType };
}
function checkWatches(at: string, watcherType: number): Request {
  return { type: "checkWatches", path: at, watcherType };
}
async function errorOf(request: Request): Promise<number> {
  return (await client.call(request)).err;
}
/** The types that checkWatches finds on the path. */
async function found(at = path): Promise<WatcherType[]> {
  const types: WatcherType[] = [];
  for (const type of TYPES) if ((await errorOf(checkWatches(at, type))) === 0) types.push(type);
  return types;
}

describe("addWatch", () => {
  test("is answered with an error record that says that there is none, znode or not", async () => {
    for (const mode of [persistent, persistentRecursive]) {
      const { err, body } = await client.call(addWatch(path, mode));
      expect([err, body.readInt(), body.remaining]).toEqual([0, 0, 0]);
    }
  });

  test("persistent: hears of its znode and of its children, again and again", async () => {
    await client.call(addWatch(path, persistent));
    const changes: [Request, string[]][] = [
      [create(path), [`created ${path}`]],
      [setData(path, "1"), [`dataChanged ${path}`]],
      [setData(path, "2"), [`dataChanged ${path}`]],
      [create(`${path}/c`), [`childrenChanged ${path}`]],
      [setData(`${path}/c`, "1"), []],
      [create(`${path}/c/d`), []],
      [remove(`${path}/c/d`), []],
      [remove(`${path}/c`), [`childrenChanged ${path}`]],
      [remove(path), [`deleted ${path}`]],
      [create(path), [`created ${path}`]],
    ];
    for (const [request, events] of changes) {
      const told = await tell(client, request);
      expect(told.events).toEqual(events);
      for (const zxid of told.zxids) expect(zxid).toBe(told.reply.zxid);
    }
  });

  test("recursive: hears of everything at and below its znode but of sets of children", async () => {
    await client.call(addWatch(path, persistentRecursive));
    const changes: [Request, string[]][] = [
      [create(path), [`created ${path}`]],
      [create(`${path}/c`), [`created ${path}/c`]],
      [setData(`${path}/c`, "1"), [`dataChanged ${path}/c`]],
      [create(`${path}/c/d`), [`created ${path}/c/d`]],
      [create(`${path}x`), []],
      [remove(`${path}/c/d`), [`deleted ${path}/c/d`]],
      [remove(`${path}/c`), [`deleted ${path}/c`]],
      [remove(path), [`deleted ${path}`]],
    ];
    for (const [request, events] of changes)
      expect(await eventsOf(client, request)).toEqual(events);
  });

  test("fires for each part of a multi, all with its zxid and before its reply", async () => {
    await client.call(create(path));
    await client.call(addWatch(path, persistentRecursive));
    const told = await tell(client, {
      type: "multi",
      ops: [create(`${path}/m`), setData(`${path}/m`, "1"), remove(`${path}/m`)].map(asMultiOp),
    });
    expect(told.events).toEqual([
      `created ${path}/m`,
      `dataChanged ${path}/m`,
      `deleted ${path}/m`,
    ]);
    expect(new Set(told.zxids)).toEqual(new Set([told.reply.zxid]));
  });

  test("all kinds on one path: one event each, and the one-time ones go", async () => {
    await client.call(create(path));
    await client.call(create(`${path}/c`));
    for (const mode of [persistent, persistentRecursive]) await client.call(addWatch(path, mode));
    await client.call(getData(path, true));
    await client.call(getChildren(path, true));
    await client.call(getChildren(`${path}/c`, true));
    expect(await found()).toEqual(TYPES);
    expect(await eventsOf(client, setData(path, "1"))).toEqual([`dataChanged ${path}`]);
    expect(await errorOf(checkWatches(path, WatcherType.data))).toBe(ErrorCode.NoWatcher);
    expect(await eventsOf(client, remove(`${path}/c`))).toEqual([
      `deleted ${path}/c`,
      `childrenChanged ${path}`,
    ]);
    expect(await found(`${path}/c`)).toEqual([]);
    expect(await found()).toEqual([
      WatcherType.any,
      WatcherType.persistent,
      WatcherType.persistentRecursive,
    ]);
  });

  test.each([2, -1, 99])("mode %i is no mode: MarshallingError, and no watch", async (mode) => {
    const before = ensemble.leader.server.gauges().watchCount;
    expect(await errorOf(addWatch(path, mode))).toBe(ErrorCode.MarshallingError);
    expect(ensemble.leader.server.gauges().watchCount).toBe(before);
    expect(await errorOf(exists("/"))).toBe(0);
  });
});

describe("checkWatches and removeWatches", () => {
  test("a persistent watch is neither a data nor a child watch", async () => {
    await client.call(addWatch(path, persistent));
    expect(await found()).toEqual([WatcherType.any, WatcherType.persistent]);
    for (const type of [WatcherType.data, WatcherType.children, WatcherType.persistentRecursive]) {
      expect(await errorOf(removeWatches(path, type))).toBe(ErrorCode.NoWatcher);
    }
    expect(await errorOf(removeWatches(path, WatcherType.persistent))).toBe(0);
    expect(await errorOf(removeWatches(path, WatcherType.persistent))).toBe(ErrorCode.NoWatcher);
    expect(await eventsOf(client, create(path))).toEqual([]);
  });

  test("each type removes its own; any removes what is left", async () => {
    await client.call(create(path));
    await client.call(getData(path, true));
    await client.call(getChildren(path, true));
    await client.call(addWatch(path, persistentRecursive));
    expect(await errorOf(removeWatches(path, WatcherType.data))).toBe(0);
    expect(await eventsOf(client, setData(path, "1"))).toEqual([`dataChanged ${path}`]);
    expect(await errorOf(removeWatches(path, WatcherType.any))).toBe(0);
    expect(await found()).toEqual([]);
    expect(await eventsOf(client, remove(path))).toEqual([]);
  });

  test("those of another session are not this one's", async () => {
    const other = await RawClient.open(ensemble.leader.port);
    await other.client.call(exists(path, true));
    expect(await found()).toEqual([]);
    expect(await errorOf(removeWatches(path, WatcherType.any))).toBe(ErrorCode.NoWatcher);
    await client.call(create(path));
    expect((await other.client.event()).path).toBe(path);
    other.client.destroy();
  });

  test.each([0, 6, -1])("type %i is no type: MarshallingError", async (type) => {
    expect(await errorOf(checkWatches(path, type))).toBe(ErrorCode.MarshallingError);
    expect(await errorOf(removeWatches(path, type))).toBe(ErrorCode.MarshallingError);
    expect(await errorOf(exists("/"))).toBe(0);
  });
});

describe("setWatches2", () => {
  function setWatches2(lists: Partial<Request & { readonly type: "setWatches2" }>): Request {
    return {
      type: "setWatches2",
      relativeZxid: 0 as Zxid,
      dataWatches: [],
      existWatches: [],
      childWatches: [],
      persistentWatches: [],
      persistentRecursiveWatches: [],
      ...lists,
    };
  }

  test("tells of one-time watches what was missed, in the order of the lists, and then replies", async () => {
    await client.call(create(path));
    const child = await client.call(create(`${path}/c`));
    const told = await tell(
      client,
      setWatches2({
        dataWatches: [path, `${path}/gone`],
        existWatches: [`${path}/c`, `${path}/future`],
        childWatches: [path, `${path}/gone`],
      }),
    );
    // ZooKeeper tells of /gone twice, and of no event its zxid.
    expect(told.events).toEqual([
      `dataChanged ${path}`,
      `deleted ${path}/gone`,
      `created ${path}/c`,
      `childrenChanged ${path}`,
    ]);
    expect(told.zxids).toEqual([child.zxid - 1, -1, child.zxid, child.zxid]);
    expect(await found(`${path}/future`)).toEqual([WatcherType.data, WatcherType.any]);
    expect(await found()).toEqual([]);
  });

  test("registers persistent watches without a word about the past", async () => {
    await client.call(create(path));
    const lists = { persistentWatches: [path], persistentRecursiveWatches: [`${path}/c`] };
    const told = await tell(client, setWatches2(lists));
    expect([told.events, told.reply.err, told.reply.body.remaining]).toEqual([[], 0, 0]);
    expect(await found()).toEqual([WatcherType.any, WatcherType.persistent]);
    expect(await eventsOf(client, create(`${path}/c`))).toEqual([
      `created ${path}/c`,
      `childrenChanged ${path}`,
    ]);
  });

  test("takes as many paths as a frame holds, and others are served meanwhile", async () => {
    const paths = Array.from({ length: 90_000 }, (_, i) => `/n${i}`);
    const others = await RawClient.open(ensemble.leader.port);
    const before = ensemble.leader.server.gauges().watchCount;
    client.request(setWatches2({ existWatches: paths }), -8);
    expect((await others.client.ping()).err).toBe(0);
    expect((await client.reply()).err).toBe(0);
    expect(ensemble.leader.server.gauges().watchCount).toBe(before + paths.length);
    client.request(setWatches2({ dataWatches: paths }), -8);
    const told: string[] = [];
    while (told.length < paths.length) told.push((await client.event()).path);
    expect(told).toEqual(paths);
    expect((await client.reply()).err).toBe(0);
    others.client.destroy();
  });
});

describe("a znode that may not be read", () => {
  const unreadable = [{ perms: 31 & ~1, scheme: "world", id: "anyone" }];

  test("uses one-time watches up and fires no event, also none that was missed", async () => {
    const { client: other } = await RawClient.open(ensemble.leader.port);
    await other.call(exists(path, true));
    await client.call(addWatch(path, persistentRecursive));
    const secret = { type: "create", path, data: null, acl: unreadable } as const;
    expect(await eventsOf(client, { ...secret, flags: CreateFlag.persistent })).toEqual([]);
    expect(await eventsOf(client, setData(path, "1"))).toEqual([]);
    // Its children say themselves who may read them.
    expect(await eventsOf(client, create(`${path}/c`))).toEqual([`created ${path}/c`]);
    expect(await eventsOf(other, checkWatches(path, WatcherType.any))).toEqual([]);
    expect((await other.call(checkWatches(path, WatcherType.any))).err).toBe(ErrorCode.NoWatcher);
    // ZooKeeper does not look at permissions here.
    const { events } = await tell(other, {
      type: "setWatches",
      relativeZxid: 0 as Zxid,
      dataWatches: [path],
      existWatches: [path],
      childWatches: [path],
    });
    expect(events).toEqual([]);
    other.destroy();
  });
});

test("with skipACL everybody may read, and so is told of everything", async () => {
  const open = await startServers(1, { config: { skipACL: "yes" } });
  try {
    const session = await RawClient.open(open.leader.port);
    await session.client.call(addWatch("/", persistentRecursive));
    const acl = [{ perms: 31 & ~1, scheme: "world", id: "anyone" }];
    const secret = { type: "create", path: "/secret", data: null, acl, flags: 0 } as const;
    expect(await eventsOf(session.client, secret)).toEqual(["created /secret"]);
    expect(await eventsOf(session.client, setData("/secret", "1"))).toEqual([
      "dataChanged /secret",
    ]);
  } finally {
    open.stop();
  }
});

function asMultiOp(request: Request): MultiOp {
  if (request.type === "create" || request.type === "setData" || request.type === "delete") {
    return request;
  }
  throw new Error(`${request.type} is no part of a multi here`);
}
