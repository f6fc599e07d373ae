import type { ElectionSample } from "./http/view.ts";

const KEPT = 100;

/** The last elections that a server has taken part in, for who asks. */
export class ElectionHistory {
  readonly #samples: ElectionSample[] = [];

  /** The last hundred, in their order. */
  get samples(): readonly ElectionSample[] {
    return this.#samples;
  }

  add(sample: ElectionSample): void {
    this.#samples.push(sample);
    if (this.#samples.length > KEPT) this.#samples.shift();
  }
}
