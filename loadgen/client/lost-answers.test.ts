/** What a client says of operations, watches and sessions whose answers never come. */
import { afterEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { AddWatchMode, WatcherType } from "../../server/wire/opcodes.ts";
import { SeededRandom } from "../seeded-random.ts";
import { FakeEnsemble, FakeServer } from "../testing/fake-server.ts";
import { VirtualEnv } from "../testing/virtual-env.ts";
import { ZkClient } from "./client.ts";
import type { ClientRequest, OpResult } from "./request-op.ts";

let env: VirtualEnv;
let server: FakeServer;
let ensemble: FakeEnsemble;
let port = 0;
let told: string[] = [];
let clients: ZkClient[] = [];
afterEach(() => {
  for (const client of clients) client.abandon();
  clients = [];
});

/** A client of one fake server. */
async function start(): Promise<ZkClient> {
  env = new VirtualEnv(1);
  ensemble = new FakeEnsemble();
  server = new FakeServer(env, ensemble);
  const listening = server.listen();
  await env.run(1);
  port = await listening;
  told = [];
  return open();
}
function open(resume?: ZkClient["ticket"]): ZkClient {
  const zk = new ZkClient({
    env,
    servers: [{ id: 1, host: "127.0.0.1", port }],
    random: new SeededRandom(1),
    sessionTimeoutMs: 60_000,
    opTimeoutMs: 200,
    observer: {
      session: ({ event }) => told.push(event),
      handshake: ({ outcome }) => told.push(`handshake ${outcome}`),
    },
    ...(resume === undefined ? {} : { resume }),
  });
  clients.push(zk);
  return zk;
}

const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
const WRITES: readonly ClientRequest[] = [
  { type: "multi", ops: [{ type: "check", path: "/", version: -1 }] },
  { type: "createContainer", path: "/c", data: null, acl, flags: 4 },
  { type: "createTTL", path: "/t", data: null, acl, flags: 5, ttl: 1000n },
  { type: "setACL", path: "/", acl, version: -1 },
  {
    type: "reconfig",
    joiningServers: null,
    leavingServers: "3",
    newMembers: null,
    curConfigId: -1n,
  },
];
const WATCHES: readonly ClientRequest[] = [
  { type: "addWatch", path: "/", mode: AddWatchMode.persistent },
  { type: "removeWatches", path: "/", watcherType: WatcherType.any },
];
const READS: readonly ClientRequest[] = [
  { type: "getACL", path: "/" },
  { type: "getData", path: "/", watch: true },
];

async function settle<T>(asked: Promise<T>): Promise<T> {
  await env.run(5);
  return asked;
}

/** Asks a server that takes requests and answers none. */
async function askSilent(zk: ZkClient, requests: readonly ClientRequest[]): Promise<OpResult[]> {
  zk.connect();
  await env.run(5);
  server.silent = true;
  const asked = requests.map((request) => zk.ask(request));
  await env.run(5);
  return Promise.all(asked);
}

describe("an operation without an answer", () => {
  test.each([
    ["write", "info", WRITES],
    ["change of watches", "info", WATCHES],
    ["read", "fail", READS],
  ] as const)("that is a %s and was too slow ends %s", async (_, outcome, requests) => {
    const zk = await start();
    const ended = askSilent(zk, requests);
    await env.run(250);
    for (const result of await ended) {
      expect(result).toMatchObject({ outcome, code: ErrorCode.OperationTimeout });
    }
  });

  test.each([
    ["write", "info", WRITES],
    // The next connection does not have it: whatever it did ended with this one.
    ["change of watches", "fail", WATCHES],
    ["read", "fail", READS],
  ] as const)("that is a %s and lost its connection ends %s", async (_, outcome, requests) => {
    const zk = await start();
    const ended = askSilent(zk, requests);
    await env.run(20);
    server.dropAll();
    await env.run(20);
    for (const result of await ended) {
      expect(result).toMatchObject({ outcome, code: ErrorCode.ConnectionLoss });
    }
  });

  test("that was never sent fails, whatever it is", async () => {
    const zk = await start();
    server.close();
    zk.connect();
    const asked = Promise.all([...WRITES, ...WATCHES, ...READS].map((each) => zk.ask(each)));
    await env.run(250);
    for (const { outcome, code } of await asked) {
      expect([outcome, code]).toEqual(["fail", ErrorCode.OperationTimeout]);
    }
  });
});

test("watches are set again from the last reply on, while the session goes on from the last event", async () => {
  const zk = await start();
  zk.connect();
  const asked = Promise.all([zk.create("/a", null), zk.getData("/a", true), zk.exists("/b", true)]);
  await env.run(5);
  const [, { zxid: repliedZxid }] = await asked;
  ensemble.create("/b", null, 0, 0n as never);
  await env.run(5);
  const eventZxid = ensemble.zxid;
  server.dropAll();
  await env.run(200);
  expect(ensemble.connects.at(-1)?.lastZxidSeen).toBe(eventZxid);
  const again = ensemble.log.filter(({ request }) => request.type.startsWith("setWatches"));
  expect(again.map(({ request }) => request)).toEqual([
    {
      type: "setWatches",
      relativeZxid: repliedZxid,
      dataWatches: ["/a"],
      existWatches: [],
      childWatches: [],
    },
  ]);
  expect(eventZxid).toBeGreaterThan(repliedZxid);
});

describe("a client that leaves its session to another", () => {
  test("has to have one", async () => {
    const zk = await start();
    expect(() => zk.handOver()).toThrow(/no session/);
    zk.connect();
    await env.run(5);
    expect(zk.handOver().id).toBe(BigInt(zk.session));
  });

  test("works on until its connection ends, then never connects again", async () => {
    const zk = await start();
    zk.connect();
    await env.run(5);
    zk.handOver();
    expect((await settle(zk.exists("/"))).outcome).toBe("ok");
    server.silent = true;
    const write = zk.setData("/", null);
    await env.run(5);
    server.dropAll();
    const later = env.run(5).then(() => zk.setData("/", null));
    await env.run(5_000);
    const lost = { outcome: "info", code: ErrorCode.ConnectionLoss };
    const refused = { outcome: "fail", code: ErrorCode.SessionMoved };
    expect(await write).toMatchObject(lost);
    expect(await later).toMatchObject(refused);
    expect(told).toEqual(["handshake ok", "created", "disconnected"]);
    expect(ensemble.connects.length).toBe(1);
  });

  test("that is between servers ends at once, and what waited was not done", async () => {
    const zk = await start();
    zk.connect();
    await env.run(5);
    server.close();
    await env.run(5);
    const waiting = zk.setData("/", null);
    const ticket = zk.handOver();
    expect(zk.state).toBe("closed");
    expect(await waiting).toMatchObject({ outcome: "fail", code: ErrorCode.SessionMoved });
    void server.listen(port);
    const next = open(ticket);
    next.connect();
    await env.run(500);
    expect([next.session, next.connected]).toEqual([zk.session, true]);
  });
});

describe("a client that is abandoned", () => {
  test("says that its connection is gone", async () => {
    const zk = await start();
    zk.connect();
    await env.run(5);
    zk.abandon();
    expect(told).toEqual(["handshake ok", "created", "disconnected"]);
  });

  test("while it opens a session may leave one behind, and says so", async () => {
    const zk = await start();
    zk.connect();
    await env.run(0.3);
    expect(zk.opening).toBe(true);
    zk.abandon();
    expect(told).toEqual(["handshake lost"]);
    expect(zk.opening).toBe(false);
  });
});
