/** Every operation, as a client asks for it and as the history keeps it, against servers as they are. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { historyRecordSchema } from "../../results/history-schema.ts";
import type { OpName, OpRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { WatcherType } from "../../server/wire/opcodes.ts";
import type { Acl } from "../../server/wire/acl.ts";
import { LoadClient, type LoadClientOptions } from "../load-client.ts";
import { Recorder } from "../recorder.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget, Target } from "../targets/target.ts";
import { findZooKeeper39, ZooKeeperTarget } from "../targets/zookeeper.ts";
import { OPEN_ACL } from "./request-op.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
const found = findZooKeeper39(process.env);
const missing = typeof found === "string" ? found : null;
const TARGETS: readonly [name: string, skipped: string | null, make: () => Target][] = [
  [
    "our server",
    null,
    () =>
      new ReferenceTarget(env, {
        clientInServerLines: true,
        settings: ["reconfigEnabled=true", "skipACL=yes", "extendedTypesEnabled=true"],
      }),
  ],
  [
    `Apache ZooKeeper${missing === null ? "" : ` (skipped: ${missing})`}`,
    missing,
    () =>
      new ZooKeeperTarget(env, {
        ...(typeof found === "string" ? {} : { installation: found }),
        clientInServerLines: true,
        settings: ["reconfigEnabled=true"],
        javaFlags: ["-Xmx128m", "-Dzookeeper.skipACL=yes", "-Dzookeeper.extendedTypesEnabled=true"],
      }),
  ],
];
const DATA = Buffer.from("tag rest");
const READ_ONLY: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];

for (const [name, skipped, make] of TARGETS) {
  describe.skipIf(skipped !== null)(`against ${name}`, () => {
    let target: RunningTarget;
    let recorder: Recorder;
    let clients: LoadClient[] = [];
    /** What the first client's observer was told, in order. */
    let events: string[] = [];
    const waiting: (() => void)[] = [];

    beforeAll(async () => {
      target = await make().start();
    }, 90_000);
    afterAll(() => target.stop());
    afterEach(async () => {
      for (const client of clients) client.zk.abandon();
      clients = [];
      events = [];
    });

    async function open(options: Partial<LoadClientOptions> = {}): Promise<LoadClient> {
      if (clients.length === 0) recorder = new Recorder({ originMs: env.clock.nowMs() });
      const client = new LoadClient({
        env,
        servers: target.servers,
        random: new SeededRandom(1),
        sessionTimeoutMs: 10_000,
        number: clients.length + 1,
        workload: "test",
        recorder,
        ...options,
      });
      const told = (event: string): void => {
        if (client === clients[0]) events.push(event);
        for (const wake of waiting.splice(0)) wake();
      };
      client.observe({
        session: (change) => told(change.event),
        watch: (type, path) => told(`${type} ${path}`),
      });
      clients.push(client);
      client.zk.connect();
      await client.settled();
      return client;
    }
    /** Waits for events until the last is this one; gives all since the last call. */
    async function told(last: string): Promise<string[]> {
      while (events.at(-1) !== last) await new Promise<void>((resolve) => waiting.push(resolve));
      return events.splice(0);
    }
    function records(op: OpName): OpRecord[] {
      return recorder.records.filter(
        (record): record is OpRecord => record.kind === "op" && record.op === op,
      );
    }
    function expectValidHistory(): void {
      for (const record of recorder.records) {
        expect(historyRecordSchema.parse(record)).toEqual(record);
      }
    }

    test("a multi does all of its parts at one zxid, and the history has each", async () => {
      const client = await open();
      const made = { data: DATA, acl: OPEN_ACL };
      const result = await client.ask({
        type: "multi",
        ops: [
          { type: "create2", path: "/m", flags: 0, ...made },
          { type: "create", path: "/m/s-", flags: 3, ...made },
          { type: "createContainer", path: "/m/c", flags: 4, ...made },
          { type: "createTTL", path: "/m/t", flags: 5, ttl: 60_000n, ...made },
          { type: "setData", path: "/m", data: null, version: 0 },
          { type: "check", path: "/m", version: 1 },
          { type: "delete", path: "/m/c", version: -1 },
        ],
      });
      expect(result).toMatchObject({ outcome: "ok", code: 0 });
      const [record] = records("multi");
      const acl = "world:anyone:31";
      const value = "tag";
      const ephemeral = "/m/s-0000000000";
      expect(record).toMatchObject({ path: "", outcome: "ok", zxid: result.zxid });
      expect(record?.parts).toMatchObject([
        { type: "create", path: "/m", flags: 0, value, acl, code: 0, created: "/m" },
        { type: "create", path: "/m/s-", flags: 3, value, acl, code: 0, created: ephemeral },
        { type: "create", path: "/m/c", flags: 4, value, acl, code: 0, created: "/m/c" },
        { path: "/m/t", flags: 5, ttlMs: 60_000, value, acl, code: 0, created: "/m/t" },
        { type: "setData", path: "/m", expectedVersion: 0, value: null, code: 0 },
        { type: "check", path: "/m", expectedVersion: 1, code: 0 },
        { type: "delete", path: "/m/c", expectedVersion: -1, code: 0 },
      ]);
      expect(record?.parts?.map(({ stat }) => stat?.version)).toEqual([
        0,
        undefined,
        0,
        0,
        1,
        undefined,
        undefined,
      ]);
      const { stat } = await client.zk.exists(ephemeral);
      expect(stat?.czxid).toBe(result.zxid);
      expect(`0x${stat?.ephemeralOwner.toString(16)}`).toBe(client.zk.session);
      expectValidHistory();
    });

    test("a multi that fails changes nothing and says which part did, and why", async () => {
      const client = await open();
      const { path } = await client.zk.create("/f", DATA);
      const result = await client.ask({
        type: "multi",
        ops: [
          { type: "setData", path, data: null, version: -1 },
          { type: "check", path, version: 7 },
          { type: "delete", path, version: -1 },
        ],
      });
      expect(result).toMatchObject({ outcome: "fail", code: ErrorCode.BadVersion });
      expect(result.zxid).toBeGreaterThan(0);
      const [record] = records("multi");
      expect(record).toMatchObject({ outcome: "fail", code: ErrorCode.BadVersion });
      expect(record?.parts?.map(({ code }) => code)).toEqual([
        0,
        ErrorCode.BadVersion,
        ErrorCode.RuntimeInconsistency,
      ]);
      expect(record?.parts?.[1]).toMatchObject({ type: "check", path, expectedVersion: 7 });
      expect((await client.zk.getData(path)).stat?.version).toBe(0);
      expectValidHistory();
    });

    test("an ACL is set, read, and refused with an older version; Stats are whole", async () => {
      const client = await open();
      await client.ask({ type: "create", path: "/acl", data: DATA, acl: OPEN_ACL, flags: 0 });
      const set = { type: "setACL", path: "/acl", acl: READ_ONLY, version: 0 } as const;
      const changed = await client.ask(set);
      const refused = await client.ask(set);
      const read = await client.ask({ type: "getACL", path: "/acl" });
      expect([changed.stat?.aversion, refused.code]).toEqual([1, ErrorCode.BadVersion]);
      expect(read.acl).toEqual(READ_ONLY);
      expect(records("create")[0]).toMatchObject({ acl: "world:anyone:31", flags: 0 });
      const acl = "world:anyone:1";
      expect(records("setACL")).toMatchObject([
        { path: "/acl", acl, expectedVersion: 0, outcome: "ok", stat: { aversion: 1 } },
        { path: "/acl", acl, expectedVersion: 0, outcome: "fail" },
      ]);
      const [record] = records("getACL");
      expect(record).toMatchObject({ acl, stat: { aversion: 1, version: 0, dataLength: 8 } });
      const { ctimeMs, mtimeMs } = record?.stat ?? {};
      expect(ctimeMs).toBe(mtimeMs);
      expect(Math.abs((ctimeMs ?? 0) - env.clock.wallMs())).toBeLessThan(600_000);
      expectValidHistory();
    });

    test("containers and znodes with a time to live are created, and told as creations", async () => {
      const client = await open();
      const made = { data: DATA, acl: OPEN_ACL };
      await client.ask({ type: "createContainer", path: "/box", flags: 4, ...made });
      await client.ask({ type: "createTTL", path: "/ttl-", flags: 6, ttl: 90_000n, ...made });
      expect(records("create")).toMatchObject([
        { path: "/box", flags: 4, created: "/box", stat: { version: 0 } },
        { path: "/ttl-", flags: 6, ttlMs: 90_000, stat: { dataLength: 8 } },
      ]);
      expect(records("create")[1]?.created).toMatch(/^\/ttl-\d{10}$/);
      expect((await client.zk.createContainer("/box2", null)).outcome).toBe("ok");
      expect((await client.zk.createTtl("/ttl2", null, 90_000)).path).toBe("/ttl2");
      expectValidHistory();
    });

    test("persistent watches hear of every change, also after a move; recursive ones of all below", async () => {
      const client = await open({ firstServer: 1 });
      const writer = await open({ firstServer: 1 });
      await writer.zk.create("/p", null);
      await writer.zk.create("/r", null);
      for (const [path, mode] of [
        ["/p", 0],
        ["/r", 1],
      ] as const) {
        expect((await client.ask({ type: "addWatch", path, mode })).outcome).toBe("ok");
      }
      await client.zk.getData("/p", true);
      expect(records("addWatch").map(({ watchMode }) => watchMode)).toEqual([
        "persistent",
        "recursive",
      ]);
      const round = async (number: number): Promise<void> => {
        await writer.zk.setData("/p", DATA);
        await writer.zk.create(`/p/${number}`, null);
        await writer.zk.create(`/r/${number}`, null);
        await writer.zk.create(`/r/${number}/deep`, null);
        await writer.zk.setData(`/r/${number}/deep`, DATA);
        await writer.zk.delete(`/r/${number}/deep`);
      };
      const heard = (number: number): string[] => [
        "dataChanged /p",
        "childrenChanged /p",
        `created /r/${number}`,
        `created /r/${number}/deep`,
        `dataChanged /r/${number}/deep`,
        `deleted /r/${number}/deep`,
      ];
      await told("created");
      await round(1);
      expect(await told("deleted /r/1/deep")).toEqual(heard(1));
      for (const server of [2, 1]) {
        client.zk.moveTo(server);
        await client.zk.exists("/");
        await told("reconnected");
        // What the server is asked after setWatches2 it answers after that.
        await client.zk.sync("/");
        await round(server + 1);
        expect(await told(`deleted /r/${server + 1}/deep`)).toEqual(heard(server + 1));
      }
      expectValidHistory();
    });

    test("a watch that was removed is silent, also after a move, and cannot be removed twice", async () => {
      const client = await open({ firstServer: 1 });
      const writer = await open();
      const types = [
        ["data", "data", () => client.zk.getData("/rm", true)],
        ["children", "children", () => client.zk.getChildren("/rm", true)],
        ["persistent", "persistent", () => client.zk.addWatch("/rm", "persistent")],
        ["persistentRecursive", "recursive", () => client.zk.addWatch("/rm", "recursive")],
        ["any", "any", () => client.zk.getData("/rm", true)],
      ] as const;
      await writer.zk.create("/rm", null);
      await client.zk.sync("/");
      await told("created");
      for (const [type, kind, leave] of types) {
        expect((await leave()).outcome).toBe("ok");
        const watcherType = WatcherType[type];
        const remove = { type: "removeWatches", path: "/rm", watcherType } as const;
        expect(await client.ask(remove)).toMatchObject({ outcome: "ok", code: 0 });
        const twice = await client.ask(remove);
        expect(twice).toMatchObject({ outcome: "fail", code: ErrorCode.NoWatcher });
        expect(records("removeWatches").at(-1)).toMatchObject({ path: "/rm", watchKind: kind });
      }
      client.zk.moveTo(2);
      await client.zk.sync("/");
      await told("reconnected");
      await writer.zk.setData("/rm", DATA);
      await writer.zk.create("/rm/k", null);
      await client.zk.exists("/rm-end", true);
      await writer.zk.create("/rm-end", null);
      expect(await told("created /rm-end")).toEqual(["created /rm-end"]);
      expectValidHistory();
    });

    test("who hands the session over ends with the old connection, and the other goes on", async () => {
      const first = await open({ firstServer: 1 });
      const { session } = first.zk;
      await first.zk.create("/mine", null, 1);
      // A server that does not know yet what the session has seen would send it away.
      const other = await open({ firstServer: 2 });
      await other.zk.sync("/");
      events.length = 0;
      const second = await open({ firstServer: 2, resume: first.handOver() });
      expect([second.zk.session, second.zk.server]).toEqual([session, 2]);
      // Ours closes the old connection at once, ZooKeeper when it is asked for a write on it.
      const ends: [string, number][] = [];
      while (first.zk.state !== "closed") {
        const write = { type: "setData", path: "/mine", data: null, version: 99 } as const;
        const { outcome, code } = await first.ask(write);
        ends.push([outcome, code]);
      }
      expect([["info", ErrorCode.ConnectionLoss], undefined]).toContainEqual(ends.at(-1));
      expect(events).toEqual(["disconnected"]);
      expect(await first.ask({ type: "sync", path: "/" })).toMatchObject({
        outcome: "fail",
        code: ErrorCode.SessionMoved,
      });
      expect((await second.zk.exists("/mine")).outcome).toBe("ok");
      expect(second.zk.server).toBe(2);
      expect((await second.zk.setData("/mine", DATA)).outcome).toBe("ok");
      await second.close();
      await other.zk.sync("/");
      expect((await other.zk.exists("/mine")).code).toBe(ErrorCode.NoNode);
      expectValidHistory();
    });

    test("a session that is handed over at the same server leaves its old connection there", async () => {
      const first = await open({ firstServer: 1 });
      const second = await open({ firstServer: 1, resume: first.handOver() });
      expect(await told("disconnected")).toEqual(["created", "disconnected"]);
      expect([first.zk.state, second.zk.state]).toEqual(["closed", "connected"]);
      expect((await second.zk.sync("/")).outcome).toBe("ok");
    });

    test("who it is, is shown to each server before anything else", async () => {
      const client = await open({ firstServer: 1 });
      expect(await client.zk.addAuth("digest", Buffer.from("ann:pw"))).toBe(ErrorCode.Ok);
      const users = async (): Promise<string[]> => {
        const { identities } = await client.zk.whoAmI();
        return (identities ?? []).map(({ authScheme, user }) => `${authScheme} ${user}`).sort();
      };
      expect(await users()).toEqual(["digest ann", "ip 127.0.0.1"]);
      for (const server of [2, 3]) {
        client.zk.moveTo(server);
        expect(await users()).toEqual(["digest ann", "ip 127.0.0.1"]);
        expect(client.zk.server).toBe(server);
      }
      const { path } = await client.zk.create("/who", null);
      const acl = [{ perms: 31, scheme: "auth", id: "" }];
      expect((await client.zk.setACL(path, acl)).outcome).toBe("ok");
      expect((await client.zk.getACL(path)).acl?.map(({ scheme, id }) => [scheme, id])).toEqual([
        ["digest", expect.stringMatching(/^ann:.{28}$/)],
      ]);
    });

    test("a credential that is refused is forgotten, and the session goes on", async () => {
      const client = await open();
      const { session } = client.zk;
      const [known, refused] = await Promise.all([
        client.zk.addAuth("digest", Buffer.from("ann:pw")),
        client.zk.addAuth("nonsense", null),
      ]);
      expect([known, refused]).toEqual([ErrorCode.Ok, ErrorCode.AuthFailed]);
      await told("reconnected");
      expect((await client.zk.whoAmI()).identities).toContainEqual({
        authScheme: "digest",
        user: "ann",
      });
      expect(client.zk.session).toBe(session);
      await client.close();
      expect(await client.zk.addAuth("digest", null)).toBe(ErrorCode.SessionExpired);
    });

    test("ephemerals of the session by prefix, and the number of all znodes below one", async () => {
      const client = await open();
      const other = await open();
      await client.zk.create("/below", null);
      await client.zk.create("/below/a", null, 1);
      await client.zk.create("/below/b", null);
      await client.zk.create("/below/b/c", null, 1);
      await other.zk.sync("/");
      await other.zk.create("/below/theirs", null, 1);
      await client.zk.sync("/");
      const paths = async (prefix: string): Promise<string[] | undefined> =>
        (await client.zk.getEphemerals(prefix)).children?.toSorted();
      expect(await paths("/")).toEqual(["/below/a", "/below/b/c"]);
      expect(await paths("/below/b")).toEqual(["/below/b/c"]);
      expect(await paths("/elsewhere")).toEqual([]);
      expect(await client.zk.getAllChildrenNumber("/below")).toMatchObject({
        outcome: "ok",
        count: 4,
      });
      expect(await client.zk.getAllChildrenNumber("/none")).toMatchObject({
        outcome: "fail",
        code: ErrorCode.NoNode,
        count: 0,
      });
    });

    // The last: the ensemble is smaller afterwards.
    test("a reconfiguration takes a server away, and is answered with the new configuration", async () => {
      const leader = await target.leader();
      const leaving = leader === 3 ? "2" : "3";
      const staying = target.servers.filter(({ id }) => `${id}` !== leaving);
      const client = await open({ servers: staying });
      const before = await client.zk.getData("/zookeeper/config");
      const refused = await client.zk.reconfig({ leavingServers: leaving }, 1);
      expect(refused).toMatchObject({ outcome: "fail", code: ErrorCode.BadVersion });
      const result = await client.ask({
        type: "reconfig",
        joiningServers: null,
        leavingServers: leaving,
        newMembers: null,
        curConfigId: -1n,
      });
      expect(result).toMatchObject({ outcome: "ok", stat: { mzxid: result.zxid } });
      expect(result.data?.toString()).not.toMatch(new RegExp(`^server.${leaving}=`, "m"));
      const { dataLength } = result.stat ?? {};
      expect(records("reconfig")).toMatchObject([
        { path: "", value: "server.1=127.0.0", outcome: "ok", stat: { dataLength } },
      ]);
      await client.settled();
      await client.zk.sync("/");
      const after = await client.zk.getData("/zookeeper/config");
      expect(after.data).toEqual(result.data);
      expect(after.stat?.mzxid).toBeGreaterThan(before.stat?.mzxid ?? 0);
      expectValidHistory();
    });
  });
}
