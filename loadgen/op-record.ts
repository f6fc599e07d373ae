import { formatSession } from "../server/ids.ts";
import type { Acl } from "../server/wire/acl.ts";
import type { MultiResult } from "../server/wire/multi.ts";
import { AddWatchMode, WatcherType } from "../server/wire/opcodes.ts";
import type { Stat } from "../server/wire/replies.ts";
import type { CreateRequest, CreateTtlRequest, MultiOp } from "../server/wire/request-types.ts";
import type { OpName, OpPartRecord, OpRecord, StatRecord } from "../results/history.ts";
import { aclText } from "./acl-text.ts";
import { OPEN_ACL } from "./client/request-op.ts";
import type { OpResult, RequestOp, ClientRequest } from "./client/request-op.ts";
import { tagOf } from "./value-tag.ts";

/** Who asked, and when; times are milliseconds of the run. */
export interface OpFrame {
  readonly id: number;
  readonly client: number;
  readonly workload: string;
  readonly intendedMs: number;
  readonly invokeMs: number;
  readonly completeMs: number;
}

/** Nearly all znodes of a load have it: its text is made once. */
const OPEN_ACL_TEXT = aclText(OPEN_ACL);

const WATCH_KINDS: Readonly<Record<WatcherType, NonNullable<OpRecord["watchKind"]>>> = {
  [WatcherType.children]: "children",
  [WatcherType.data]: "data",
  [WatcherType.any]: "any",
  [WatcherType.persistent]: "persistent",
  [WatcherType.persistentRecursive]: "recursive",
};

/** What the history calls a request. */
export function opName(request: ClientRequest): OpName {
  switch (request.type) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return "create";
    case "getChildren":
    case "getChildren2":
      return "getChildren";
    case "closeSession":
      return "close";
    case "delete":
    case "setData":
    case "getData":
    case "exists":
    case "sync":
    case "multi":
    case "setACL":
    case "getACL":
    case "reconfig":
    case "addWatch":
    case "removeWatches":
      return request.type;
    case "getEphemerals":
    case "getAllChildrenNumber":
    case "whoAmI":
    case "ping":
      throw new Error(`${request.type} is not recorded: no workload asks it`);
  }
}

/** The history's record of an operation that has ended. */
export function opRecord(frame: OpFrame, op: RequestOp, result: OpResult): OpRecord {
  const { request } = op;
  return {
    kind: "op",
    ...frame,
    session: op.session,
    server: op.server,
    op: opName(request),
    path: "path" in request ? request.path : "",
    xid: op.xid,
    outcome: result.outcome,
    code: result.code,
    zxid: result.zxid,
    ...asked(request),
    ...answered(request, result),
  };
}

function asked(request: ClientRequest): Partial<OpRecord> {
  switch (request.type) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return askedCreate(request);
    case "setData":
      return { expectedVersion: request.version, value: tagOf(request.data) };
    case "delete":
      return { expectedVersion: request.version };
    case "exists":
    case "getData":
    case "getChildren":
    case "getChildren2":
      return request.watch ? { watch: true } : {};
    case "setACL":
      return { expectedVersion: request.version, acl: textOf(request.acl) };
    case "addWatch": {
      const recursive = request.mode === AddWatchMode.persistentRecursive;
      return { watchMode: recursive ? "recursive" : "persistent" };
    }
    case "removeWatches":
      return { watchKind: WATCH_KINDS[request.watcherType] };
    case "multi":
    case "reconfig":
    case "getACL":
    case "sync":
    case "getEphemerals":
    case "getAllChildrenNumber":
    case "whoAmI":
    case "closeSession":
    case "ping":
      return {};
  }
}

type CreateFields = Pick<OpPartRecord, "flags" | "value" | "acl" | "ttlMs">;

function askedCreate(request: CreateRequest | CreateTtlRequest): CreateFields {
  const { flags } = request;
  const fields = { flags, value: tagOf(request.data), acl: textOf(request.acl) };
  return request.type === "createTTL" ? { ...fields, ttlMs: Number(request.ttl) } : fields;
}

function answered(request: ClientRequest, result: OpResult): Partial<OpRecord> {
  if (request.type === "multi") {
    return { parts: request.ops.map((op, index) => partRecord(op, result.parts?.[index] ?? null)) };
  }
  if (result.outcome !== "ok") return {};
  const stat = result.stat === null ? {} : { stat: statRecord(result.stat) };
  switch (request.type) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return { created: result.path, ...stat };
    case "getACL":
      return { acl: textOf(result.acl ?? []), ...stat };
    case "getData":
    case "reconfig":
      return { value: tagOf(result.data), ...stat };
    case "getChildren":
    case "getChildren2":
      return { children: (result.children ?? []).toSorted(), ...stat };
    default:
      return stat;
  }
}

/** One part, as it was asked for, and as it was answered if it was. */
function partRecord(op: MultiOp, result: MultiResult | null): OpPartRecord {
  return { ...askedPart(op), ...answeredPart(result) };
}

function askedPart(op: MultiOp): Omit<OpPartRecord, "code"> {
  const { path } = op;
  switch (op.type) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return { type: "create", path, ...askedCreate(op) };
    case "setData":
      return { type: "setData", path, expectedVersion: op.version, value: tagOf(op.data) };
    case "delete":
    case "check":
      return { type: op.type, path, expectedVersion: op.version };
  }
}

function answeredPart(result: MultiResult | null): Pick<OpPartRecord, "code" | "created" | "stat"> {
  switch (result?.type) {
    case "error":
      return { code: result.err };
    case "create":
      return { code: 0, created: result.path };
    case "create2":
      return { code: 0, created: result.path, stat: statRecord(result.stat) };
    case "setData":
      return { code: 0, stat: statRecord(result.stat) };
    default:
      return { code: 0 };
  }
}

function textOf(acl: readonly Acl[]): string {
  return acl === OPEN_ACL ? OPEN_ACL_TEXT : aclText(acl);
}

function statRecord(stat: Stat): StatRecord {
  return {
    czxid: stat.czxid,
    mzxid: stat.mzxid,
    pzxid: stat.pzxid,
    version: stat.version,
    cversion: stat.cversion,
    ephemeralOwner: formatSession(stat.ephemeralOwner),
    numChildren: stat.numChildren,
    aversion: stat.aversion,
    dataLength: stat.dataLength,
    ctimeMs: stat.ctime,
    mtimeMs: stat.mtime,
  };
}
