import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorCode } from "./errors.ts";
import { RawClient, requestFrame } from "./testing/raw-client.ts";
import { create, exists, getData, OPEN_ACL, remove, setData, sync } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { decodeMultiResults, type MultiResult } from "./wire/multi.ts";
import { EventType, OpCode } from "./wire/opcodes.ts";
import { decodeData, decodeStat } from "./wire/replies.ts";
import type { MultiOp, Request } from "./wire/request-types.ts";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(3, { config: { extendedTypesEnabled: "true" } });
  client = (await RawClient.open(ensemble.followers[0]?.port ?? 0)).client;
});
afterAll(() => ensemble.stop());

function multi(...ops: Request[]): Request {
  return { type: "multi", ops: ops as MultiOp[] };
}
async function results(request: Request): Promise<MultiResult[]> {
  const reply = await client.call(request);
  expect(reply.err).toBe(0);
  const decoded = decodeMultiResults(reply.body);
  expect(reply.body.remaining).toBe(0);
  return decoded;
}

test("all parts happen at one zxid, and each is answered as it was right after it", async () => {
  const reply = await client.call(
    multi(
      create("/all", "1"),
      { ...create("/all/k"), type: "create2" } as Request,
      setData("/all", "22"),
      { type: "check", path: "/all", version: 1 },
      remove("/all/k"),
    ),
  );
  const [made, child, set, checked, removed] = decodeMultiResults(reply.body);
  expect([made, checked, removed]).toEqual([
    { type: "create", path: "/all" },
    { type: "check" },
    { type: "delete" },
  ]);
  expect(child).toMatchObject({ type: "create2", path: "/all/k", stat: { czxid: reply.zxid } });
  expect(set).toMatchObject({ stat: { version: 1, numChildren: 1, mzxid: reply.zxid } });
  const stat = decodeStat((await client.call(exists("/all"))).body);
  expect(stat).toMatchObject({ czxid: reply.zxid, mzxid: reply.zxid, pzxid: reply.zxid });
  expect(stat).toMatchObject({ version: 1, cversion: 2, numChildren: 0 });
});

test("parts that create are answered as create or as create2, whatever their opcode was", async () => {
  const made = { data: null, acl: OPEN_ACL };
  const { body } = await client.call(
    multi(
      { ...made, type: "create", path: "/o1", flags: 0 },
      { ...made, type: "create2", path: "/o2", flags: 0 },
      { ...made, type: "createContainer", path: "/o3", flags: 4 },
      { ...made, type: "createTTL", path: "/o4", flags: 5, ttl: 60_000n },
    ),
  );
  const opcodes: number[] = [];
  for (let opcode = body.readInt(); opcode !== -1; opcode = body.readInt()) {
    opcodes.push(opcode);
    expect([body.readBool(), body.readInt()]).toEqual([false, 0]);
    body.readString();
    if (opcode !== OpCode.create) decodeStat(body);
  }
  expect(opcodes).toEqual([OpCode.create, OpCode.create2, OpCode.create2, OpCode.create2]);
});

test("one that fails changes nothing, consumes a zxid, and is answered part by part", async () => {
  const before = await client.call(create("/before"));
  const failing = await client.call(
    multi(create("/failed"), remove("/nowhere"), create("/failed2")),
  );
  expect(failing.err).toBe(0);
  expect(failing.zxid).toBe(before.zxid + 1);
  expect(decodeMultiResults(failing.body)).toEqual([
    { type: "error", err: ErrorCode.Ok },
    { type: "error", err: ErrorCode.NoNode },
    { type: "error", err: ErrorCode.RuntimeInconsistency },
  ]);
  for (const { port } of ensemble.servers) {
    const other = (await RawClient.open(port)).client;
    await other.call(sync("/"));
    expect((await other.call(exists("/failed"))).err).toBe(ErrorCode.NoNode);
    other.destroy();
  }
});

test("without parts it is answered with the end of the list", async () => {
  expect(await results(multi())).toEqual([]);
});

test("what it changes is told once per part, before its reply", async () => {
  await client.call(create("/watched", "0"));
  await client.call(getData("/watched", true));
  await client.call(exists("/watched/k", true));
  const xid = client.request(multi(setData("/watched", "1"), create("/watched/k")));
  const events = [await client.event(), await client.event()];
  const reply = await client.reply();
  expect(reply.xid).toBe(xid);
  expect(events).toEqual([
    { type: EventType.dataChanged, path: "/watched", zxid: reply.zxid },
    { type: EventType.created, path: "/watched/k", zxid: reply.zxid },
  ]);
});

test("those in flight see each other's changes, whatever becomes of them", async () => {
  await client.call(create("/seq", "0"));
  const requests: Request[] = [];
  for (let i = 0; i < 20; i++) {
    requests.push(
      multi(
        { type: "check", path: "/seq", version: i },
        setData("/seq", `${i}`, i),
        create("/seq/n-", "", 2),
      ),
      multi(create("/seq/n-", "", 2), setData("/seq", "never", i)),
    );
  }
  client.send(Buffer.concat(requests.map((request, index) => requestFrame(1000 + index, request))));
  for (let i = 0; i < 20; i++) {
    const good = decodeMultiResults((await client.reply()).body);
    expect(good[2]).toEqual({ type: "create", path: `/seq/n-${String(i).padStart(10, "0")}` });
    const bad = decodeMultiResults((await client.reply()).body);
    expect(bad.map((part) => part.type === "error" && part.err)).toEqual([0, ErrorCode.BadVersion]);
  }
  const { body } = await client.call(getData("/seq"));
  expect(decodeData(body)).toMatchObject({ stat: { version: 20, numChildren: 20 } });
});

test("an ACL that is changed holds for the very next request, and changes aversion alone", async () => {
  await client.call(create("/acl", "x"));
  const before = decodeStat((await client.call(exists("/acl"))).body);
  const readOnly = [{ perms: 17, scheme: "world", id: "anyone" }];
  client.request({ type: "setACL", path: "/acl", acl: readOnly, version: 0 });
  client.request(setData("/acl", "y"));
  const changed = await client.reply();
  expect(decodeStat(changed.body)).toEqual({ ...before, aversion: 1 });
  expect((await client.reply()).err).toBe(ErrorCode.NoAuth);
  const again: Request = { type: "setACL", path: "/acl", acl: OPEN_ACL, version: 0 };
  expect((await client.call(again)).err).toBe(ErrorCode.BadVersion);
});
