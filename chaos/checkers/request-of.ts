/**
 * Part of C2: which operation a transaction comes from, and what it asked the model for.
 */
import type { OpPartRecord, OpRecord, ServerTxn } from "../../results/history.ts";
import type { ModelRequest } from "../model/model-answers.ts";
import { CONFIG_PATH } from "../model/tree-model.ts";
import { isWrite, tellsState } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { SentWrites } from "./sent-writes.ts";

/** Whether the transaction is that of the write. */
export function isOwn(op: OpRecord, txn: ServerTxn, history: PreparedHistory): boolean {
  if (op.xid !== txn.cxid || !isWrite(op)) return false;
  // A client that waited for a connection may have sent the request in its next session.
  return op.session === txn.session || history.connections.sessionOf(op) === txn.session;
}

/** Writes that were sent and whose reply does not tell their zxid, by their transactions. */
export class UnansweredWrites {
  readonly #sent = new SentWrites();
  /** There are writes whose answer was lost. */
  readonly hasAny: boolean;

  constructor(history: PreparedHistory) {
    const open = new Set<number>();
    for (const op of history.operations) {
      if (isSentWrite(op) && !tellsState(op)) open.add(op.xid);
    }
    this.hasAny = open.size > 0;
    for (const op of history.operations) {
      if (isSentWrite(op) && open.has(op.xid)) this.#sent.add(op, !tellsState(op), history);
    }
  }

  /** Null: there is none, or which one is not clear. */
  of(txn: ServerTxn): OpRecord | null {
    return txn.cxid === 0 || !this.hasAny ? null : this.#sent.get(txn.session, txn.cxid);
  }
}

function isSentWrite(op: OpRecord): boolean {
  return isWrite(op) && op.server !== 0;
}

/** What the operation asks for; null: the model does not judge its kind. */
export function requestOf(op: OpRecord | OpPartRecord): ModelRequest | null {
  const kind = "kind" in op ? op.op : op.type;
  const { path, expectedVersion: version = -1 } = op;
  switch (kind) {
    case "create":
      return op.flags === undefined ? null : { type: "create", path, flags: op.flags };
    case "delete":
    case "setData":
    case "setACL":
    case "check":
      return { type: kind, path, version };
    case "getData":
    case "exists":
    case "getChildren":
    case "getACL":
      return { type: kind, path };
    case "connect":
    case "close":
    case "sync":
    case "multi":
    case "reconfig":
    case "addWatch":
    case "removeWatches":
      return null;
  }
}

/** The znode whose Stat the reply shows. */
export function shownPath(op: OpRecord): string {
  return op.op === "reconfig" ? CONFIG_PATH : (op.created ?? op.path);
}
