/**
 * Lists of numbers that grow, outside the heap and at a few bytes each. They grow by pieces of one size:
 * nothing is copied, and nothing is left behind in memory that is too small for what comes next.
 */
const PIECE_BITS = 12;
const PIECE_LENGTH = 1 << PIECE_BITS;
const PLACE_MASK = PIECE_LENGTH - 1;

export class Int32Column {
  length = 0;
  readonly #pieces: Int32Array[] = [];

  /** Of a signed 32-bit number. */
  push(item: number): void {
    const place = this.length++ & PLACE_MASK;
    if (place === 0) this.#pieces.push(new Int32Array(PIECE_LENGTH));
    (this.#pieces[this.#pieces.length - 1] as Int32Array)[place] = item;
  }

  /** `index` must be that of an item. */
  at(index: number): number {
    return (this.#pieces[index >>> PIECE_BITS] as Int32Array)[index & PLACE_MASK] as number;
  }
}

export class Float64Column {
  length = 0;
  readonly #pieces: Float64Array[] = [];

  push(item: number): void {
    const place = this.length++ & PLACE_MASK;
    if (place === 0) this.#pieces.push(new Float64Array(PIECE_LENGTH));
    (this.#pieces[this.#pieces.length - 1] as Float64Array)[place] = item;
  }

  /** `index` must be that of an item. */
  at(index: number): number {
    return (this.#pieces[index >>> PIECE_BITS] as Float64Array)[index & PLACE_MASK] as number;
  }
}

/** Stands in a piece of 32-bit numbers for one that is not there; not a number does in the others. */
const NOT_THERE = -(2 ** 31);

/** Numbers that are mostly whole and small, and some of which may not be there: four bytes each then. */
export class NumberColumn {
  length = 0;
  readonly #pieces: (Int32Array | Float64Array)[] = [];

  push(item: number | undefined): void {
    const place = this.length++ & PLACE_MASK;
    if (place === 0) this.#pieces.push(new Int32Array(PIECE_LENGTH));
    const last = this.#pieces.length - 1;
    let piece = this.#pieces[last] as Int32Array | Float64Array;
    if (piece instanceof Int32Array && item !== undefined && !isNarrow(item)) {
      this.#pieces[last] = piece = Float64Array.from(piece, widened);
    }
    piece[place] = item ?? (piece instanceof Int32Array ? NOT_THERE : Number.NaN);
  }

  /** `index` must be that of an item. */
  at(index: number): number | undefined {
    const piece = this.#pieces[index >>> PIECE_BITS] as Int32Array | Float64Array;
    const item = piece[index & PLACE_MASK] as number;
    if (piece instanceof Int32Array) return item === NOT_THERE ? undefined : item;
    return Number.isNaN(item) ? undefined : item;
  }
}

function isNarrow(item: number): boolean {
  return (item | 0) === item && item !== NOT_THERE;
}

function widened(item: number): number {
  return item === NOT_THERE ? Number.NaN : item;
}
