/**
 * Validation of the records of history.ts, for the files that hold them. The types stay those of
 * history.ts; the compiler says when the two part.
 */
import { z } from "zod";
import type {
  FaultRecord,
  FenceRecord,
  GrantRecord,
  HistoryRecord,
  OpPartRecord,
  OpRecord,
  ProtocolRecord,
  ServerFinal,
  ServerSample,
  ServerTxn,
  ServerTxnPart,
  SessionRecord,
  StatRecord,
  WatchRecord,
} from "./history.ts";

const hexadecimal = z.string().regex(/^0x[0-9a-f]+$/, "expected hexadecimal, such as 0x1f");

const statSchema = z.strictObject({
  czxid: z.number(),
  mzxid: z.number(),
  pzxid: z.number(),
  version: z.number(),
  cversion: z.number(),
  ephemeralOwner: hexadecimal,
  numChildren: z.number(),
  aversion: z.number().exactOptional(),
  dataLength: z.number().exactOptional(),
  ctimeMs: z.number().exactOptional(),
  mtimeMs: z.number().exactOptional(),
}) satisfies z.ZodType<StatRecord>;

const opPartSchema = z.strictObject({
  type: z.enum(["create", "delete", "setData", "check"]),
  path: z.string(),
  flags: z.number().exactOptional(),
  expectedVersion: z.number().exactOptional(),
  value: z.string().nullable().exactOptional(),
  code: z.number(),
  created: z.string().exactOptional(),
  stat: statSchema.exactOptional(),
  acl: z.string().exactOptional(),
  ttlMs: z.number().exactOptional(),
}) satisfies z.ZodType<OpPartRecord>;

const opFields = z.strictObject({
  kind: z.literal("op"),
  id: z.number(),
  client: z.number(),
  session: hexadecimal,
  server: z.number(),
  workload: z.string(),
  op: z.enum([
    "connect",
    "close",
    "create",
    "delete",
    "setData",
    "getData",
    "exists",
    "getChildren",
    "sync",
    "multi",
    "setACL",
    "getACL",
    "reconfig",
    "addWatch",
    "removeWatches",
  ]),
  path: z.string(),
  xid: z.number(),
  intendedMs: z.number(),
  invokeMs: z.number(),
  completeMs: z.number(),
  outcome: z.enum(["ok", "fail", "info"]),
  code: z.number(),
  zxid: z.number(),
  flags: z.number().exactOptional(),
  expectedVersion: z.number().exactOptional(),
  value: z.string().nullable().exactOptional(),
  created: z.string().exactOptional(),
  children: z.array(z.string()).exactOptional(),
  stat: statSchema.exactOptional(),
  watch: z.boolean().exactOptional(),
  parts: z.array(opPartSchema).exactOptional(),
  watchMode: z.enum(["persistent", "recursive"]).exactOptional(),
  watchKind: z.enum(["data", "children", "any", "persistent", "recursive"]).exactOptional(),
  acl: z.string().exactOptional(),
  ttlMs: z.number().exactOptional(),
});

const opSchema = opFields
  .refine(({ outcome, code }) => (outcome === "ok") === (code === 0), {
    path: ["code"],
    message: "expected 0 for the outcome ok, and for no other",
  })
  .refine(({ invokeMs, completeMs }) => completeMs >= invokeMs, {
    path: ["completeMs"],
    message: "is before invokeMs",
  }) satisfies z.ZodType<OpRecord>;

const watchSchema = z.strictObject({
  kind: z.literal("watch"),
  client: z.number(),
  session: hexadecimal,
  server: z.number(),
  type: z.enum(["created", "deleted", "dataChanged", "childrenChanged"]),
  path: z.string(),
  zxid: z.number(),
  atMs: z.number(),
}) satisfies z.ZodType<WatchRecord>;

const sessionSchema = z.strictObject({
  kind: z.literal("session"),
  client: z.number(),
  session: hexadecimal,
  server: z.number(),
  event: z.enum(["created", "reconnected", "disconnected", "expired", "closed"]),
  timeoutMs: z.number(),
  lastZxid: z.number(),
  atMs: z.number(),
}) satisfies z.ZodType<SessionRecord>;

const grantSchema = z.strictObject({
  kind: z.literal("grant"),
  client: z.number(),
  session: hexadecimal,
  resource: z.string(),
  event: z.enum(["acquired", "released", "lost"]),
  token: z.number(),
  atMs: z.number(),
}) satisfies z.ZodType<GrantRecord>;

const fenceSchema = z.strictObject({
  kind: z.literal("fence"),
  client: z.number(),
  resource: z.string(),
  token: z.number(),
  accepted: z.boolean(),
  atMs: z.number(),
}) satisfies z.ZodType<FenceRecord>;

const protocolSchema = z.strictObject({
  kind: z.literal("protocol"),
  client: z.number(),
  session: hexadecimal,
  server: z.number(),
  problem: z.string(),
  atMs: z.number(),
}) satisfies z.ZodType<ProtocolRecord>;

/** One line of history.jsonl.gz. */
export const historyRecordSchema: z.ZodType<HistoryRecord> = z.discriminatedUnion("kind", [
  opSchema,
  watchSchema,
  sessionSchema,
  grantSchema,
  fenceSchema,
  protocolSchema,
]);

/** One line of samples.jsonl.gz. */
export const serverSampleSchema: z.ZodType<ServerSample> = z.strictObject({
  server: z.number(),
  sentMs: z.number(),
  receivedMs: z.number(),
  state: z.enum(["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"]),
  epoch: z.number(),
  appliedZxid: z.number(),
  committedZxid: z.number(),
  serving: z.boolean(),
});

const serverTxnPartSchema = z.strictObject({
  type: z.enum(["create", "delete", "setData", "setACL", "check", "error"]),
  path: z.string(),
  ephemeralOwner: hexadecimal.exactOptional(),
  value: z.string().nullable().exactOptional(),
  version: z.number().exactOptional(),
  code: z.number().exactOptional(),
  dataLength: z.number().exactOptional(),
  acl: z.string().exactOptional(),
}) satisfies z.ZodType<ServerTxnPart>;

/** One entry of a log in servers.json.gz. */
export const serverTxnSchema = z.strictObject({
  zxid: z.number(),
  hash: z.string(),
  type: z.enum([
    "create",
    "delete",
    "setData",
    "setACL",
    "multi",
    "reconfig",
    "createSession",
    "closeSession",
    "error",
  ]),
  session: hexadecimal,
  cxid: z.number(),
  timeMs: z.number(),
  path: z.string(),
  removed: z.array(z.string()).exactOptional(),
  parts: z.array(serverTxnPartSchema).exactOptional(),
  ephemeralOwner: hexadecimal.exactOptional(),
  value: z.string().nullable().exactOptional(),
  version: z.number().exactOptional(),
  code: z.number().exactOptional(),
  dataLength: z.number().exactOptional(),
  acl: z.string().exactOptional(),
  timeoutMs: z.number().exactOptional(),
}) satisfies z.ZodType<ServerTxn>;

/** One server of servers.json.gz. */
export const serverFinalSchema = z.strictObject({
  server: z.number(),
  logFromZxid: z.number(),
  log: z.array(serverTxnSchema),
  appliedZxid: z.number(),
  treeDigest: z.string(),
  ephemerals: z.record(z.string(), z.array(z.string())),
  sessions: z.array(hexadecimal),
}) satisfies z.ZodType<ServerFinal>;

/** The content of faults.json. */
export const faultLogSchema: z.ZodType<readonly FaultRecord[]> = z.array(
  z.strictObject({
    name: z.string(),
    description: z.string(),
    servers: z.array(z.number()),
    links: z.array(z.string()),
    requestedMs: z.number(),
    effectiveMs: z.number().nullable(),
    healRequestedMs: z.number().nullable().exactOptional(),
    healedMs: z.number().nullable(),
    noQuorum: z.boolean(),
  }),
);
