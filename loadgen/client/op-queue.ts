import type { Op } from "./op.ts";

const CAPACITY_MIN = 64;

/**
 * Operations in the order they were asked, with the xid each was sent with. One that timed out leaves
 * its xid behind, because its reply may still come and has to be told from the next one's.
 */
export class OpQueue {
  #ops: (Op | null)[] = Array.from<Op | null>({ length: CAPACITY_MIN }).fill(null);
  #xids = new Int32Array(CAPACITY_MIN);
  #mask = CAPACITY_MIN - 1;
  /** Positions that only rise; the slot of one is `position & mask`. */
  #head = 0;
  #tail = 0;
  /** Everything below has timed out or is gone. */
  #live = 0;

  /** Slots in use, those of operations that timed out included. */
  get length(): number {
    return this.#tail - this.#head;
  }
  /** The xid at the head; only when `length` > 0. */
  get headXid(): number {
    return this.#xids[this.#head & this.#mask] as number;
  }

  push(op: Op, xid: number): void {
    if (this.length > this.#mask) this.#grow();
    const slot = this.#tail++ & this.#mask;
    this.#ops[slot] = op;
    this.#xids[slot] = xid;
  }

  /** Takes the head; null when it has timed out before. Only when `length` > 0. */
  shift(): Op | null {
    const slot = this.#head++ & this.#mask;
    const op = this.#ops[slot] as Op | null;
    this.#ops[slot] = null;
    return op;
  }

  /** Lets go of the slots at the head whose operations have timed out. */
  dropTimedOut(): void {
    while (this.#head < this.#tail && this.#ops[this.#head & this.#mask] === null) this.#head++;
  }

  /** When the next operation times out; infinity when there is none. Deadlines rise with position. */
  nextDeadlineMs(): number {
    this.#live = Math.max(this.#live, this.#head);
    while (this.#live < this.#tail) {
      const op = this.#ops[this.#live & this.#mask] as Op | null;
      if (op !== null) return op.deadlineMs;
      this.#live++;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes out the next operation whose deadline is over, leaving its xid; null when there is none. */
  takeExpired(nowMs: number): Op | null {
    if (this.nextDeadlineMs() > nowMs) return null;
    const slot = this.#live & this.#mask;
    const op = this.#ops[slot] as Op | null;
    this.#ops[slot] = null;
    return op;
  }

  #grow(): void {
    const capacity = 2 * (this.#mask + 1);
    const ops = Array.from<Op | null>({ length: capacity }).fill(null);
    const xids = new Int32Array(capacity);
    for (let position = this.#head; position < this.#tail; position++) {
      ops[position & (capacity - 1)] = this.#ops[position & this.#mask] as Op | null;
      xids[position & (capacity - 1)] = this.#xids[position & this.#mask] as number;
    }
    this.#ops = ops;
    this.#xids = xids;
    this.#mask = capacity - 1;
  }
}
