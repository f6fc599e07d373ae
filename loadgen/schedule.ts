import type { Env, Timer } from "../server/env.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** When work arrives: at a fixed interval, or as a Poisson process of the same mean rate. */
export interface Arrivals {
  readonly kind: "constant" | "poisson";
  readonly perSecond: number;
}

/** Arrivals handed out in one turn at most; the rest waits for the next turn, its times kept. */
const BURST_MAX = 500;
/** An arrival handed out later than this after its time counts as late. */
const LATE_MS = 20;

/**
 * Open-loop arrivals. The intended times depend on the rate (and the seed) alone, never on how fast
 * replies come: when the process falls behind, arrivals are handed out late with the times that they
 * were meant for, and are counted as late, so that latency counted from them stays honest.
 */
export class Schedule {
  readonly #env: Env;
  readonly #arrivals: Arrivals;
  readonly #random: SeededRandom;
  readonly #fire: (intendedMs: number) => void;
  readonly #gapMs: number;
  #timer: Timer | null = null;
  #running = false;
  #nextMs = 0;
  /** Arrivals handed out so far. */
  count = 0;
  /** Of which later than 20 ms after their time. */
  lateCount = 0;
  /** The latest of all, milliseconds. */
  lateMaxMs = 0;

  /** `fire` gets each arrival's intended time (`env.clock.nowMs`). Throws for a rate not above 0. */
  constructor(
    env: Env,
    arrivals: Arrivals,
    random: SeededRandom,
    fire: (intendedMs: number) => void,
  ) {
    if (!(arrivals.perSecond > 0 && Number.isFinite(arrivals.perSecond))) {
      throw new Error(`perSecond ${arrivals.perSecond}: expected a rate above 0`);
    }
    this.#env = env;
    this.#arrivals = arrivals;
    this.#random = random;
    this.#fire = fire;
    this.#gapMs = 1000 / arrivals.perSecond;
  }

  /** Starts, or goes on after `stop`: the first arrival is a random part of a gap from now. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#nextMs = this.#env.clock.nowMs() + this.#gapMs * this.#random.float();
    this.#arm();
  }

  /** No arrival is handed out any more, also none that is due. */
  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  get lateness(): { arrivals: number; late: number; lateMaxMs: number } {
    return { arrivals: this.count, late: this.lateCount, lateMaxMs: this.lateMaxMs };
  }

  #arm(): void {
    const delayMs = Math.max(0, this.#nextMs - this.#env.clock.nowMs());
    this.#timer = this.#env.timers.after(delayMs, () => this.#due());
  }

  #due(): void {
    const nowMs = this.#env.clock.nowMs();
    for (let burst = 0; burst < BURST_MAX && this.#running && this.#nextMs <= nowMs; burst++) {
      const intendedMs = this.#nextMs;
      const gaps = this.#arrivals.kind === "poisson" ? this.#random.exponential() : 1;
      this.#nextMs += this.#gapMs * gaps;
      this.count++;
      const lateMs = nowMs - intendedMs;
      if (lateMs > LATE_MS) this.lateCount++;
      if (lateMs > this.lateMaxMs) this.lateMaxMs = lateMs;
      this.#fire(intendedMs);
    }
    if (this.#running) this.#arm();
  }
}
