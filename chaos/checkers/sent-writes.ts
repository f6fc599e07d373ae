/**
 * Writes by session and xid: which request a transaction of the log comes from.
 */
import type { OpRecord } from "../../results/history.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/**
 * Holds null where session and xid say too little: a client used an xid again after it had reconnected,
 * or two clients that took a session from each other use the same ones.
 */
export class SentWrites {
  readonly #sessions = new Map<string, Map<number, OpRecord | null>>();

  /** `mayBeSought`: else only its place is taken. */
  add(op: OpRecord, mayBeSought: boolean, { connections }: PreparedHistory): void {
    this.#put(op.session, mayBeSought && connections.within(op) ? op : null, op.xid);
    // A client that waited for a connection may have sent the request in its next session.
    const answeredIn = connections.sessionOf(op);
    if (answeredIn !== op.session) this.#put(answeredIn, null, op.xid);
  }

  /** The write that a session sent under the xid; null: there is none, or which one is not clear. */
  get(session: string, xid: number): OpRecord | null {
    return this.#sessions.get(session)?.get(xid) ?? null;
  }

  #put(session: string, op: OpRecord | null, xid: number): void {
    let writes = this.#sessions.get(session);
    if (writes === undefined) this.#sessions.set(session, (writes = new Map()));
    writes.set(xid, writes.has(xid) ? null : op);
  }
}
