import { performance } from "node:perf_hooks";
import type { Ending, Held, Sink } from "./stage.ts";
import { passOn } from "./stage.ts";

/** So many released pieces stay in the array before they are cut off in one go. */
const RELEASED_KEPT_MAX = 1024;

interface Waiting extends Held {
  readonly dueMs: number;
}

/**
 * A queue in which every piece has a time before which it may not leave. Pieces leave in the order in
 * which they came, so one that is due early still waits for those ahead of it.
 */
export class DelayLine {
  readonly #sink: Sink;
  #waiting: Waiting[] = [];
  /** The first piece that is still here: removing from the front of an array would copy the rest. */
  #first = 0;
  #heldBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get length(): number {
    return this.#waiting.length - this.#first;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Queues a piece. One that is due goes on at once when nothing is ahead of it; with `dueMs`
   * Infinity it stays until `stop`.
   */
  add(content: Buffer | Ending, arrivedMs: number, dueMs: number): void {
    if (this.length === 0 && dueMs <= performance.now()) {
      passOn(content, this.#sink);
      return;
    }
    this.#waiting.push({ content, arrivedMs, dueMs });
    this.#heldBytes += sizeOf(content);
    this.#arm();
  }

  stop(): Held[] {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const held = this.#waiting.slice(this.#first);
    this.#waiting = [];
    this.#first = 0;
    this.#heldBytes = 0;
    return held;
  }

  #arm(): void {
    const next = this.#waiting[this.#first];
    if (this.#timer !== null || next === undefined || next.dueMs === Infinity) return;
    const waitMs = Math.max(1, Math.ceil(next.dueMs - performance.now()));
    this.#timer = setTimeout(() => this.#release(), waitMs);
  }

  #release(): void {
    this.#timer = null;
    // Timers may come a fraction of a millisecond early: the clock decides, not the timer.
    const nowMs = performance.now();
    for (;;) {
      const next = this.#waiting[this.#first];
      if (next === undefined || next.dueMs > nowMs) break;
      this.#first++;
      this.#heldBytes -= sizeOf(next.content);
      if (this.#first === this.#waiting.length || this.#first >= RELEASED_KEPT_MAX) {
        this.#waiting.splice(0, this.#first);
        this.#first = 0;
      }
      passOn(next.content, this.#sink);
    }
    this.#arm();
  }
}

function sizeOf(content: Buffer | Ending): number {
  return typeof content === "string" ? 0 : content.length;
}
