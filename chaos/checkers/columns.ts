/**
 * Lists of numbers that grow, outside the heap and at a few bytes each.
 */
const FIRST_LENGTH = 1_024;
const GROWTH = 1.5;

export class Int32Column {
  length = 0;
  #items = new Int32Array(FIRST_LENGTH);

  /** Of a signed 32-bit number. */
  push(item: number): void {
    if (this.length === this.#items.length) {
      const longer = new Int32Array(Math.ceil(this.length * GROWTH));
      longer.set(this.#items);
      this.#items = longer;
    }
    this.#items[this.length++] = item;
  }

  /** `index` must be that of an item. */
  at(index: number): number {
    return this.#items[index] as number;
  }
}

export class Float64Column {
  length = 0;
  #items = new Float64Array(FIRST_LENGTH);

  push(item: number): void {
    if (this.length === this.#items.length) {
      const longer = new Float64Array(Math.ceil(this.length * GROWTH));
      longer.set(this.#items);
      this.#items = longer;
    }
    this.#items[this.length++] = item;
  }

  /** `index` must be that of an item. */
  at(index: number): number {
    return this.#items[index] as number;
  }
}
