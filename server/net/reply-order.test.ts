import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import type { Zxid } from "../ids.ts";
import { anyFrame, RawClient, type RawReply } from "../testing/raw-client.ts";
import {
  CLOSE,
  create,
  ephemeral,
  exists,
  getChildren,
  getData,
  PING,
  remove,
  setData,
  sync,
} from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import type { JuteReader } from "../wire/jute.ts";
import { decodeMultiResults } from "../wire/multi.ts";
import { OpCode, Xid } from "../wire/opcodes.ts";
import {
  decodeChildren,
  decodeClientInfos,
  decodeData,
  decodePath,
  decodeStat,
} from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";

let ensemble: Ensemble;
beforeAll(async () => {
  // Sessions last for as long as a busy machine may need: one that ends takes a zxid.
  ensemble = await startServers(3, { config: { maxSessionTimeout: "60000" } });
});
afterAll(() => ensemble.stop());

const ROLES = ["leader", "follower"] as const;
function portOf(role: (typeof ROLES)[number]): number {
  return (role === "leader" ? ensemble.leader : ensemble.followers[0])?.port ?? 0;
}

describe.each(ROLES)("at the %s", (role) => {
  test("replies to a pipelined mix come in the order of the requests, each seeing those before", async () => {
    const { client } = await RawClient.open(portOf(role));
    const root = `/mix-${role}`;
    await client.call(create(root, "0"));
    const requests: Request[] = [];
    for (let i = 1; i <= 300; i++) {
      requests.push(setData(root, `${i}`), getData(root), PING, exists(root));
      if (i % 10 === 0) requests.push(sync(root), getChildren(root));
    }
    requests.forEach((request, index) => client.request(request, index));
    let written = 0;
    let lastZxid = 0;
    for (const [index, request] of requests.entries()) {
      const reply = await client.reply();
      const xid = request.type === "ping" ? Xid.ping : index;
      expect([reply.xid, reply.err]).toEqual([xid, ErrorCode.Ok]);
      expect(reply.zxid).toBeGreaterThanOrEqual(lastZxid);
      lastZxid = reply.zxid;
      if (request.type === "setData") written++;
      expect(shown(request, reply)).toBe(expectedOf(request, reply, written));
    }
  });

  test("a sync, and a read behind it, see nothing of what the session writes after them", async () => {
    const { client } = await RawClient.open(portOf(role));
    const path = `/later-${role}`;
    await client.call(create(path, "0"));
    const rounds = 400;
    for (let round = 1; round <= rounds; round++) {
      client.request(sync(path));
      client.request(getData(path));
      client.request(setData(path, `${round}`));
    }
    let lastZxid = 0;
    for (let round = 1; round <= rounds; round++) {
      const synced = await client.reply();
      const read = await client.reply();
      const { zxid } = await client.reply();
      expect([synced.zxid, read.zxid].every((each) => each >= lastZxid && each < zxid)).toBe(true);
      expect(decodeData(read.body).data?.toString()).toBe(`${round - 1}`);
      lastZxid = zxid;
    }
  });

  test("reads that wait between writes see those before them alone, though the client takes no replies", async () => {
    const { client } = await RawClient.open(portOf(role));
    const path = `/clogged-${role}`;
    const filler = "x".repeat(200_000);
    await client.call(create(path, `0 ${filler}`));
    client.socket.pause();
    const rounds = 60;
    for (let round = 1; round <= rounds; round++) {
      client.request(setData(path, `${round} ${filler}`));
      for (let read = 0; read < 3; read++) client.request(getData(path));
    }
    // Another session sees the first writes applied: replies that nobody takes have piled up.
    const { client: other } = await RawClient.open(portOf(role));
    for (let version = 0; version < 10;) {
      await other.call(sync(path));
      version = decodeStat((await other.call(exists(path))).body).version;
    }
    client.socket.resume();
    for (let round = 1; round <= rounds; round++) {
      const { zxid } = await client.reply();
      for (let read = 0; read < 3; read++) {
        const reply = await client.reply();
        // Sessions of other tests may end in between.
        expect(reply.zxid).toBeGreaterThanOrEqual(zxid);
        expect(decodeData(reply.body).data?.toString("latin1", 0, 3)).toBe(
          `${round} x`.slice(0, 3),
        );
      }
    }
  });

  test("any xid is echoed, the reserved ones too; only a ping is always answered as −2", async () => {
    const { client } = await RawClient.open(portOf(role));
    for (const xid of [0, -1, -2, -4, -8, 2 ** 31 - 1, -(2 ** 31), 7, 7]) {
      client.request(exists("/"), xid);
      expect((await client.reply()).xid).toBe(xid);
      client.request(sync("/"), xid);
      expect((await client.reply()).xid).toBe(xid);
      client.request(PING, xid);
      expect((await client.reply()).xid).toBe(Xid.ping);
    }
  });

  test("a failed write consumes a zxid of its own, and its reply carries it", async () => {
    const { client } = await RawClient.open(portOf(role));
    const before = await client.call(create(`/fails-${role}`));
    const failed = await client.call(create(`/fails-${role}`));
    const gone = await client.call(remove("/nowhere"));
    const after = await client.call(setData(`/fails-${role}`, "x"));
    expect([failed.err, gone.err]).toEqual([ErrorCode.NodeExists, ErrorCode.NoNode]);
    expect(failed.body.remaining).toBe(0);
    expect([failed.zxid, gone.zxid, after.zxid].map((zxid) => zxid - before.zxid)).toEqual([
      1, 2, 3,
    ]);
  });

  test("what no client may send is answered with Unimplemented in its turn, and nothing behind it", async () => {
    const others = ["notification", "check", "deleteContainer", "createSession", "error"] as const;
    const unknown = [-100, -12, -2, 10, 23, 99, 108, 127, 128, 1_000, 2 ** 31 - 1, -(2 ** 31)];
    for (const opcode of [...others.map((name) => OpCode[name]), ...unknown]) {
      const { client } = await RawClient.open(portOf(role));
      client.request(sync("/"), 1);
      client.request(setData("/", `${opcode}`), 2);
      client.send(anyFrame(3, opcode, Buffer.alloc(40)));
      client.request(setData("/", "behind it"), 4);
      client.request(exists("/"), 5);
      const replies = [await client.reply(), await client.reply(), await client.reply()];
      expect([opcode, ...replies.map(({ xid, err }) => [xid, err])]).toEqual([
        opcode,
        [1, ErrorCode.Ok],
        [2, ErrorCode.Ok],
        [3, ErrorCode.Unimplemented],
      ]);
      expect(replies[2]?.zxid).toBeGreaterThanOrEqual(replies[1]?.zxid ?? Number.NaN);
      expect(await client.frameOrEnd()).toBeNull();
      const witness = await RawClient.open(portOf(role));
      const { body } = await witness.client.call(getData("/"));
      expect(decodeData(body).data?.toString()).toBe(`${opcode}`);
      witness.client.destroy();
    }
  });

  test("behind the end of a session nothing is answered or done, not even another end", async () => {
    const { client } = await RawClient.open(portOf(role));
    await client.call(setData("/", "before"));
    client.request(exists("/"), 1);
    client.request(CLOSE, 2);
    client.request(CLOSE, 3);
    client.request(setData("/", "behind"), 4);
    client.request(exists("/"), 5);
    expect([(await client.reply()).xid, (await client.reply()).xid]).toEqual([1, 2]);
    expect(await client.frameOrEnd()).toBeNull();
    const witness = await RawClient.open(portOf(role));
    witness.client.request(sync("/"), 1);
    await witness.client.reply();
    const { body } = await witness.client.call(getData("/"));
    expect(decodeData(body).data?.toString()).toBe("before");
  });

  test("reads of every kind wait behind the session's own writes, and show them", async () => {
    const { client } = await RawClient.open(portOf(role));
    const path = `/kinds-${role}`;
    const pipeline: readonly Request[] = [
      create(path, "one"),
      { type: "multiRead", ops: [{ type: "getData", path, watch: false }] },
      ephemeral(`${path}-mine`),
      { type: "getEphemerals", path: "/" },
      create(`${path}/child`),
      { type: "getAllChildrenNumber", path },
      { type: "auth", scheme: "digest", auth: Buffer.from("amy:secret") },
      { type: "whoAmI" },
      sync(path),
      { type: "getACL", path },
      setData(path, "two"),
      { ...SET_WATCHES, existWatches: [path] },
      PING,
      { type: "sasl", token: null },
    ];
    pipeline.forEach((request, index) => client.request(request, index));
    const bodies: JuteReader[] = [];
    for (const index of pipeline.keys()) {
      const type = pipeline[index]?.type;
      // The event that setWatches finds to have been missed comes before its reply.
      const missed = type === "setWatches" ? [await client.event()] : [];
      const reply = await client.reply();
      const { xid, err } = reply;
      expect([xid, err]).toEqual([type === "ping" ? Xid.ping : index, ErrorCode.Ok]);
      expect(missed.map((event) => event.path)).toEqual(type === "setWatches" ? [path] : []);
      bodies.push(reply.body);
    }
    const [, read, , mine, , below, , me] = bodies as [JuteReader, ...JuteReader[]];
    expect(decodeMultiResults(read as JuteReader)[0]).toMatchObject({ data: Buffer.from("one") });
    expect(decodeChildren(mine as JuteReader)).toEqual([`${path}-mine`]);
    expect(below?.readInt()).toBe(1);
    expect(decodeClientInfos(me as JuteReader)).toEqual([
      { authScheme: "ip", user: "127.0.0.1" },
      { authScheme: "digest", user: "amy" },
    ]);
    await client.call(remove(`${path}/child`));
    await client.call(remove(path));
  });
});

const SET_WATCHES = {
  type: "setWatches",
  relativeZxid: 0 as Zxid,
  dataWatches: [],
  existWatches: [],
  childWatches: [],
} as const;

/** What a reply shows of the znode that is set to 1, 2, 3 … */
function shown({ type }: Request, { body }: RawReply): unknown {
  switch (type) {
    case "setData":
      return decodeStat(body).mzxid;
    case "getData":
      return decodeData(body).data?.toString();
    case "exists":
      return decodeStat(body).version;
    case "sync":
      return decodePath(body);
    default:
      return null;
  }
}
function expectedOf(request: Request, { zxid }: RawReply, written: number): unknown {
  switch (request.type) {
    case "setData":
      return zxid;
    case "getData":
      return `${written}`;
    case "exists":
      return written;
    case "sync":
      return request.path;
    default:
      return null;
  }
}

test("a session sees its own writes at a follower, and after a sync everybody's", async () => {
  const writer = await RawClient.open(portOf("leader"));
  const reader = await RawClient.open(portOf("follower"));
  await writer.client.call(create("/seen", "0"));
  for (let i = 1; i <= 50; i++) {
    await writer.client.call(setData("/seen", `${i}`));
    reader.client.request(sync("/seen"), 1);
    reader.client.request(getData("/seen"), 2);
    await reader.client.reply();
    expect(decodeData((await reader.client.reply()).body).data?.toString()).toBe(`${i}`);
  }
});
