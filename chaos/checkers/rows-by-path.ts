/**
 * Rows of a table that is held in columns, by path and zxid. Most paths have few rows, and there are as
 * many paths as znodes ever were: a list for each of them would take more than the rows.
 */
import { Float64Column, Int32Column } from "../../results/columns.ts";

const NONE = -1;

/** Paths are numbers here: see path-numbers.ts. */
export class RowsByPath {
  readonly #zxids = new Float64Column();
  /** By the path's number. */
  readonly #last: number[] = [];
  /** By row. */
  readonly #pathOf = new Int32Column();
  /** Built when it is first looked for a row, and given up when one is added. */
  #sorted: SortedRows | null = null;

  /** Of a path zxids must not fall. Rows are numbered from 0 on, in the order in which they are added. */
  add(path: number, zxid: number): void {
    const row = this.#zxids.length;
    this.#zxids.push(zxid);
    while (this.#last.length <= path) this.#last.push(NONE);
    this.#last[path] = row;
    this.#pathOf.push(path);
    this.#sorted = null;
  }

  zxidOf(row: number): number {
    return this.#zxids.at(row);
  }

  /** In the order in which they were added. */
  of(path: number): Int32Array {
    if (this.last(path) === NONE) return new Int32Array();
    const { begins, rows } = this.#sort();
    return rows.subarray(begins[path], begins[path + 1]);
  }

  /** −1: there is none. */
  last(path: number): number {
    return this.#last[path] ?? NONE;
  }

  /** The last whose zxid is not above the given one; −1: there is none. */
  upTo(path: number, zxid: number): number {
    const last = this.last(path);
    // What is asked for is mostly about the newest, or about a path that has one row.
    if (last === NONE || this.#zxids.at(last) <= zxid) return last;
    const { begins, rows } = this.#sort();
    const begin = begins[path] as number;
    let low = begin;
    let high = (begins[path + 1] as number) - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#zxids.at(rows[middle] as number) <= zxid) low = middle + 1;
      else high = middle;
    }
    return low === begin ? NONE : (rows[low - 1] as number);
  }

  #sort(): SortedRows {
    return (this.#sorted ??= sortRows(this.#pathOf, this.#last.length));
  }
}

/** The rows path by path: those of path n from `begins[n]` to before `begins[n + 1]`. */
interface SortedRows {
  readonly rows: Int32Array;
  readonly begins: Int32Array;
}

function sortRows(pathOf: Int32Column, paths: number): SortedRows {
  const begins = new Int32Array(paths + 1);
  for (let row = 0; row < pathOf.length; row++) {
    const after = pathOf.at(row) + 1;
    begins[after] = (begins[after] as number) + 1;
  }
  for (let number = 0; number < paths; number++) {
    begins[number + 1] = (begins[number + 1] as number) + (begins[number] as number);
  }
  const next = begins.slice();
  const rows = new Int32Array(pathOf.length);
  for (let row = 0; row < pathOf.length; row++) {
    const number = pathOf.at(row);
    rows[next[number] as number] = row;
    next[number] = (next[number] as number) + 1;
  }
  return { rows, begins };
}
