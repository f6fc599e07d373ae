/**
 * One timer for a part that says when it must be called next, and may change its mind at any time.
 */
import type { Env, Timer } from "./env.ts";

export class WakeUp {
  readonly #env: Env;
  readonly #run: () => void;
  #timer: Timer | null = null;
  #atMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(env: Env, run: () => void) {
    this.#env = env;
    this.#run = run;
  }

  /** Calls `run` at that time (monotonic ms) instead of the one set before; null: not at all. */
  set(wakeAtMs: number | null): void {
    const atMs = wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (atMs === this.#atMs && this.#timer) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#atMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY || this.#stopped) return;
    this.#timer = this.#env.timers.after(Math.max(0, atMs - this.#env.clock.nowMs()), () => {
      this.#timer = null;
      this.#run();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
