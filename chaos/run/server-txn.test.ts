import { expect, test } from "vitest";
import { serverFinalSchema } from "../../results/history-schema.ts";
import type { ServerTxn } from "../../results/history.ts";
import type { ServerId, SessionId } from "../../server/ids.ts";
import { makeZxid } from "../../server/ids.ts";
import { CONTAINER_OWNER } from "../../server/tree/ephemeral-owner.ts";
import { encodeTxn } from "../../server/tree/txn-codec.ts";
import type { TxnBody } from "../../server/tree/txn.ts";
import { serverTxn } from "./server-txn.ts";

const ACL = [{ perms: 31, scheme: "world", id: "anyone" }];
const DATA = Buffer.from("v");
/** What is kept of the data and the ACL of `create`. */
const MADE = { value: "v", version: 0, dataLength: 1, acl: "world:anyone:31" } as const;

function logged(body: TxnBody): ServerTxn {
  const header = {
    zxid: makeZxid(1, 1),
    timeMs: 5,
    sessionId: 0x1f00n as SessionId,
    cxid: 7,
    originSid: 1 as ServerId,
    originRequest: 3,
  };
  return serverTxn(encodeTxn(header, body));
}

const create = {
  type: "create",
  path: "/a",
  data: DATA,
  acl: ACL,
  ephemeralOwner: 0x1f00n as SessionId,
  parentCversion: 1,
} as const;

test.each<[TxnBody, Partial<ServerTxn>]>([
  [create, { path: "/a", ephemeralOwner: "0x1f00", ...MADE }],
  [
    { ...create, ephemeralOwner: CONTAINER_OWNER },
    { path: "/a", ephemeralOwner: "0x8000000000000000", ...MADE },
  ],
  [{ type: "delete", path: "/a" }, { path: "/a" }],
  [
    { type: "setData", path: "/a", data: null, version: 4 },
    { path: "/a", value: null, version: 4, dataLength: 0 },
  ],
  [
    {
      type: "setACL",
      path: "/a",
      acl: [...ACL, { perms: 1, scheme: "digest", id: "amy:x=" }],
      version: 2,
    },
    { path: "/a", version: 2, acl: "world:anyone:31,digest:amy:x=:1" },
  ],
  [
    { type: "reconfig", data: DATA, version: 9 },
    { path: "", value: "v", version: 9, dataLength: 1 },
  ],
  [
    {
      type: "multi",
      parts: [{ type: "check", path: "/a", version: -1 }, create, { type: "delete", path: "/b" }],
    },
    {
      path: "",
      parts: [
        { type: "check", path: "/a", version: -1 },
        { type: "create", path: "/a", ephemeralOwner: "0x1f00", ...MADE },
        { type: "delete", path: "/b" },
      ],
    },
  ],
  [
    { type: "multi", parts: [{ type: "error", code: -101 }] },
    { path: "", parts: [{ type: "error", path: "", code: -101 }] },
  ],
  [
    { type: "createSession", timeoutMs: 1000, password: Buffer.alloc(16) },
    { path: "", timeoutMs: 1000 },
  ],
  [
    { type: "closeSession", paths: ["/a"] },
    { path: "", removed: ["/a"] },
  ],
  [
    { type: "error", code: -110 },
    { path: "", code: -110 },
  ],
])("a log's %o reads as it is kept, and its record is valid", (body, expected) => {
  const { hash, ...txn } = logged(body);
  const common = { zxid: makeZxid(1, 1), session: "0x1f00", cxid: 7, timeMs: 5 };
  expect(txn).toEqual({ ...common, type: body.type, ...expected });
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
  const state = { appliedZxid: 0, treeDigest: "", ephemerals: {}, sessions: [] };
  const finals = [{ server: 1, logFromZxid: 0, log: [{ ...txn, hash }], ...state }];
  expect(finals.map((final) => serverFinalSchema.parse(final))).toEqual(finals);
});
