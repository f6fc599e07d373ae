/** The kinds of one-time watches that a client holds at its server. */
export type WatchKind = "data" | "exist" | "child";
export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged";

/** Paths of one `setWatches` request are kept below this many bytes: a frame has a limit. */
const BATCH_BYTES_MAX = 100_000;

export interface WatchBatch {
  readonly data: string[];
  readonly exist: string[];
  readonly child: string[];
}

/** The watches that a session has left, so that a reconnect can set them again. */
export class WatchRegistry {
  readonly #data = new Set<string>();
  readonly #exist = new Set<string>();
  readonly #child = new Set<string>();

  get size(): number {
    return this.#data.size + this.#exist.size + this.#child.size;
  }

  add(kind: WatchKind, path: string): void {
    this.#of(kind).add(path);
  }

  /** An event came: the one-time watches that it stands for are used up. */
  fired(type: WatchEventType, path: string): void {
    if (type === "childrenChanged") {
      this.#child.delete(path);
      return;
    }
    this.#data.delete(path);
    this.#exist.delete(path);
    if (type === "deleted") this.#child.delete(path);
  }

  clear(): void {
    this.#data.clear();
    this.#exist.clear();
    this.#child.clear();
  }

  /** All watches, in batches that fit into frames; none when there are no watches. */
  batches(): WatchBatch[] {
    const batches: WatchBatch[] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const kind of ["data", "exist", "child"] as const) {
      for (const path of this.#of(kind)) {
        bytes += 4 + 3 * path.length;
        if (bytes > BATCH_BYTES_MAX) {
          batches.push({ data: [], exist: [], child: [] });
          bytes = 4 + 3 * path.length;
        }
        batches[batches.length - 1]?.[kind].push(path);
      }
    }
    return batches;
  }

  #of(kind: WatchKind): Set<string> {
    switch (kind) {
      case "data":
        return this.#data;
      case "exist":
        return this.#exist;
      case "child":
        return this.#child;
    }
  }
}
