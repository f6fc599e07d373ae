import type { SeededRandom } from "../seeded-random.ts";

/** How long to wait between attempts: doubling from `minMs` up to `maxMs`, each ± half of it. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A hundred clients that lost the same server must neither storm the next one nor sleep for long. */
export const DEFAULT_BACKOFF: BackoffOptions = { minMs: 10, maxMs: 100 };

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: SeededRandom;
  #nextMs: number;

  constructor(options: BackoffOptions, random: SeededRandom) {
    this.#options = options;
    this.#random = random;
    this.#nextMs = options.minMs;
  }

  /** The delay before the next attempt. */
  nextDelayMs(): number {
    const delayMs = this.#nextMs * (0.5 + this.#random.float());
    this.#nextMs = Math.min(this.#options.maxMs, 2 * this.#nextMs);
    return delayMs;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#nextMs = this.#options.minMs;
  }
}
