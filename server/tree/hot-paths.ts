/** The paths that most watch, or whose watches fired most often. */

export interface HotPath {
  readonly path: string;
  /** Watches that wait now on this very path. */
  readonly watchers: number;
  /** Events sent since the start; a path with few may have lost them. */
  readonly notifications: number;
}

/** What makes a path hot. */
export type Heat = "watchers" | "notifications";

/** Keeps the hottest of the paths that it is offered. A path with `watchers` 0 may be offered too. */
export class HottestPaths {
  readonly #limit: number;
  readonly #notificationsOf: (path: string) => number;
  readonly #by: Heat;
  readonly #top: HotPath[] = [];

  constructor(limit: number, notificationsOf: (path: string) => number, by: Heat) {
    this.#limit = limit;
    this.#notificationsOf = notificationsOf;
    this.#by = by;
  }

  /** The hottest first. */
  get paths(): HotPath[] {
    return this.#top;
  }

  /** Costs next to nothing for a path that is not among them. */
  offer(path: string, watchers: number): void {
    const last = this.#top[this.#limit - 1];
    if (this.#by === "watchers" && last !== undefined && watchers < last.watchers) return;
    const hot = { path, watchers, notifications: this.#notificationsOf(path) };
    if (last !== undefined && this.#hotter(hot, last) >= 0) return;
    // The list is short: insertion keeps it in order without sorting all candidates.
    let at = this.#top.length;
    while (at > 0 && this.#hotter(hot, this.#top[at - 1] as HotPath) < 0) at--;
    this.#top.splice(at, 0, hot);
    if (this.#top.length > this.#limit) this.#top.pop();
  }

  /** Below zero: `a` comes before `b`. By path at last, so that the order is one. */
  #hotter(a: HotPath, b: HotPath): number {
    const other = this.#by === "watchers" ? "notifications" : "watchers";
    return b[this.#by] - a[this.#by] || b[other] - a[other] || (a.path < b.path ? -1 : 1);
  }
}
