import { formatSession } from "../server/ids.ts";
import type { Stat } from "../server/wire/replies.ts";
import type { OpName, OpRecord, StatRecord } from "../results/history.ts";
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

/** What the history calls a request. */
export function opName(request: ClientRequest): OpName {
  switch (request.type) {
    case "create":
    case "create2":
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
      return request.type;
    case "ping":
      throw new Error("pings are not recorded");
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
      return { flags: request.flags, value: tagOf(request.data) };
    case "setData":
      return { expectedVersion: request.version, value: tagOf(request.data) };
    case "delete":
      return { expectedVersion: request.version };
    case "exists":
    case "getData":
    case "getChildren":
    case "getChildren2":
      return request.watch ? { watch: true } : {};
    case "sync":
    case "closeSession":
    case "ping":
      return {};
  }
}

function answered(request: ClientRequest, result: OpResult): Partial<OpRecord> {
  if (result.outcome !== "ok") return {};
  const stat = result.stat === null ? {} : { stat: statRecord(result.stat) };
  switch (request.type) {
    case "create":
    case "create2":
      return { created: result.path, ...stat };
    case "getData":
      return { value: tagOf(result.data), ...stat };
    case "getChildren":
    case "getChildren2":
      return { children: (result.children ?? []).toSorted(), ...stat };
    default:
      return stat;
  }
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
  };
}
