/**
 * Which watchers watch which paths, and the other way round, so that either can go at the cost of its
 * own watches (ZooKeeper's WatchManager, for one-time watches).
 */
export class WatchIndex<W extends object> {
  readonly #byPath = new Map<string, Set<W>>();
  readonly #byWatcher = new Map<W, Set<string>>();
  #size = 0;

  /** Watches: a watcher counts once for each path. */
  get size(): number {
    return this.#size;
  }
  /** The watchers of every path that has any. */
  get paths(): ReadonlyMap<string, ReadonlySet<W>> {
    return this.#byPath;
  }
  /** How many watches a watcher has. */
  countOf(watcher: W): number {
    return this.#byWatcher.get(watcher)?.size ?? 0;
  }

  /** Adding a watch that is there changes nothing. */
  add(path: string, watcher: W): void {
    const watchers = this.#byPath.get(path);
    if (watchers === undefined) this.#byPath.set(path, new Set([watcher]));
    else if (watchers.has(watcher)) return;
    else watchers.add(watcher);
    const paths = this.#byWatcher.get(watcher);
    if (paths === undefined) this.#byWatcher.set(watcher, new Set([path]));
    else paths.add(path);
    this.#size++;
  }

  /** Removes all watches of a path, and gives their watchers in the order in which they came. */
  take(path: string): ReadonlySet<W> | undefined {
    const watchers = this.#byPath.get(path);
    if (watchers === undefined) return undefined;
    this.#byPath.delete(path);
    this.#size -= watchers.size;
    for (const watcher of watchers) {
      const paths = this.#byWatcher.get(watcher);
      paths?.delete(path);
      if (paths?.size === 0) this.#byWatcher.delete(watcher);
    }
    return watchers;
  }

  removeWatcher(watcher: W): void {
    const paths = this.#byWatcher.get(watcher);
    if (paths === undefined) return;
    this.#byWatcher.delete(watcher);
    this.#size -= paths.size;
    for (const path of paths) {
      const watchers = this.#byPath.get(path);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#byPath.delete(path);
    }
  }
}
