/**
 * Which connection of a client, and so which session, an answer belongs to.
 */
import type { OpRecord, SessionRecord } from "../../results/history.ts";
import { sortedBy } from "./sorted-by.ts";

interface ConnectionStart {
  readonly atMs: number;
  readonly session: string;
}

/** The connections of one client, in order. */
class ClientConnections {
  readonly #starts: readonly ConnectionStart[];
  readonly #startsMs: Float64Array;
  /** How many had been begun at the moment that was asked for last: the next one is mostly near it. */
  #hint = 0;

  constructor(starts: readonly ConnectionStart[]) {
    this.#starts = sortedBy(starts, (start) => start.atMs);
    this.#startsMs = Float64Array.from(this.#starts, (start) => start.atMs);
  }

  /** How many have been begun. */
  countAt(atMs: number): number {
    const startsMs = this.#startsMs;
    let count = this.#hint;
    while (count < startsMs.length && (startsMs[count] as number) <= atMs) count++;
    while (count > 0 && (startsMs[count - 1] as number) > atMs) count--;
    return (this.#hint = count);
  }

  /** The last that has been begun. */
  at(atMs: number): ConnectionStart | undefined {
    return this.#starts[this.countAt(atMs) - 1];
  }
}

/**
 * The connections of every client, in order. An answer arrives on the connection that was begun last:
 * nothing of an older one reaches the client after that.
 */
export class Connections {
  readonly #clients = new Map<number, ClientConnections>();

  constructor(sessions: readonly SessionRecord[], operations: readonly OpRecord[]) {
    const clients = new Map<number, ConnectionStart[]>();
    const begin = (client: number, start: ConnectionStart): void => {
      const starts = clients.get(client);
      if (starts === undefined) clients.set(client, [start]);
      else starts.push(start);
    };
    for (const { client, event, atMs, session } of sessions) {
      if (event === "created" || event === "reconnected") begin(client, { atMs, session });
    }
    for (const op of operations) {
      if (op.op !== "connect" || op.outcome !== "ok") continue;
      begin(op.client, { atMs: op.completeMs, session: op.session });
    }
    for (const [client, starts] of clients) {
      this.#clients.set(client, new ClientConnections(starts));
    }
  }

  /** The client's connection at a moment, counted from 1; 0 before the first that is known. */
  indexAt(client: number, atMs: number): number {
    return this.#clients.get(client)?.countAt(atMs) ?? 0;
  }

  /** When that connection was begun; −Infinity before the first that is known. */
  startMs(client: number, atMs: number): number {
    return this.#clients.get(client)?.at(atMs)?.atMs ?? Number.NEGATIVE_INFINITY;
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
    return this.#clients.get(op.client)?.at(op.completeMs)?.session ?? op.session;
  }
}
