/**
 * The machine's clock and timers.
 */
import type { Clock, Timer, Timers } from "../env.ts";

export const nodeClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
};

/** The longest delay that setTimeout takes; it fires at once for a longer one. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * setTimeout counts in whole milliseconds and may fire up to one too early by the finer clock; then
 * it is armed again, because callers compare `nowMs` with the deadline that they computed.
 */
class NodeTimer implements Timer {
  readonly #dueMs: number;
  readonly #run: () => void;
  #handle: NodeJS.Timeout;

  constructor(delayMs: number, run: () => void) {
    this.#dueMs = performance.now() + delayMs;
    this.#run = run;
    this.#handle = setTimeout(this.#fire, Math.min(Math.ceil(delayMs), MAX_DELAY_MS));
  }

  readonly #fire = (): void => {
    const leftMs = this.#dueMs - performance.now();
    if (leftMs <= 0) this.#run();
    else this.#handle = setTimeout(this.#fire, Math.min(Math.ceil(leftMs), MAX_DELAY_MS));
  };

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export const nodeTimers: Timers = {
  after(delayMs, run) {
    if (!(delayMs >= 0)) throw new RangeError(`timer delay ${delayMs} ms: must be 0 or more`);
    return new NodeTimer(delayMs, run);
  },
  soon(run) {
    setImmediate(run);
  },
};
