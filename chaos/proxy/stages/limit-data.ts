import type { ToxicAttributes } from "../toxic.ts";
import type { Ending, Held, Sink, Stage } from "./stage.ts";
import { passOn } from "./stage.ts";

/** What a limit has let through on one connection: it outlives a change of the limit. */
export interface TransmittedBytes {
  total: number;
}

/** Lets `bytes` bytes through, counted from when the toxic came, then closes the connection. */
export class LimitDataStage implements Stage {
  readonly congested = false;
  readonly closesWhenRemoved = false;
  readonly #limitBytes: number;
  readonly #transmitted: TransmittedBytes;
  readonly #sink: Sink;

  constructor(
    attributes: ToxicAttributes["limit_data"],
    sink: Sink,
    transmittedBytes: TransmittedBytes,
  ) {
    this.#limitBytes = attributes.bytes;
    this.#transmitted = transmittedBytes;
    this.#sink = sink;
  }

  data(chunk: Buffer): void {
    const remainingBytes = Math.max(0, this.#limitBytes - this.#transmitted.total);
    const allowed = chunk.length <= remainingBytes ? chunk : chunk.subarray(0, remainingBytes);
    this.#transmitted.total += allowed.length;
    if (allowed.length > 0) this.#sink.data(allowed);
    if (this.#transmitted.total >= this.#limitBytes) this.#sink.end("fin");
  }

  end(ending: Ending): void {
    this.#sink.end(ending);
  }

  resume(held: Held): void {
    passOn(held.content, this);
  }

  stop(): Held[] {
    return [];
  }
}
