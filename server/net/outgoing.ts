/**
 * What one client is owed: pieces of replies and events on their way to its connection.
 */
import type { Connection } from "../env.ts";
import type { UnreadBudget } from "./unread-budget.ts";

/** Smaller pieces are copied for a client that lags. */
const LAGGING_COPY_BYTES = 32 * 1024;

export class Outgoing {
  readonly #connection: Connection;
  readonly #budget: UnreadBudget;
  /** Pieces that were not handed to the connection yet, and their bytes. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** What the connection held when it was last looked at: asking it for every request costs time. */
  #bufferedBytes = 0;
  /** What is counted in the budget. */
  #countedBytes = 0;
  #isOver = false;

  constructor(connection: Connection, budget: UnreadBudget) {
    this.#connection = connection;
    this.#budget = budget;
  }

  /** All that is written and that the system has not taken, in bytes. */
  get unreadBytes(): number {
    return this.#bufferedBytes + this.#bytes;
  }

  /** The connection has handed on some of what it held. */
  drained(): void {
    this.#bufferedBytes = this.#connection.bufferedBytes;
    this.#count();
  }

  /** The connection is over: nobody is owed anything any more. */
  over(): void {
    this.#isOver = true;
    this.#count();
  }

  collect(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#count();
  }

  /** Hands everything to the connection; gives how many bytes that were. */
  send(): number {
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    for (const piece of pieces) {
      // A piece is a part of a buffer that all connections share: one that has to wait for a slow
      // client must not keep the whole of it.
      const lags = this.#connection.bufferedBytes > 0 && piece.length < LAGGING_COPY_BYTES;
      this.#connection.write(lags ? Buffer.from(piece) : piece);
    }
    this.#bufferedBytes = this.#connection.bufferedBytes;
    this.#count();
    return bytes;
  }

  #count(): void {
    const bytes = this.#isOver ? 0 : this.unreadBytes;
    this.#budget.add(bytes - this.#countedBytes);
    this.#countedBytes = bytes;
  }
}
