/**
 * Which connection of a client, and so which session, an answer belongs to.
 */
import type { OpRecord, SessionRecord } from "../../results/history.ts";
import { upperBound } from "./final-log.ts";

interface ConnectionStart {
  readonly atMs: number;
  readonly session: string;
}

/**
 * The connections of every client, in order. An answer arrives on the connection that was begun last:
 * nothing of an older one reaches the client after that.
 */
export class Connections {
  readonly #starts = new Map<number, ConnectionStart[]>();

  constructor(sessions: readonly SessionRecord[], operations: readonly OpRecord[]) {
    for (const record of sessions) {
      if (record.event === "created" || record.event === "reconnected") {
        this.#begin(record.client, { atMs: record.atMs, session: record.session });
      }
    }
    for (const op of operations) {
      if (op.op === "connect" && op.outcome === "ok") {
        this.#begin(op.client, { atMs: op.completeMs, session: op.session });
      }
    }
    for (const starts of this.#starts.values()) starts.sort((a, b) => a.atMs - b.atMs);
  }

  #begin(client: number, start: ConnectionStart): void {
    const starts = this.#starts.get(client);
    if (starts === undefined) this.#starts.set(client, [start]);
    else starts.push(start);
  }

  /** The client's connection at a moment, counted from 1; 0 before the first that is known. */
  indexAt(client: number, atMs: number): number {
    const starts = this.#starts.get(client);
    return starts === undefined ? 0 : upperBound(starts, atMs, (start) => start.atMs);
  }

  /** When that connection was begun; −Infinity before the first that is known. */
  startMs(client: number, atMs: number): number {
    const index = this.indexAt(client, atMs);
    return this.#starts.get(client)?.[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY;
  }

  /** The whole operation, from the invocation to the end, fell into one connection. */
  within(op: OpRecord): boolean {
    return this.indexAt(op.client, op.invokeMs) === this.indexAt(op.client, op.completeMs);
  }

  /**
   * The session that answered. An operation that waited for a connection may have been sent in a
   * later session than the one it was invoked in.
   */
  sessionOf(op: OpRecord): string {
    const starts = this.#starts.get(op.client);
    const index = this.indexAt(op.client, op.completeMs);
    return starts?.[index - 1]?.session ?? op.session;
  }
}
