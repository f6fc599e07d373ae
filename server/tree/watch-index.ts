/**
 * Which watchers watch which paths, and the other way round, so that either can go at the cost of its
 * own watches (ZooKeeper's WatchManager, for watches of one mode).
 */
import { Pairs } from "./pairs.ts";

export class WatchIndex<W extends object> {
  readonly #byPath = new Pairs<string, W>();
  readonly #byWatcher = new Pairs<W, string>();
  #size = 0;

  /** Watches: a watcher counts once for each path. */
  get size(): number {
    return this.#size;
  }
  get pathCount(): number {
    return this.#byPath.keyCount;
  }
  paths(): IterableIterator<string> {
    return this.#byPath.keys();
  }
  /** Visits every path that is watched; `count` is how many watchers it has. */
  eachPath(visit: (path: string, count: number) => void): void {
    this.#byPath.eachKey(visit);
  }
  watchers(): IterableIterator<W> {
    return this.#byWatcher.keys();
  }
  has(path: string, watcher: W): boolean {
    return this.#byPath.has(path, watcher);
  }
  hasPath(path: string): boolean {
    return this.#byPath.hasKey(path);
  }
  /** How many watchers a path has. */
  watcherCountOf(path: string): number {
    return this.#byPath.countOf(path);
  }
  /** How many watches a watcher has. */
  countOf(watcher: W): number {
    return this.#byWatcher.countOf(watcher);
  }
  /** The watchers of a path, in the order in which they came. */
  watchersOf(path: string): Iterable<W> {
    return this.#byPath.values(path);
  }
  pathsOf(watcher: W): Iterable<string> {
    return this.#byWatcher.values(watcher);
  }

  /** Adding a watch that is there changes nothing. */
  add(path: string, watcher: W): void {
    if (!this.#byPath.add(path, watcher)) return;
    this.#byWatcher.add(watcher, path);
    this.#size++;
  }

  /** Whether the watch was there. */
  remove(path: string, watcher: W): boolean {
    if (!this.#byPath.delete(path, watcher)) return false;
    this.#byWatcher.delete(watcher, path);
    this.#size--;
    return true;
  }

  /** Removes all watches of a path, and appends their watchers to `taken`. */
  take(path: string, taken: W[]): void {
    for (const watcher of this.#byPath.take(path)) {
      this.#byWatcher.delete(watcher, path);
      this.#size--;
      taken.push(watcher);
    }
  }

  /** Removes all watches of a watcher, at the cost of those alone. */
  removeWatcher(watcher: W): void {
    for (const path of this.#byWatcher.take(watcher)) {
      this.#byPath.delete(path, watcher);
      this.#size--;
    }
  }
}
