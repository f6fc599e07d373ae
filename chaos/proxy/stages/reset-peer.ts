import type { ToxicAttributes } from "../toxic.ts";
import type { Held, Sink, Stage } from "./stage.ts";

/**
 * The first data (or the end) is dropped and starts the clock; after `timeout` milliseconds the
 * connection closes. That this is a reset, not an orderly close, is decided when the connection is
 * opened (see Connection): as in Toxiproxy, older connections are closed with a FIN.
 */
export class ResetPeerStage implements Stage {
  readonly congested = false;
  readonly #timeoutMs: number;
  readonly #sink: Sink;
  #timer: NodeJS.Timeout | null = null;

  constructor(attributes: ToxicAttributes["reset_peer"], sink: Sink) {
    this.#timeoutMs = attributes.timeout;
    this.#sink = sink;
  }

  get closesWhenRemoved(): boolean {
    return this.#timer !== null;
  }

  data(): void {
    this.#timer ??= setTimeout(() => this.#sink.end("fin"), Math.max(0, this.#timeoutMs));
  }

  end(): void {
    this.data();
  }

  resume(held: Held): void {
    if (held.content.length > 0) this.data();
  }

  stop(): Held[] {
    if (this.#timer !== null) clearTimeout(this.#timer);
    return [];
  }
}
