import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import { anyFrame, RawClient, type RawReply } from "../testing/raw-client.ts";
import {
  create,
  exists,
  getChildren,
  getData,
  PING,
  remove,
  setData,
  sync,
} from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import { OpCode, Xid } from "../wire/opcodes.ts";
import { decodeData, decodePath, decodeStat } from "../wire/replies.ts";
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

  test("every other opcode is answered with Unimplemented, in its turn, and the connection goes on", async () => {
    const { client } = await RawClient.open(portOf(role));
    const supported: ReadonlySet<number> = new Set(
      ["create", "create2", "delete", "exists", "getData", "setData", "getChildren", "sync"]
        .concat(["ping", "getChildren2", "setWatches", "setWatches2", "closeSession"])
        .map((name) => OpCode[name as keyof typeof OpCode]),
    );
    const others = Object.values(OpCode).filter((opcode) => !supported.has(opcode));
    const unknown = [-100, -12, 10, 23, 99, 108, 1_000, 2 ** 31 - 1, -(2 ** 31)];
    for (const opcode of [...others, ...unknown]) {
      const xid = opcode === OpCode.auth ? -4 : 5;
      client.request(setData("/", "x"), 1);
      client.send(anyFrame(xid, opcode, Buffer.alloc(40)));
      client.request(exists("/"), 6);
      expect((await client.reply()).err).toBe(ErrorCode.Ok);
      const reply = await client.reply();
      expect([opcode, reply.xid, reply.err]).toEqual([opcode, xid, ErrorCode.Unimplemented]);
      expect((await client.reply()).xid).toBe(6);
    }
    client.request(PING, Xid.ping);
    expect((await client.reply()).err).toBe(ErrorCode.Ok);
  });
});

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
