/** The paths that most watch, or whose watches fired most often. */

export interface HotPath {
  readonly path: string;
  /** Watches that wait now on this very path. */
  readonly watchers: number;
  /** Events sent since the start; a path with few may have lost them. */
  readonly notifications: number;
}

/** Keeps the hottest of the paths that it is offered. A path with `watchers` 0 may be offered too. */
export class HottestPaths {
  readonly #limit: number;
  readonly #notificationsOf: (path: string) => number;
  readonly #top: HotPath[] = [];

  constructor(limit: number, notificationsOf: (path: string) => number) {
    this.#limit = limit;
    this.#notificationsOf = notificationsOf;
  }

  /** The hottest first. */
  get paths(): HotPath[] {
    return this.#top;
  }

  /** Costs next to nothing for a path that is not among them. */
  offer(path: string, watchers: number): void {
    const last = this.#top[this.#limit - 1];
    if (last !== undefined && watchers < last.watchers) return;
    const hot = { path, watchers, notifications: this.#notificationsOf(path) };
    if (last !== undefined && hotter(hot, last) >= 0) return;
    // The list is short: insertion keeps it in order without sorting all candidates.
    let at = this.#top.length;
    while (at > 0 && hotter(hot, this.#top[at - 1] as HotPath) < 0) at--;
    this.#top.splice(at, 0, hot);
    if (this.#top.length > this.#limit) this.#top.pop();
  }
}

/** Below zero: `a` comes before `b`. By path at last, so that the order is one. */
function hotter(a: HotPath, b: HotPath): number {
  if (a.watchers !== b.watchers) return b.watchers - a.watchers;
  if (a.notifications !== b.notifications) return b.notifications - a.notifications;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
