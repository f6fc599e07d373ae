/**
 * One-time watches and what fires them (ZooKeeper's DataTree with its two WatchManagers).
 */
import type { Zxid } from "../ids.ts";
import { EventType } from "../wire/opcodes.ts";
import type { ChangeKind } from "./data-tree.ts";
import { NotificationCounts } from "./notification-counts.ts";
import { parentOf } from "./path.ts";
import { WatchIndex } from "./watch-index.ts";

/** Gets each watch event; `zxid` is that of the transaction that caused it. */
export type Deliver<W> = (watcher: W, type: EventType, path: string, zxid: Zxid) => void;

/** A path that many watch, or whose watches fired often. */
export interface HotPath {
  readonly path: string;
  /** Watches that wait now. */
  readonly watchers: number;
  /** Events sent since the start; a path with few may have lost them. */
  readonly notifications: number;
}

const COUNTED_PATHS = 1000;

/** `W` is whatever stands for a connection. The same watch set twice is one watch. */
export class WatchTable<W extends object> {
  readonly #deliver: Deliver<W>;
  readonly #data = new WatchIndex<W>();
  readonly #child = new WatchIndex<W>();
  readonly #counts = new NotificationCounts(COUNTED_PATHS);

  constructor(deliver: Deliver<W>) {
    this.#deliver = deliver;
  }

  /** All watches: one for each watcher, path and kind (data and exists are one kind). */
  get watchCount(): number {
    return this.#data.size + this.#child.size;
  }
  /** Paths that are watched, each counted for each kind. */
  get pathCount(): number {
    return this.#data.paths.size + this.#child.paths.size;
  }
  /** How many watches one watcher has. */
  countOf(watcher: W): number {
    return this.#data.countOf(watcher) + this.#child.countOf(watcher);
  }

  /** The watch that getData and exists leave. */
  addData(path: string, watcher: W): void {
    this.#data.add(path, watcher);
  }
  /** The watch that getChildren leaves. */
  addChild(path: string, watcher: W): void {
    this.#child.add(path, watcher);
  }
  /** Removes all watches of a watcher, at the cost of those alone. */
  removeWatcher(watcher: W): void {
    this.#data.removeWatcher(watcher);
    this.#child.removeWatcher(watcher);
  }

  /**
   * Delivers the events of a change, and removes the watches that fired. A delete tells each watcher of
   * the znode once, whatever kinds of watches it had; then the parent's watchers hear of their
   * children. Its signature is the tree's `OnChange`.
   */
  trigger(change: ChangeKind, path: string, zxid: Zxid): void {
    if (this.#data.size === 0 && this.#child.size === 0) return;
    switch (change) {
      case "dataChanged":
        this.#fire(this.#data.take(path), EventType.dataChanged, path, zxid);
        return;
      case "created":
        this.#fire(this.#data.take(path), EventType.created, path, zxid);
        this.#fireParent(path, zxid);
        return;
      case "deleted": {
        const told = this.#data.take(path);
        this.#fire(told, EventType.deleted, path, zxid);
        this.#fire(this.#child.take(path), EventType.deleted, path, zxid, told);
        this.#fireParent(path, zxid);
        return;
      }
    }
  }

  /** The `k` paths with most watchers; among equals, with most notifications. */
  topK(k: number): HotPath[] {
    const candidates = new Set([
      ...this.#data.paths.keys(),
      ...this.#child.paths.keys(),
      ...this.#counts.paths(),
    ]);
    const top: HotPath[] = [];
    for (const path of candidates) {
      const hot = this.#describe(path);
      const last = top[k - 1];
      if (last !== undefined && hotter(hot, last) >= 0) continue;
      // The list is short: insertion keeps it in order without sorting all candidates.
      let at = Math.min(top.length, k);
      while (at > 0 && hotter(hot, top[at - 1] as HotPath) < 0) at--;
      top.splice(at, 0, hot);
      if (top.length > k) top.pop();
    }
    return top;
  }

  #fireParent(path: string, zxid: Zxid): void {
    if (this.#child.size === 0) return;
    const parent = parentOf(path);
    this.#fire(this.#child.take(parent), EventType.childrenChanged, parent, zxid);
  }

  #fire(
    watchers: ReadonlySet<W> | undefined,
    type: EventType,
    path: string,
    zxid: Zxid,
    alreadyTold?: ReadonlySet<W>,
  ): void {
    if (watchers === undefined) return;
    let told = 0;
    for (const watcher of watchers) {
      if (alreadyTold?.has(watcher)) continue;
      told++;
      this.#deliver(watcher, type, path, zxid);
    }
    this.#counts.add(path, told);
  }

  #describe(path: string): HotPath {
    const data = this.#data.paths.get(path)?.size ?? 0;
    const child = this.#child.paths.get(path)?.size ?? 0;
    return { path, watchers: data + child, notifications: this.#counts.get(path) };
  }
}

/** Below zero: `a` comes before `b`. By path at last, so that the order is one. */
function hotter(a: HotPath, b: HotPath): number {
  if (a.watchers !== b.watchers) return b.watchers - a.watchers;
  if (a.notifications !== b.notifications) return b.notifications - a.notifications;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
