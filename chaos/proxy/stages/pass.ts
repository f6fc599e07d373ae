import type { Ending, Held, Sink, Stage } from "./stage.ts";
import { passOn } from "./stage.ts";

/** Changes nothing: the noop toxic, and any toxic on a connection that its toxicity spares. */
export class PassStage implements Stage {
  readonly congested = false;
  readonly closesWhenRemoved = false;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  data(chunk: Buffer): void {
    this.#sink.data(chunk);
  }

  end(ending: Ending): void {
    this.#sink.end(ending);
  }

  resume(held: Held): void {
    passOn(held.content, this.#sink);
  }

  stop(): Held[] {
    return [];
  }
}
