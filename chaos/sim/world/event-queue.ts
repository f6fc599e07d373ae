/** The things that are still to happen, by time. */
import type { Host } from "./host.ts";

export interface SimEvent {
  readonly atMs: number;
  /** 0: comes from outside (time, network, disk); 1: the end of the turn that is due at this time. */
  readonly turnEnd: 0 | 1;
  /** Rises: what was asked first comes first among what is due at the same time. */
  readonly order: number;
  /** Whom it happens to; null: to the world. */
  readonly host: Host | null;
  /** The host's life in which it was asked for: it never happens in another. */
  readonly life: number;
  /** Null: cancelled. */
  run: (() => void) | null;
}

/** A binary heap: the earliest event first. */
export class EventQueue {
  readonly #heap: SimEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): SimEvent | undefined {
    return this.#heap[0];
  }

  push(event: SimEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as SimEvent;
      if (!isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  pop(): SimEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    const { length } = heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as SimEvent, heap[child] as SimEvent)) {
        child++;
      }
      const below = heap[child] as SimEvent;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.turnEnd !== b.turnEnd) return a.turnEnd < b.turnEnd;
  return a.order < b.order;
}
