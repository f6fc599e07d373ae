import type { ToxicAttributes } from "../toxic.ts";
import { DelayingStage } from "./delaying-stage.ts";
import type { Sink } from "./stage.ts";

/** Data goes on in pieces of at most this much time, so that a slow link trickles. */
const PIECE_MS = 100;

/** At most `rate` × 1,000 bytes per second; the sender feels backpressure while any of them wait. */
export class BandwidthStage extends DelayingStage {
  readonly #rateBytesPerMs: number;
  /** When all that was let through so far has had its time. */
  #busyUntilMs = 0;

  constructor(attributes: ToxicAttributes["bandwidth"], sink: Sink) {
    super(sink);
    // 1,000 bytes per second are one byte per millisecond.
    this.#rateBytesPerMs = attributes.rate;
  }

  get congested(): boolean {
    // One more than the piece that is on its way, so that the link does not idle between two.
    return this.line.length > 1;
  }

  protected schedule(chunk: Buffer, arrivedMs: number): void {
    if (this.#rateBytesPerMs <= 0) {
      this.line.add(chunk, arrivedMs, Infinity);
      return;
    }
    const pieceBytes = this.#rateBytesPerMs * PIECE_MS;
    for (let offset = 0; offset < chunk.length; offset += pieceBytes) {
      const piece = chunk.subarray(offset, offset + pieceBytes);
      const startMs = Math.max(arrivedMs, this.#busyUntilMs);
      this.#busyUntilMs = startMs + piece.length / this.#rateBytesPerMs;
      this.line.add(piece, arrivedMs, this.#busyUntilMs);
    }
  }
}
