/**
 * Who watches what, as the four-letter commands wchs, wchc and wchp show it: one-time watches for data,
 * persistent and recursive ones; ZooKeeper leaves those of getChildren out.
 */
import type { WatchIndex } from "./watch-index.ts";

export interface WatchSummary {
  /** Connections that watch anything. */
  readonly watchers: number;
  readonly paths: number;
  /** A watcher counts once for each path. */
  readonly watches: number;
}

/** Each method walks all watches: for people who ask, not for polling. */
export class WatchReport<W extends object> {
  readonly #indexes: readonly WatchIndex<W>[];

  constructor(indexes: readonly WatchIndex<W>[]) {
    this.#indexes = indexes;
  }

  summary(): WatchSummary {
    let watchers = 0;
    let watches = 0;
    for (const [, paths] of this.byWatcher()) {
      watchers++;
      watches += paths.size;
    }
    const paths = this.#union((index) => index.paths()).size;
    return { watchers, paths, watches };
  }

  /** Every watched path, with its watchers. */
  *byPath(): Generator<readonly [string, ReadonlySet<W>]> {
    for (const path of this.#union((index) => index.paths())) {
      yield [path, this.#union((index) => index.watchersOf(path))];
    }
  }

  /** Every watcher, with the paths that it watches. */
  *byWatcher(): Generator<readonly [W, ReadonlySet<string>]> {
    for (const watcher of this.#union((index) => index.watchers())) {
      yield [watcher, this.#union((index) => index.pathsOf(watcher))];
    }
  }

  #union<T>(of: (index: WatchIndex<W>) => Iterable<T>): ReadonlySet<T> {
    const all = new Set<T>();
    for (const index of this.#indexes) for (const item of of(index)) all.add(item);
    return all;
  }
}
