/**
 * Watches and what fires them (ZooKeeper's DataTree with its two WatchManagers).
 *
 * | watch | left by | fires on |
 * | --- | --- | --- |
 * | data, once | getData, exists | created, deleted, dataChanged of its znode |
 * | child, once | getChildren | childrenChanged, deleted of its znode |
 * | persistent | addWatch | both, again and again |
 * | recursive | addWatch | created, deleted, dataChanged of its znode and of all below it |
 *
 * Who waits for one event in several ways gets it once.
 */
import type { Zxid } from "../ids.ts";
import { EventType, WatcherType } from "../wire/opcodes.ts";
import type { ChangeKind } from "./data-tree.ts";
import { type Heat, type HotPath, HottestPaths } from "./hot-paths.ts";
import { NotificationCounts } from "./notification-counts.ts";
import { parentOf } from "./path.ts";
import type { Acl } from "./txn.ts";
import { WatchIndex } from "./watch-index.ts";
import { WatchReport } from "./watch-report.ts";

/**
 * Gets each watch event; `zxid` is that of the transaction that caused it. `acl` is that of the znode at
 * `path` (null: not known): who may not read it must not be told. Returns whether the watcher was told;
 * its one-time watch is used up either way, as ZooKeeper does it.
 */
export type Deliver<W> = (
  watcher: W,
  type: EventType,
  path: string,
  zxid: Zxid,
  acl: readonly Acl[] | null,
) => boolean;

const COUNTED_PATHS = 1000;

/** `W` is whatever stands for a connection. The same watch set twice is one watch. */
export class WatchTable<W extends object> {
  /** For the watches that ZooKeeper's four-letter commands show: all but those of getChildren. */
  readonly report: WatchReport<W>;
  readonly #deliver: Deliver<W>;
  readonly #data = new WatchIndex<W>();
  readonly #child = new WatchIndex<W>();
  readonly #persistent = new WatchIndex<W>();
  readonly #recursive = new WatchIndex<W>();
  readonly #all = [this.#data, this.#child, this.#persistent, this.#recursive];
  readonly #byType: Readonly<Record<WatcherType, readonly WatchIndex<W>[]>> = {
    [WatcherType.children]: [this.#child],
    [WatcherType.data]: [this.#data],
    [WatcherType.any]: this.#all,
    [WatcherType.persistent]: [this.#persistent],
    [WatcherType.persistentRecursive]: [this.#recursive],
  };
  readonly #counts = new NotificationCounts(COUNTED_PATHS);

  constructor(deliver: Deliver<W>) {
    this.#deliver = deliver;
    this.report = new WatchReport([this.#data, this.#persistent, this.#recursive]);
  }

  /**
   * All watches, one for each watcher, path and kind (data and exists are one kind). As in ZooKeeper a
   * persistent one counts as a data and a child watch.
   */
  get watchCount(): number {
    const { size } = this.#persistent;
    return this.#data.size + this.#child.size + this.#recursive.size + 2 * size;
  }
  /** How many watches one watcher has, counted in the same way. */
  countOf(watcher: W): number {
    let count = this.#persistent.countOf(watcher);
    for (const index of this.#all) count += index.countOf(watcher);
    return count;
  }

  /** The watch that getData and exists leave. */
  addData(path: string, watcher: W): void {
    this.#data.add(path, watcher);
  }
  /** The watch that getChildren leaves. */
  addChild(path: string, watcher: W): void {
    this.#child.add(path, watcher);
  }
  /** The watches that addWatch leaves: they stay when they fire, beside those of other kinds. */
  addPersistent(path: string, watcher: W): void {
    this.#persistent.add(path, watcher);
  }
  addRecursive(path: string, watcher: W): void {
    this.#recursive.add(path, watcher);
  }

  /** Whether the watcher has such a watch on this very path. */
  has(path: string, watcher: W, type: WatcherType): boolean {
    return this.#byType[type].some((index) => index.has(path, watcher));
  }
  /** Removes such watches of the watcher on this very path; whether there were any. */
  remove(path: string, watcher: W, type: WatcherType): boolean {
    let removed = false;
    for (const index of this.#byType[type]) removed = index.remove(path, watcher) || removed;
    return removed;
  }
  /** Removes all watches of a watcher, at the cost of those alone. */
  removeWatcher(watcher: W): void {
    for (const index of this.#all) index.removeWatcher(watcher);
  }

  /**
   * Delivers the events of a change, and removes the one-time watches that fired. A delete tells each
   * watcher of the znode once, whatever kinds of watches it had; then the parent's watchers hear of
   * their children. Its signature is the tree's `OnChange`.
   */
  trigger(
    change: ChangeKind,
    path: string,
    zxid: Zxid,
    acl: readonly Acl[] | null,
    parentAcl: readonly Acl[] | null,
  ): void {
    if (this.watchCount === 0) return;
    const told = this.#takeData(path);
    this.#fire(told, EventType[change], path, zxid, acl);
    if (change === "dataChanged") return;
    if (change === "deleted") {
      const others = without(this.#takeChild(path), told);
      this.#fire(others, EventType.deleted, path, zxid, acl);
    }
    if (this.#child.size + this.#persistent.size === 0) return;
    const parent = parentOf(path);
    this.#fire(this.#takeChild(parent), EventType.childrenChanged, parent, zxid, parentAcl);
  }

  /**
   * The `k` paths with most watchers (or notifications); among equals, with most of the other. Walks all
   * paths.
   */
  topK(k: number, by: Heat = "watchers"): HotPath[] {
    const hottest = new HottestPaths(k, (path) => this.#counts.get(path), by);
    const used = this.#all.filter((index) => index.size > 0);
    for (const [at, index] of used.entries()) {
      const earlier = used.slice(0, at);
      const later = used.slice(at + 1);
      index.eachPath((path, count) => {
        if (isIn(earlier, path)) return;
        let watchers = count + this.#persistent.watcherCountOf(path);
        for (const other of later) watchers += other.watcherCountOf(path);
        hottest.offer(path, watchers);
      });
    }
    for (const path of this.#counts.paths()) if (!isIn(used, path)) hottest.offer(path, 0);
    return hottest.paths;
  }

  /** Who is to hear of the znode itself. */
  #takeData(path: string): W[] {
    const watchers: W[] = [];
    this.#data.take(path, watchers);
    const once = watchers.length;
    if (this.#persistent.size > 0) {
      for (const watcher of this.#persistent.watchersOf(path)) watchers.push(watcher);
    }
    if (this.#recursive.size > 0) {
      for (let at = path; ; at = parentOf(at)) {
        for (const watcher of this.#recursive.watchersOf(at)) watchers.push(watcher);
        if (at === "/") break;
      }
    }
    return once === watchers.length ? watchers : [...new Set(watchers)];
  }

  /** Who is to hear of the set of the znode's children. */
  #takeChild(path: string): W[] {
    const watchers: W[] = [];
    this.#child.take(path, watchers);
    if (this.#persistent.size === 0 || !this.#persistent.hasPath(path)) return watchers;
    for (const watcher of this.#persistent.watchersOf(path)) watchers.push(watcher);
    return [...new Set(watchers)];
  }

  #fire(
    watchers: readonly W[],
    type: EventType,
    path: string,
    zxid: Zxid,
    acl: readonly Acl[] | null,
  ): void {
    if (watchers.length === 0) return;
    let told = 0;
    for (const watcher of watchers) if (this.#deliver(watcher, type, path, zxid, acl)) told++;
    if (told > 0) this.#counts.add(path, told);
  }
}

function isIn<W extends object>(indexes: readonly WatchIndex<W>[], path: string): boolean {
  return indexes.some((index) => index.hasPath(path));
}

function without<T>(items: readonly T[], others: readonly T[]): readonly T[] {
  if (items.length === 0 || others.length === 0) return items;
  const excluded = new Set(others);
  return items.filter((item) => !excluded.has(item));
}
