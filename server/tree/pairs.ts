/**
 * Pairs of a key and a value, found by the key. Most keys have one value: that costs no set, so that a
 * million of them stay small.
 */
export class Pairs<K, V extends string | object> {
  /** A value that stands alone, or the set of several. */
  readonly #byKey = new Map<K, V | Set<V>>();

  get keyCount(): number {
    return this.#byKey.size;
  }
  keys(): IterableIterator<K> {
    return this.#byKey.keys();
  }
  /** Visits every key; `count` is how many values it has. */
  eachKey(visit: (key: K, count: number) => void): void {
    for (const [key, found] of this.#byKey) visit(key, found instanceof Set ? found.size : 1);
  }
  hasKey(key: K): boolean {
    return this.#byKey.has(key);
  }
  has(key: K, value: V): boolean {
    const found = this.#byKey.get(key);
    return found instanceof Set ? found.has(value) : found === value;
  }
  countOf(key: K): number {
    const found = this.#byKey.get(key);
    if (found === undefined) return 0;
    return found instanceof Set ? found.size : 1;
  }

  /** Whether the pair is new. */
  add(key: K, value: V): boolean {
    const found = this.#byKey.get(key);
    if (found === undefined) {
      this.#byKey.set(key, value);
      return true;
    }
    if (found instanceof Set) {
      const before = found.size;
      return found.add(value).size > before;
    }
    if (found === value) return false;
    this.#byKey.set(key, new Set([found, value]));
    return true;
  }

  /** Whether the pair was there. */
  delete(key: K, value: V): boolean {
    const found = this.#byKey.get(key);
    if (!(found instanceof Set)) return found === value && this.#byKey.delete(key);
    if (!found.delete(value)) return false;
    if (found.size === 0) this.#byKey.delete(key);
    return true;
  }

  /** Forgets a key; gives the values that it had, in the order in which they came. */
  take(key: K): Iterable<V> {
    if (this.#byKey.size === 0) return NOTHING;
    const values = this.values(key);
    if (values !== NOTHING) this.#byKey.delete(key);
    return values;
  }

  /** The values of a key, in the order in which they came. */
  values(key: K): Iterable<V> {
    const found = this.#byKey.get(key);
    if (found === undefined) return NOTHING;
    return found instanceof Set ? found : [found];
  }
}

const NOTHING: readonly never[] = [];
