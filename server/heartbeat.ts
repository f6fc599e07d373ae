/**
 * Calls twice a tick, and says whether it was late by so much that nobody may be called silent.
 */
import type { Env, Timer } from "./env.ts";

/** After so many late beats in a row, being late is how this server is. */
const MAX_LATE_BEATS = 3;

export class Heartbeat {
  readonly #env: Pick<Env, "clock" | "timers">;
  readonly #intervalMs: number;
  readonly #run: (stoodStill: boolean) => void;
  #timer: Timer | null = null;
  #lateBeats = 0;

  /**
   * `stoodStill`: this process was stopped, starved, or waited for a slow disk. What was heard meanwhile
   * waits to be read, and is read before the next beat; until then nobody is silent. A server that is
   * always late is told false all the same now and then.
   */
  constructor(
    env: Pick<Env, "clock" | "timers">,
    tickMs: number,
    run: (stoodStill: boolean) => void,
  ) {
    this.#env = env;
    this.#intervalMs = tickMs / 2;
    this.#run = run;
  }

  start(): void {
    const { clock, timers } = this.#env;
    const dueMs = clock.nowMs() + this.#intervalMs;
    this.#timer = timers.after(this.#intervalMs, () => {
      const isLate = clock.nowMs() - dueMs > this.#intervalMs;
      const stoodStill = isLate && this.#lateBeats < MAX_LATE_BEATS;
      this.#lateBeats = stoodStill ? this.#lateBeats + 1 : 0;
      this.start();
      this.#run(stoodStill);
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
