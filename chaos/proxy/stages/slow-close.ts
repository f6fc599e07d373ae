import type { ToxicAttributes } from "../toxic.ts";
import { DelayingStage } from "./delaying-stage.ts";
import type { Sink } from "./stage.ts";

/** Data passes; the end of the stream follows `delay` milliseconds late. */
export class SlowCloseStage extends DelayingStage {
  readonly #delayMs: number;
  readonly congested = false;

  constructor(attributes: ToxicAttributes["slow_close"], sink: Sink) {
    super(sink);
    this.#delayMs = attributes.delay;
  }

  protected schedule(chunk: Buffer, arrivedMs: number): void {
    this.line.add(chunk, arrivedMs, arrivedMs);
  }

  protected override endDueMs(arrivedMs: number): number {
    return arrivedMs + this.#delayMs;
  }
}
