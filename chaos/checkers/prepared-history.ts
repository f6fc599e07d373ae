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
import { Connections } from "./connections.ts";
import { EphemeralLedger } from "./ephemeral-ledger.ts";
import { mergeLogs } from "./final-log.ts";
import type { FinalLog } from "./final-log.ts";
import { sortedBy } from "./sorted-by.ts";
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
  // The low 32 bits: a remainder takes many times as long, and this is asked of every zxid.
  return zxid > 0 && zxid >>> 0 !== 0;
}

export function prepareHistory(run: RunHistory): PreparedHistory {
  const { operations, ...timed } = partByKind(run);
  const sessions = sortedBy(timed.sessions, atMsOf);
  const replies = inOrderOfArrival(operations.filter(tellsState));
  const log = mergeLogs(run.finals);
  let tree: TreeTimeline | undefined;
  let ephemerals: EphemeralLedger | undefined;
  let repliesByZxid: readonly OpRecord[] | undefined;
  return {
    run,
    operations,
    replies,
    okWrites: replies.filter((op) => op.outcome === "ok" && isWrite(op)),
    watches: sortedBy(timed.watches, atMsOf),
    sessions,
    grants: sortedBy(timed.grants, atMsOf),
    fences: sortedBy(timed.fences, atMsOf),
    protocolErrors: timed.protocolErrors,
    connections: new Connections(sessions, operations),
    log,
    get repliesByZxid() {
      return (repliesByZxid ??= sortedBy(replies, (op) => op.zxid));
    },
    get tree() {
      return (tree ??= new TreeTimeline(log));
    },
    get ephemerals() {
      return (ephemerals ??= new EphemeralLedger(log));
    },
  };
}

interface RecordsByKind {
  readonly operations: OpRecord[];
  readonly watches: WatchRecord[];
  readonly sessions: SessionRecord[];
  readonly grants: GrantRecord[];
  readonly fences: FenceRecord[];
  readonly protocolErrors: ProtocolRecord[];
}

function partByKind({ records }: RunHistory): RecordsByKind {
  const parted: RecordsByKind = {
    operations: [],
    watches: [],
    sessions: [],
    grants: [],
    fences: [],
    protocolErrors: [],
  };
  for (const record of records) {
    switch (record.kind) {
      case "op":
        parted.operations.push(record);
        break;
      case "watch":
        parted.watches.push(record);
        break;
      case "session":
        parted.sessions.push(record);
        break;
      case "grant":
        parted.grants.push(record);
        break;
      case "fence":
        parted.fences.push(record);
        break;
      case "protocol":
        parted.protocolErrors.push(record);
        break;
    }
  }
  return parted;
}

function atMsOf(record: { readonly atMs: number }): number {
  return record.atMs;
}

/** By time, and what came at the same time by xid. */
function inOrderOfArrival(replies: readonly OpRecord[]): readonly OpRecord[] {
  const byTime = sortedBy(replies, (op) => op.completeMs);
  // Two clients may have a reply at the same time; a copy is made only where that changes the order.
  let sorted: OpRecord[] | null = null;
  for (let begin = 0, end = 1; end <= byTime.length; end++) {
    if (byTime[end]?.completeMs === byTime[begin]?.completeMs) continue;
    if (end - begin > 1) {
      const byXid = byTime.slice(begin, end).sort((a, b) => a.xid - b.xid);
      sorted ??= byTime.slice();
      for (const [offset, op] of byXid.entries()) sorted[begin + offset] = op;
    }
    begin = end;
  }
  return sorted ?? byTime;
}
