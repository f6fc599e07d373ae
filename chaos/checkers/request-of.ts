/**
 * Part of C2: which operation a transaction comes from, and what it asked the model for.
 */
import type { OpPartRecord, OpRecord, ServerTxn } from "../../results/history.ts";
import type { ModelRequest } from "../model/model-answers.ts";
import { CONFIG_PATH } from "../model/tree-model.ts";
import { isWrite, tellsState } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/** Whether the transaction is that of the write. */
export function isOwn(op: OpRecord, txn: ServerTxn, history: PreparedHistory): boolean {
  if (op.xid !== txn.cxid || !isWrite(op)) return false;
  // A client that waited for a connection may have sent the request in its next session.
  return op.session === txn.session || history.connections.sessionOf(op) === txn.session;
}

/**
 * Writes that were sent and whose reply does not tell their zxid, by session and xid; null where that
 * says too little: a client used an xid again after it had reconnected, or two clients that took a
 * session from each other use the same ones.
 */
export class UnansweredWrites {
  readonly #byRequest = new Map<string, OpRecord | null>();

  constructor(history: PreparedHistory) {
    const sent = history.operations.filter((op) => isWrite(op) && op.server !== 0);
    const open = new Set(sent.filter((op) => !tellsState(op)).map(({ xid }) => xid));
    for (const op of sent) {
      if (!open.has(op.xid)) continue;
      for (const session of new Set([op.session, history.connections.sessionOf(op)])) {
        const key = `${session} ${op.xid}`;
        const isClear = session === op.session && !tellsState(op) && history.connections.within(op);
        this.#byRequest.set(key, isClear && !this.#byRequest.has(key) ? op : null);
      }
    }
  }

  of(txn: ServerTxn): OpRecord | null {
    if (txn.cxid === 0 || this.#byRequest.size === 0) return null;
    return this.#byRequest.get(`${txn.session} ${txn.cxid}`) ?? null;
  }
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
