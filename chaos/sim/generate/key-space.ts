/** The paths of a seed: few, so that clients get in each other's way. */
import type { Draw } from "./draw.ts";

export interface KeySpace {
  /** Znodes that everybody writes and reads. */
  readonly hot: readonly string[];
  /** Directories, whose children come and go. */
  readonly directories: readonly string[];
  readonly children: readonly string[];
  /** Where sequential znodes are created: the beginning of their names. */
  readonly sequences: readonly string[];
  readonly ephemerals: readonly string[];
  readonly containers: readonly string[];
  readonly timed: readonly string[];
  /** What agents compete for; nobody else touches it. */
  readonly resources: readonly string[];
}

export function drawKeySpace(draw: Draw): KeySpace {
  const names = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const directories = names("/d", draw.whole(1, 3));
  return {
    hot: names("/k", draw.whole(1, 5)),
    directories,
    children: directories.flatMap((each) => names(`${each}/n`, draw.whole(1, 4))),
    sequences: directories.map((each) => `${each}/s-`),
    ephemerals: [...names("/e", draw.whole(1, 3)), ...directories.map((each) => `${each}/e`)],
    containers: names("/c", draw.whole(1, 2)),
    timed: names("/t", draw.whole(1, 2)),
    resources: names("/lock", draw.whole(1, 2)),
  };
}

/** Everything that reads and watches may look at. */
export function anyPath(keys: KeySpace, draw: Draw): string {
  return draw.weighted([
    [draw.pick(keys.hot), 5],
    [draw.pick(keys.children), 3],
    [draw.pick(keys.ephemerals), 3],
    [draw.pick(keys.directories), 2],
    [draw.pick(keys.containers), 1],
    [draw.pick(keys.timed), 1],
  ]);
}
