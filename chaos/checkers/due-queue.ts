/**
 * Things that fall due at a zxid, the lowest first: a binary heap.
 */
export interface Due<T> {
  readonly zxid: number;
  readonly item: T;
}

export class DueQueue<T> {
  #heap: Due<T>[] = [];

  /** The zxid of the first; Infinity when there is none. */
  get firstZxid(): number {
    return this.#heap[0]?.zxid ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#heap = [];
  }

  push(zxid: number, item: T): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = heap[parent] as Due<T>;
      if (above.zxid <= zxid) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = { zxid, item };
  }

  /** Takes the first; null when there is none. */
  pop(): Due<T> | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an item where the first was, and lets it sink to its place. */
  #sink(due: Due<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      const lower = right !== undefined && right.zxid < left.zxid ? right : left;
      if (lower === right) child++;
      if (lower.zxid >= due.zxid) break;
      heap[at] = lower;
      at = child;
    }
    heap[at] = due;
  }
}
