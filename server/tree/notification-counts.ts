/**
 * How often watches of each path fired: what shows a hot spot after its one-time watches are gone. A
 * path that fires seldom may lose its count, so that memory stays bounded.
 */
export class NotificationCounts {
  readonly #counts = new Map<string, number>();
  readonly #maxPaths: number;

  /** Keeps at least the `maxPaths` highest counts, and at most twice as many. */
  constructor(maxPaths: number) {
    this.#maxPaths = maxPaths;
  }

  get size(): number {
    return this.#counts.size;
  }
  get(path: string): number {
    return this.#counts.get(path) ?? 0;
  }
  paths(): IterableIterator<string> {
    return this.#counts.keys();
  }

  add(path: string, notifications: number): void {
    this.#counts.set(path, this.get(path) + notifications);
    if (this.#counts.size > 2 * this.#maxPaths) this.#dropLowest();
  }

  /** Sorting half of the table away costs a logarithm per path that came. */
  #dropLowest(): void {
    const byCount = [...this.#counts].sort(([, a], [, b]) => a - b);
    for (const [path] of byCount.slice(0, byCount.length - this.#maxPaths)) {
      this.#counts.delete(path);
    }
  }
}
