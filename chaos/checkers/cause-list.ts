/**
 * The events that a watch hears of, as many as there are changes: they lie in a table, the lists have
 * only their rows, and an event is an object while somebody looks at it.
 */
import { Float64Column, Int32Column } from "../../results/columns.ts";
import type { WatchRecord } from "../../results/history.ts";

export type WatchEventType = WatchRecord["type"];

/** One event that a change gives to whoever watches the path. */
export interface WatchCause {
  readonly zxid: number;
  readonly type: WatchEventType;
  readonly path: string;
  /** Not everybody may read the znode: who may not is told nothing, though its one-time watch is used up. */
  readonly hidden: boolean;
}

const TYPES: readonly WatchEventType[] = ["created", "deleted", "dataChanged", "childrenChanged"];

export class CauseTable {
  readonly #zxids = new Float64Column();
  readonly #types = new Int32Column();
  readonly #paths: string[] = [];
  readonly #hidden = new Int32Column();

  /** Its row. */
  add({ zxid, type, path, hidden }: WatchCause): number {
    this.#zxids.push(zxid);
    this.#types.push(TYPES.indexOf(type));
    this.#hidden.push(hidden ? 1 : 0);
    return this.#paths.push(path) - 1;
  }

  zxidOf(row: number): number {
    return this.#zxids.at(row);
  }

  at(row: number): WatchCause {
    return {
      zxid: this.#zxids.at(row),
      type: TYPES[this.#types.at(row)] as WatchEventType,
      path: this.#paths[row] as string,
      hidden: this.#hidden.at(row) === 1,
    };
  }
}

/** Events in the order of the changes. */
export class CauseList {
  readonly #table: CauseTable;
  readonly #rows: readonly number[];

  constructor(table: CauseTable, rows: readonly number[]) {
    this.#table = table;
    this.#rows = rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Undefined: there are not so many. */
  at(index: number): WatchCause | undefined {
    const row = this.#rows[index];
    return row === undefined ? undefined : this.#table.at(row);
  }

  /** Infinity: there are not so many. */
  zxidAt(index: number): number {
    const row = this.#rows[index];
    return row === undefined ? Number.POSITIVE_INFINITY : this.#table.zxidOf(row);
  }

  /** How many are not above the zxid. */
  countUpTo(zxid: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.zxidAt(middle) <= zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *[Symbol.iterator](): Iterator<WatchCause> {
    for (const row of this.#rows) yield this.#table.at(row);
  }
}
