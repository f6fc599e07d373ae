/**
 * Which ids have been there already. Those of operations count up from 1 and are millions: a bit each.
 */

/** Ids from here on, and those that are no whole numbers, are kept one by one. */
const BIT_IDS = 2 ** 28;
const BYTES_MIN = 1_024;

export class SeenIds {
  #bits = new Uint8Array(BYTES_MIN);
  readonly #others = new Set<number>();

  /** Whether it was not there before. */
  add(id: number): boolean {
    if (!Number.isInteger(id) || id < 0 || id >= BIT_IDS) {
      const { size } = this.#others;
      return this.#others.add(id).size > size;
    }
    const at = id >>> 3;
    if (at >= this.#bits.length) this.#grow(at);
    const bit = 1 << (id & 7);
    const byte = this.#bits[at] ?? 0;
    this.#bits[at] = byte | bit;
    return (byte & bit) === 0;
  }

  #grow(at: number): void {
    const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
    larger.set(this.#bits);
    this.#bits = larger;
  }
}
