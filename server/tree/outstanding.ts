/**
 * Changes that were proposed and are not applied yet, by key; each with the zxid that makes it
 * (PrepRequestProcessor's outstandingChanges). A later change of a key covers the earlier ones.
 */
import type { Zxid } from "../ids.ts";

interface Change<K> {
  readonly key: K;
  readonly zxid: Zxid;
}

/** How many dropped changes may lie at the front of the queue before it is moved up. */
const COMPACT_AFTER = 1024;

export class Outstanding<K, C extends Change<K>> {
  readonly #latest = new Map<K, C>();
  #queue: C[] = [];
  #head = 0;
  /** While changes may be taken back: what they cover, by key. */
  #covered: Map<K, C | undefined> | null = null;
  #mark = 0;

  /** The latest change of this key that is outstanding. */
  get(key: K): C | undefined {
    return this.#latest.get(key);
  }
  /** The latest change of every key that has one. */
  all(): IterableIterator<C> {
    return this.#latest.values();
  }
  /** Changes that are outstanding, covered ones included. */
  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** Adds a change; zxids do not fall from one to the next. */
  add(change: C): void {
    if (this.#covered !== null && !this.#covered.has(change.key)) {
      this.#covered.set(change.key, this.#latest.get(change.key));
    }
    this.#latest.set(change.key, change);
    this.#queue.push(change);
  }

  /** From here on, until `keep` or `takeBack`, changes may be taken back. */
  begin(): void {
    this.#covered = new Map();
    this.#mark = this.#queue.length;
  }
  /** The changes since `begin` stay. */
  keep(): void {
    this.#covered = null;
  }
  /** Takes back the changes since `begin`: what they covered is uncovered. */
  takeBack(): void {
    for (const [key, change] of this.#covered ?? []) {
      if (change === undefined) this.#latest.delete(key);
      else this.#latest.set(key, change);
    }
    this.#queue.length = this.#mark;
    this.#covered = null;
  }

  /** Forgets the changes up to `zxid`; not between `begin` and `keep` or `takeBack`. */
  dropThrough(zxid: Zxid): void {
    let change = this.#queue[this.#head];
    while (change !== undefined && change.zxid <= zxid) {
      if (this.#latest.get(change.key) === change) this.#latest.delete(change.key);
      change = this.#queue[++this.#head];
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#latest.clear();
    this.#queue = [];
    this.#head = 0;
  }
}
