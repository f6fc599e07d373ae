import { afterEach, describe, expect, test } from "vitest";
import fc from "fast-check";
import { ErrorCode, type Outcome } from "../../server/errors.ts";
import type { JuteWriter } from "../../server/wire/jute.ts";
import { encodeRequest } from "../../server/wire/requests.ts";
import { SeededRandom } from "../seeded-random.ts";
import { FakeEnsemble, FakeServer } from "../testing/fake-server.ts";
import { VirtualEnv } from "../testing/virtual-env.ts";
import type { ClientOptions } from "./client-options.ts";
import { ZkClient } from "./client.ts";
import { Op } from "./op.ts";

const TEXT = Buffer.from("text");

interface World {
  env: VirtualEnv;
  ensemble: FakeEnsemble;
  servers: FakeServer[];
  ports: number[];
  events: string[];
  client: (options?: Partial<ClientOptions>) => ZkClient;
}

let clients: ZkClient[] = [];
afterEach(() => {
  for (const client of clients) client.abandon();
  clients = [];
});

async function world(serverCount: number, seed = 1): Promise<World> {
  const env = new VirtualEnv(seed);
  const ensemble = new FakeEnsemble();
  const servers = Array.from({ length: serverCount }, () => new FakeServer(env, ensemble));
  const ports: number[] = [];
  for (const server of servers) {
    const port = server.listen();
    await env.run(1);
    ports.push(await port);
  }
  const events: string[] = [];
  const client = (options: Partial<ClientOptions> = {}): ZkClient => {
    const made = new ZkClient({
      env,
      servers: ports.map((port, index) => ({ id: index + 1, host: "127.0.0.1", port })),
      random: new SeededRandom(seed),
      sessionTimeoutMs: 6000,
      observer: {
        session: (change) => events.push(change.event),
        watch: (type, path) => events.push(`${type} ${path}`),
      },
      ...options,
    });
    clients.push(made);
    return made;
  };
  return { env, ensemble, servers, ports, events, client };
}

/** Runs the world until the promise is settled. */
async function settle<T>(env: VirtualEnv, promise: Promise<T>, withinMs = 1000): Promise<T> {
  let settled = false;
  const mark = (): void => void (settled = true);
  promise.then(mark, mark);
  for (let ms = 0; ms < withinMs && !settled; ms++) await env.run(1);
  if (!settled) throw new Error(`not settled within ${withinMs} ms`);
  return promise;
}

describe("a client", () => {
  test("writes, reads back, lists, and closes its session", async () => {
    const { env, client, events, ensemble } = await world(1);
    const zk = client();
    zk.connect();
    expect(await settle(env, zk.create("/a", TEXT))).toMatchObject({ outcome: "ok", path: "/a" });
    const read = await settle(env, zk.getData("/a"));
    expect(read.data?.toString()).toBe("text");
    expect(read.stat?.version).toBe(0);
    expect((await settle(env, zk.getChildren("/"))).children).toEqual(["a"]);
    expect(await settle(env, zk.delete("/b"))).toMatchObject({
      outcome: "fail",
      code: ErrorCode.NoNode,
    });
    expect((await settle(env, zk.close())).outcome).toBe("ok");
    expect(ensemble.sessions.size).toBe(0);
    expect(events).toEqual(["created", "closed"]);
    expect((await settle(env, zk.getData("/a"))).code).toBe(ErrorCode.SessionExpired);
  });

  test("takes its session to another server when the connection breaks", async () => {
    const { env, client, events, servers } = await world(3);
    const zk = client();
    zk.connect();
    await settle(env, zk.create("/a", null));
    const { session, server } = zk;
    servers[server - 1]?.close();
    await env.run(500);
    expect(zk.session).toBe(session);
    expect(zk.server).not.toBe(server);
    expect(events).toEqual(["created", "disconnected", "reconnected"]);
  });

  test("shows the next server its session, its password and the last zxid it has seen", async () => {
    const { env, client, ensemble, servers } = await world(2);
    const zk = client();
    zk.connect();
    await settle(env, zk.create("/a", null));
    ensemble.create("/b", null, 0, 0n as never);
    await settle(env, zk.exists("/a"));
    const seen = ensemble.zxid;
    ensemble.create("/c", null, 0, 0n as never);
    servers[zk.server - 1]?.dropAll();
    await env.run(300);
    const [first, second] = ensemble.connects;
    expect(first).toMatchObject({ sessionId: 0n, lastZxidSeen: 0, timeOut: 6000 });
    expect(second).toMatchObject({ sessionId: BigInt(zk.session), lastZxidSeen: seen });
    expect(second?.passwd).toEqual(Buffer.alloc(16, 7));
  });

  test("ends what was in flight when the connection breaks: writes info, reads fail", async () => {
    const { env, client, servers } = await world(1);
    const zk = client();
    zk.connect();
    await settle(env, zk.exists("/"));
    const server = servers[0] as FakeServer;
    server.silent = true;
    const write = zk.setData("/", null);
    const read = zk.getData("/");
    await env.run(5);
    server.dropAll();
    const lost = { code: ErrorCode.ConnectionLoss, zxid: -1 };
    expect(await settle(env, write)).toMatchObject({ outcome: "info", ...lost });
    expect(await settle(env, read)).toMatchObject({ outcome: "fail", ...lost });
  });

  test("keeps operations that were asked without a connection and sends them in order", async () => {
    const { env, client, servers, ports, ensemble } = await world(1);
    const zk = client();
    servers[0]?.close();
    zk.connect();
    const asked = [zk.create("/a", null), zk.create("/a/b", null), zk.getChildren("/a")];
    await env.run(300);
    void servers[0]?.listen(ports[0]);
    const [, , children] = await settle(env, Promise.all(asked));
    expect(children?.children).toEqual(["b"]);
    const xids = ensemble.log.map((entry) => entry.xid);
    expect(xids).toEqual([1, 2, 3]);
  });

  test("fails, definitely, an operation that could not be sent in time", async () => {
    const { env, client, servers } = await world(1);
    servers[0]?.close();
    const zk = client({ opTimeoutMs: 200 });
    zk.connect();
    const result = await settle(env, zk.create("/a", null));
    expect(result).toMatchObject({ outcome: "fail", code: ErrorCode.OperationTimeout });
  });

  test("calls a write that was sent and never answered info, and survives the late reply", async () => {
    const { env, client, servers } = await world(1);
    const zk = client({ opTimeoutMs: 200 });
    zk.connect();
    await settle(env, zk.exists("/"));
    const server = servers[0] as FakeServer;
    server.silent = true;
    const result = await settle(env, zk.create("/a", null));
    expect(result).toMatchObject({ outcome: "info", code: ErrorCode.OperationTimeout });
    server.silent = false;
    expect((await settle(env, zk.exists("/a"))).outcome).toBe("ok");
  });

  test("refuses operations above its limit at once and definitely", async () => {
    const { env, client } = await world(1);
    const zk = client({ queueLimit: 2 });
    const asked = [zk.exists("/"), zk.exists("/"), zk.exists("/")];
    const refused = await settle(env, asked[2] as Promise<{ code: number; outcome: Outcome }>);
    expect(refused).toMatchObject({ outcome: "fail", code: ErrorCode.ThrottledOp });
  });

  test("gives up a server that has gone silent after two thirds of the timeout", async () => {
    const { env, client, servers, events } = await world(2);
    const zk = client({ firstServer: 1 });
    zk.connect();
    await settle(env, zk.exists("/"));
    (servers[0] as FakeServer).silent = true;
    await env.run(3900);
    expect(events).toEqual(["created"]);
    await env.run(300);
    expect(events).toEqual(["created", "disconnected", "reconnected"]);
    expect(zk.server).toBe(2);
  });

  test("pings while idle, so that a healthy connection stays", async () => {
    const { env, client, ensemble, events } = await world(1);
    client().connect();
    await env.run(30_000);
    expect(events).toEqual(["created"]);
    const pings = ensemble.log.filter((entry) => entry.request.type === "ping").length;
    expect(pings).toBeGreaterThanOrEqual(14);
    expect(pings).toBeLessThanOrEqual(16);
  });

  test("leaves a server that swallows its connection attempt after a bounded time", async () => {
    const { env, client, ports } = await world(2);
    env.blackHoles.add(ports[0] as number);
    const zk = client({ firstServer: 1, sessionTimeoutMs: 400 });
    zk.connect();
    await env.run(260);
    expect(zk.server).toBe(2);
  });

  test("is told of its expired session, fails what waits, and opens a new one if asked to", async () => {
    const { env, client, ensemble, events } = await world(1);
    const zk = client({ renewSession: true });
    zk.connect();
    await settle(env, zk.exists("/"));
    const { session } = zk;
    ensemble.endSession(BigInt(session) as never);
    await env.run(1);
    const waiting = zk.exists("/");
    expect(await settle(env, waiting)).toMatchObject({
      outcome: "fail",
      code: ErrorCode.SessionExpired,
    });
    await env.run(100);
    expect(events).toEqual(["created", "disconnected", "expired", "created"]);
    expect(zk.session).not.toBe(session);
    expect((await settle(env, zk.exists("/"))).outcome).toBe("ok");
  });

  test("sets its watches again on a reconnect, and hears of what it missed", async () => {
    const { env, client, ensemble, servers, events } = await world(2);
    const zk = client();
    zk.connect();
    await settle(env, zk.create("/a", TEXT));
    await settle(env, zk.getData("/a", true));
    await settle(env, zk.exists("/b", true));
    servers[zk.server - 1]?.dropAll();
    ensemble.setData("/a", TEXT);
    await env.run(300);
    ensemble.create("/b", null, 0, 0n as never);
    ensemble.setData("/a", TEXT);
    await env.run(10);
    expect(events).toEqual([
      "created",
      "disconnected",
      "reconnected",
      "dataChanged /a",
      "created /b",
    ]);
  });

  test("ends the connection when a reply has another xid than the oldest request", async () => {
    const { env, client, servers, events } = await world(1);
    const zk = client();
    zk.connect();
    await settle(env, zk.exists("/"));
    (servers[0] as FakeServer).xidShift = 1;
    const result = await settle(env, zk.setData("/", null));
    expect(result).toMatchObject({ outcome: "info", code: ErrorCode.ConnectionLoss });
    expect(events.slice(0, 2)).toEqual(["created", "disconnected"]);
  });

  test("moves the same session to the server it is told to", async () => {
    const { env, client } = await world(3);
    const zk = client({ firstServer: 1 });
    zk.connect();
    await settle(env, zk.exists("/"));
    const { session } = zk;
    for (const server of [3, 2, 3, 1]) {
      zk.moveTo(server);
      await env.run(50);
      expect([zk.server, zk.session]).toEqual([server, session]);
    }
  });
});

test("a client that is closed while its session is being opened closes that session", async () => {
  const { env, client, ensemble } = await world(1);
  const zk = client();
  zk.connect();
  await env.run(0.3);
  expect(zk.opening).toBe(true);
  expect((await settle(env, zk.close())).outcome).toBe("ok");
  expect([ensemble.nextSession, ensemble.sessions.size]).toEqual([0x1001n, 0]);
});

test("a client that is closed before it found a server ends at once", async () => {
  const { env, client, servers } = await world(1);
  servers[0]?.close();
  const zk = client();
  zk.connect();
  const waiting = zk.exists("/");
  expect((await settle(env, zk.close(), 5)).outcome).toBe("fail");
  expect((await settle(env, waiting)).outcome).toBe("fail");
  expect(zk.state).toBe("closed");
});

class CountingOp extends Op {
  ends = 0;
  outcome: Outcome | null = null;
  readonly isWrite: boolean;

  constructor(isWrite: boolean) {
    super();
    this.isWrite = isWrite;
  }
  override encode(writer: JuteWriter, xid: number): void {
    if (this.isWrite)
      encodeRequest(writer, xid, { type: "setData", path: "/", data: null, version: -1 });
    else encodeRequest(writer, xid, { type: "exists", path: "/", watch: false });
  }
  override done(outcome: Outcome): void {
    this.ends++;
    this.outcome = outcome;
  }
}

type Step =
  | { kind: "ask"; write: boolean; count: number }
  | { kind: "drop" | "silence" | "speak" | "expire" | "move" | "stop" | "restart"; server: number }
  | { kind: "wait"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      write: fc.boolean(),
      count: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "drop" as const,
        "silence" as const,
        "speak" as const,
        "expire" as const,
        "move" as const,
        "stop" as const,
        "restart" as const,
      ),
      server: fc.integer({ min: 0, max: 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.integer({ min: 0, max: 3000 }),
    }),
  },
);

const ending = fc.constantFrom("close", "abandon", "handOver");

test("every operation ends exactly once, whatever happens to connections and sessions", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer(),
      ending,
      async (steps, seed, end) => {
        const { env, client, servers, ports, ensemble } = await world(2, seed);
        const zk = client({ renewSession: true, opTimeoutMs: 2000, queueLimit: 300 });
        zk.connect();
        const ops: CountingOp[] = [];
        for (const each of steps) {
          if (each.kind === "wait") await env.run(each.ms);
          else if (each.kind === "ask") {
            for (let index = 0; index < each.count; index++) {
              const op = new CountingOp(each.write);
              ops.push(op);
              zk.submit(op);
            }
          } else {
            const server = servers[each.server] as FakeServer;
            if (each.kind === "drop") server.dropAll();
            else if (each.kind === "silence") server.silent = true;
            else if (each.kind === "speak") server.silent = false;
            else if (each.kind === "move") zk.moveTo(each.server + 1);
            else if (each.kind === "stop") server.close();
            else if (each.kind === "restart") void server.listen(ports[each.server]);
            else if (zk.session !== "0x0") ensemble.endSession(BigInt(zk.session) as never);
          }
        }
        if (end === "abandon") zk.abandon();
        if (end === "handOver" && zk.session !== "0x0") {
          zk.handOver();
          for (const server of servers) server.dropAll();
        }
        const closed = zk.close();
        await env.run(10_000);
        await closed;
        expect(zk.state).toBe("closed");
        expect(ops.filter((op) => op.ends !== 1)).toEqual([]);
        expect(ops.filter((op) => op.outcome === "info" && !op.isWrite)).toEqual([]);
        const applied = ensemble.log.filter((entry) => entry.request.type === "setData").length;
        const sure = ops.filter((op) => op.isWrite && op.outcome === "ok").length;
        const unsure = ops.filter((op) => op.isWrite && op.outcome === "info").length;
        expect(applied).toBeGreaterThanOrEqual(sure);
        expect(applied).toBeLessThanOrEqual(sure + unsure);
      },
    ),
    { numRuns: 150 },
  );
});
