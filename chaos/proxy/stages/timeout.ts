import type { ToxicAttributes } from "../toxic.ts";
import type { Ending, Held, Sink, Stage } from "./stage.ts";

/**
 * Drops all data: a black hole. With a `timeout` the connection closes after that many milliseconds in
 * which nothing came. The end of the stream still passes, as in Toxiproxy: a process that dies behind
 * a black hole is noticed by its peers.
 */
export class TimeoutStage implements Stage {
  readonly congested = false;
  readonly closesWhenRemoved = true;
  readonly #sink: Sink;
  readonly #timer: NodeJS.Timeout | null;

  constructor(attributes: ToxicAttributes["timeout"], sink: Sink) {
    this.#sink = sink;
    const { timeout: timeoutMs } = attributes;
    this.#timer = timeoutMs > 0 ? setTimeout(() => sink.end("fin"), timeoutMs) : null;
  }

  data(): void {
    this.#timer?.refresh();
  }

  end(ending: Ending): void {
    this.#sink.end(ending);
  }

  resume(held: Held): void {
    if (typeof held.content === "string") this.end(held.content);
  }

  stop(): Held[] {
    if (this.#timer !== null) clearTimeout(this.#timer);
    return [];
  }
}
