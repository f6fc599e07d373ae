/**
 * A run's history, sorted and indexed once for all checkers.
 */
import type {
  FenceRecord,
  ProtocolRecord,
  GrantRecord,
  OpRecord,
  RunHistory,
  SessionRecord,
  WatchRecord,
} from "../../results/history.ts";
import { WRITE_OPS } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { counterOf } from "../../server/ids.ts";
import type { Zxid } from "../../server/ids.ts";
import { Connections } from "./connections.ts";
import { EphemeralLedger } from "./ephemeral-ledger.ts";
import { mergeLogs } from "./final-log.ts";
import type { FinalLog } from "./final-log.ts";
import { TreeTimeline } from "./tree-timeline.ts";

export interface PreparedHistory {
  readonly run: RunHistory;
  readonly operations: readonly OpRecord[];
  /** Operations that a server answered from its state, in the order of arrival (time, then xid). */
  readonly replies: readonly OpRecord[];
  /** Writes among the replies that were applied, in the same order. */
  readonly okWrites: readonly OpRecord[];
  /** The replies in the order of their zxids; those of one zxid in that of arrival. */
  readonly repliesByZxid: readonly OpRecord[];
  /** Each in the order of time; what has the same time keeps its order. */
  readonly watches: readonly WatchRecord[];
  readonly sessions: readonly SessionRecord[];
  readonly grants: readonly GrantRecord[];
  readonly fences: readonly FenceRecord[];
  readonly protocolErrors: readonly ProtocolRecord[];
  readonly connections: Connections;
  readonly log: FinalLog;
  /** Built from the log when it is first asked for. */
  readonly tree: TreeTimeline;
  readonly ephemerals: EphemeralLedger;
}

/** Refusals that speak of the tree, so that their zxid is that of a state. */
export const STATE_CODES: ReadonlySet<number> = new Set([
  ErrorCode.NoNode,
  ErrorCode.NoAuth,
  ErrorCode.BadVersion,
  ErrorCode.NoChildrenForEphemerals,
  ErrorCode.NodeExists,
  ErrorCode.NotEmpty,
]);

export function isWrite(op: OpRecord): boolean {
  return WRITE_OPS.has(op.op);
}

/**
 * Whether the reply's zxid is that of a state or transaction. It is not for a connect (what the client
 * sent), for what got no reply, and for refusals made without a look at the tree.
 */
export function tellsState(op: OpRecord): boolean {
  if (op.op === "connect" || op.zxid < 0) return false;
  return op.outcome === "ok" || (op.outcome === "fail" && STATE_CODES.has(op.code));
}

/** A zxid that a transaction may have: counter 0 is the begin of an epoch, which is no transaction. */
export function isTxnZxid(zxid: number): boolean {
  return zxid > 0 && counterOf(zxid as Zxid) !== 0;
}

export function prepareHistory(run: RunHistory): PreparedHistory {
  const operations: OpRecord[] = [];
  const watches: WatchRecord[] = [];
  const sessions: SessionRecord[] = [];
  const grants: GrantRecord[] = [];
  const fences: FenceRecord[] = [];
  const protocolErrors: ProtocolRecord[] = [];
  for (const record of run.records) {
    switch (record.kind) {
      case "op":
        operations.push(record);
        break;
      case "watch":
        watches.push(record);
        break;
      case "session":
        sessions.push(record);
        break;
      case "grant":
        grants.push(record);
        break;
      case "fence":
        fences.push(record);
        break;
      case "protocol":
        protocolErrors.push(record);
        break;
    }
  }
  const replies = operations.filter(tellsState);
  replies.sort((a, b) => a.completeMs - b.completeMs || a.xid - b.xid);
  for (const timed of [watches, sessions, grants, fences]) timed.sort((a, b) => a.atMs - b.atMs);
  const log = mergeLogs(run.finals);
  let tree: TreeTimeline | undefined;
  let ephemerals: EphemeralLedger | undefined;
  let repliesByZxid: readonly OpRecord[] | undefined;
  return {
    run,
    operations,
    replies,
    okWrites: replies.filter((op) => op.outcome === "ok" && isWrite(op)),
    watches,
    sessions,
    grants,
    fences,
    protocolErrors,
    connections: new Connections(sessions, operations),
    log,
    get repliesByZxid() {
      return (repliesByZxid ??= replies.toSorted((a, b) => a.zxid - b.zxid));
    },
    get tree() {
      return (tree ??= new TreeTimeline(log));
    },
    get ephemerals() {
      return (ephemerals ??= new EphemeralLedger(log));
    },
  };
}
