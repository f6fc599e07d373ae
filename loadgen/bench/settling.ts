/** A window's rate must be higher than the best before by more than this part to count as a rise. */
const RISE_MIN = 0.03;
/** So many windows in a row without a rise, and the rate has settled. */
const WINDOWS_LEVEL = 2;

/**
 * Whether a rate that is sampled window by window has stopped rising: what a program that is still
 * being compiled while it runs does as it gets warm.
 */
export class Settling {
  #best = 0;
  #level = 0;
  windows = 0;
  /** The rate of the last window. */
  last = 0;

  add(rate: number): void {
    this.#level = rate > this.#best * (1 + RISE_MIN) ? 0 : this.#level + 1;
    this.#best = Math.max(this.#best, rate);
    this.last = rate;
    this.windows++;
  }

  get settled(): boolean {
    return this.#level >= WINDOWS_LEVEL;
  }
}
