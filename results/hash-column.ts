/**
 * The hashes of log entries: no two are equal, so that there is nothing to share, but each is a number
 * that takes a third of its digits' room.
 */
import { Int32Column } from "./columns.ts";

const USUAL = /^[0-9a-f]{32}$/;
const WORDS = 4;
const WORD_DIGITS = 8;

export class HashColumn {
  length = 0;
  readonly #words = new Int32Column();
  /** By index: what is not of the usual form. */
  readonly #others = new Map<number, string>();

  push(hash: string): void {
    const isUsual = USUAL.test(hash);
    if (!isUsual) this.#others.set(this.length, hash);
    for (let word = 0; word < WORDS; word++) {
      const digits = hash.slice(word * WORD_DIGITS, (word + 1) * WORD_DIGITS);
      this.#words.push(isUsual ? Number.parseInt(digits, 16) | 0 : 0);
    }
    this.length++;
  }

  /** `index` must be that of an item. */
  at(index: number): string {
    const other = this.#others.size === 0 ? undefined : this.#others.get(index);
    if (other !== undefined) return other;
    let hash = "";
    for (let word = 0; word < WORDS; word++) {
      const number = this.#words.at(index * WORDS + word) >>> 0;
      hash += number.toString(16).padStart(WORD_DIGITS, "0");
    }
    return hash;
  }
}
