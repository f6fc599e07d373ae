/**
 * A long text on its way to a client that may read slowly: it is made while it is sent, a piece per turn
 * of the event loop, and no more of it than the connection takes.
 */
import type { Connection } from "../env.ts";

const PIECE_CHARS = 32 * 1024;
/** What waits for a client that reads slowly; then nothing is made before it has read. */
const MAX_BUFFERED_BYTES = 256 * 1024;

export class TextAnswer {
  readonly #lines: Iterator<string>;
  readonly #connection: Connection;
  readonly #host: { soon(run: () => void): void };
  readonly #finished: () => void;
  #scheduled = false;
  #over = false;

  /** `finished` is called when everything was handed to the connection. */
  constructor(
    text: Iterable<string>,
    connection: Connection,
    host: { soon(run: () => void): void },
    finished: () => void,
  ) {
    this.#lines = text[Symbol.iterator]();
    this.#connection = connection;
    this.#host = host;
    this.#finished = finished;
  }

  /** The connection is over. */
  stop(): void {
    this.#over = true;
  }

  /** Sends the next piece, and the others as the connection takes them: call it again at its `drain`. */
  goOn(): void {
    if (this.#over || this.#scheduled) return;
    let piece = "";
    while (piece.length < PIECE_CHARS) {
      const { done, value } = this.#lines.next();
      if (done === true) break;
      piece += value;
    }
    if (piece !== "") this.#connection.write(Buffer.from(piece));
    if (piece.length < PIECE_CHARS) {
      this.#over = true;
      this.#finished();
      return;
    }
    if (this.#connection.bufferedBytes > MAX_BUFFERED_BYTES) return;
    this.#scheduled = true;
    this.#host.soon(() => {
      this.#scheduled = false;
      this.goOn();
    });
  }
}
