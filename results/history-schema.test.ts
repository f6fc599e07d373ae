import { describe, expect, test } from "vitest";
import { historyRecordSchema, serverFinalSchema } from "./history-schema.ts";
import type { OpRecord, ServerFinal, StatRecord } from "./history.ts";

const stat: StatRecord = {
  czxid: 1,
  mzxid: 2,
  pzxid: 3,
  version: 4,
  cversion: 5,
  ephemeralOwner: "0x1f",
  numChildren: 0,
  aversion: 6,
  dataLength: 7,
  ctimeMs: 8,
  mtimeMs: 9,
};

const bare: OpRecord = {
  kind: "op",
  id: 1,
  client: 1,
  session: "0x1f",
  server: 2,
  workload: "mix",
  op: "sync",
  path: "/a",
  xid: 3,
  intendedMs: 1,
  invokeMs: 1,
  completeMs: 2.5,
  outcome: "ok",
  code: 0,
  zxid: 0x1_0000_0001,
};

const parts: OpRecord["parts"] = [
  { type: "create", path: "/a/b", flags: 2, value: "x", code: 0, created: "/a/b0000000000", stat },
  { type: "delete", path: "/a/c", expectedVersion: -1, code: 0 },
  { type: "setData", path: "/a", expectedVersion: 3, value: null, code: -2, stat },
  { type: "check", path: "/a", expectedVersion: 3, code: -103 },
];

const ops: readonly OpRecord[] = [
  bare,
  { ...bare, op: "multi", path: "", parts },
  { ...bare, op: "create", flags: 5, value: "", ttlMs: 1000, acl: "world:anyone:31", stat },
  { ...bare, op: "setACL", expectedVersion: -1, acl: "world:anyone:1,ip:10.0.0.1:31", stat },
  { ...bare, op: "getACL", acl: "", stat },
  { ...bare, op: "reconfig", value: "v", stat },
  { ...bare, op: "addWatch", watchMode: "recursive" },
  { ...bare, op: "removeWatches", watchKind: "children" },
];

describe("a record of an operation", () => {
  test.each(ops.map((op) => [op.op, op] as const))("of %s reads as it was written", (_, op) => {
    expect(historyRecordSchema.parse(op)).toEqual(op);
  });

  test.each([
    [{ op: "whoAmI" }, "op"],
    [{ watchMode: "one-shot" }, "watchMode"],
    [{ watchKind: "exist" }, "watchKind"],
    [{ parts: [{ type: "sync", path: "/a", code: 0 }] }, "parts"],
    [{ parts: [{ type: "check", path: "/a", code: 0, surprise: 1 }] }, "parts"],
    [{ stat: { ...stat, ctime: 1 } }, "stat"],
    [{ acl: null }, "acl"],
    [{ ttlMs: "1" }, "ttlMs"],
    [{ code: -4 }, "code"],
    [{ outcome: "fail", code: 0 }, "code"],
    [{ completeMs: 0.5 }, "completeMs"],
  ])("with %j is refused, and the field is named", (change, field) => {
    const result = historyRecordSchema.safeParse({ ...bare, ...change });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });
});

test("a server's log keeps lengths, ACLs and negotiated timeouts", () => {
  const common = { hash: "00", session: "0x1f", cxid: 1, timeMs: 1 };
  const change = { path: "/a", dataLength: 3, acl: "world:anyone:31" };
  const final: ServerFinal = {
    server: 1,
    logFromZxid: 0,
    log: [
      { ...common, zxid: 1, type: "createSession", path: "", timeoutMs: 4000 },
      { ...common, zxid: 2, type: "create", ...change },
      { ...common, zxid: 3, type: "multi", path: "", parts: [{ type: "create", ...change }] },
    ],
    appliedZxid: 3,
    treeDigest: "d",
    ephemerals: {},
    sessions: ["0x1f"],
  };
  expect(serverFinalSchema.parse(final)).toEqual(final);
});
