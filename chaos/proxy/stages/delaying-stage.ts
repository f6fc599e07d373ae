import { performance } from "node:perf_hooks";
import { DelayLine } from "./delay-line.ts";
import type { Ending, Held, Sink, Stage } from "./stage.ts";

/**
 * The stages that only say when what may leave: latency, bandwidth, slicer and slow_close. They lose
 * nothing, so they can be taken out of a live stream at any time.
 */
export abstract class DelayingStage implements Stage {
  readonly closesWhenRemoved = false;
  protected readonly line: DelayLine;

  constructor(sink: Sink) {
    this.line = new DelayLine(sink);
  }

  abstract get congested(): boolean;
  /** Puts data that came at `arrivedMs` into the line, in as many pieces as it needs. */
  protected abstract schedule(chunk: Buffer, arrivedMs: number): void;
  /** When the end of the stream may leave, if nothing is ahead of it. */
  protected endDueMs(arrivedMs: number): number {
    return arrivedMs;
  }

  data(chunk: Buffer): void {
    this.schedule(chunk, performance.now());
  }

  end(ending: Ending): void {
    this.#scheduleEnd(ending, performance.now());
  }

  resume(held: Held): void {
    if (typeof held.content === "string") this.#scheduleEnd(held.content, held.arrivedMs);
    else this.schedule(held.content, held.arrivedMs);
  }

  stop(): Held[] {
    return this.line.stop();
  }

  #scheduleEnd(ending: Ending, arrivedMs: number): void {
    this.line.add(ending, arrivedMs, this.endDueMs(arrivedMs));
  }
}
