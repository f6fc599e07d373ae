/**
 * Where replies and events are written: one growing buffer for all connections, cut where the
 * connection changes, sent once per turn of the event loop. An idle connection holds no memory here.
 */
import type { Timers } from "../env.ts";
import { JuteWriter } from "../wire/jute.ts";

export interface ReplySink {
  /** Takes the next piece of its replies, to be sent by `sendReplies`. */
  collect(piece: Buffer): void;
  sendReplies(): void;
}

/** A piece is closed at this size: growing the buffer costs a copy of what is in it. */
const PIECE_BYTES = 64 * 1024;

export class ReplyOut<S extends ReplySink> {
  readonly #soon: Timers["soon"];
  readonly #writer = new JuteWriter(2 * PIECE_BYTES);
  #current: S | null = null;
  readonly #dirty = new Set<S>();
  #scheduled = false;

  /** `soon` calls back at the end of the turn. */
  constructor(soon: Timers["soon"]) {
    this.#soon = soon;
  }

  /** The writer, for one whole frame to this connection. */
  to(sink: S): JuteWriter {
    if (this.#current !== sink || this.#writer.length > PIECE_BYTES) {
      this.#cut();
      this.#current = sink;
      this.#dirty.add(sink);
      this.#schedule();
    }
    return this.#writer;
  }

  /** Hands out a connection's replies now, as before it is closed. */
  flush(sink: S): void {
    if (!this.#dirty.delete(sink)) return;
    if (this.#current === sink) this.#cut();
    sink.sendReplies();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon(() => {
      this.#scheduled = false;
      this.#cut();
      const sinks = [...this.#dirty];
      this.#dirty.clear();
      for (const sink of sinks) sink.sendReplies();
    });
  }

  #cut(): void {
    const sink = this.#current;
    this.#current = null;
    if (sink && this.#writer.length > 0) sink.collect(this.#writer.take());
  }
}
