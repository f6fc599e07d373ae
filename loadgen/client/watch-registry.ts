import { ErrorCode } from "../../server/errors.ts";
import type { Zxid } from "../../server/ids.ts";
import { AddWatchMode, WatcherType } from "../../server/wire/opcodes.ts";
import type { SetWatches2Request, SetWatchesRequest } from "../../server/wire/request-types.ts";
import type { WatchingRequest } from "./op.ts";

/**
 * The kinds of watches that a client holds at its server. The first three are used up by their event;
 * a recursive one stands for its znode and all below it. One path may have all of them.
 */
export type WatchKind = "data" | "exist" | "child" | "persistent" | "recursive";
export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged";

/** Paths of one `setWatches` request are kept below this many bytes: a frame has a limit. */
const BATCH_BYTES_MAX = 100_000;

const KINDS: readonly WatchKind[] = ["data", "exist", "child", "persistent", "recursive"];
/** What each type of removeWatches takes away: `data` is what getData and exists leave. */
const KINDS_OF: ReadonlyMap<number, readonly WatchKind[]> = new Map<WatcherType, WatchKind[]>([
  [WatcherType.children, ["child"]],
  [WatcherType.data, ["data", "exist"]],
  [WatcherType.any, [...KINDS]],
  [WatcherType.persistent, ["persistent"]],
  [WatcherType.persistentRecursive, ["recursive"]],
]);

type Paths<T> = Readonly<Record<WatchKind, T>>;

/**
 * The watches that a session has left, so that a reconnect can set them again (ZKWatchManager of
 * Apache's client). It changes with the answers and events of the server alone.
 */
export class WatchRegistry {
  readonly #paths: Paths<Set<string>> = byKind(() => new Set());

  /** Watches: one for each kind and path. */
  get size(): number {
    return KINDS.reduce((sum, kind) => sum + this.#paths[kind].size, 0);
  }

  has(kind: WatchKind, path: string): boolean {
    return this.#paths[kind].has(path);
  }

  /** A request that leaves or removes watches was answered with this code. */
  answered(request: WatchingRequest, code: number): void {
    const { path } = request;
    switch (request.type) {
      case "exists":
        if (code === ErrorCode.Ok) this.#paths.data.add(path);
        else if (code === ErrorCode.NoNode) this.#paths.exist.add(path);
        return;
      case "getData":
        if (code === ErrorCode.Ok) this.#paths.data.add(path);
        return;
      case "getChildren":
      case "getChildren2":
        if (code === ErrorCode.Ok) this.#paths.child.add(path);
        return;
      case "addWatch": {
        // As in Apache's client: such a watch may wait for a znode that is not there.
        if (code !== ErrorCode.Ok && code !== ErrorCode.NoNode) return;
        const recursive = request.mode === AddWatchMode.persistentRecursive;
        this.#paths[recursive ? "recursive" : "persistent"].add(path);
        return;
      }
      case "removeWatches":
        if (code !== ErrorCode.Ok) return;
        for (const kind of KINDS_OF.get(request.watcherType) ?? []) this.#paths[kind].delete(path);
        return;
      case "checkWatches":
        return;
    }
  }

  /** An event came: the one-time watches that it stands for are used up. */
  fired(type: WatchEventType, path: string): void {
    const { data, exist, child } = this.#paths;
    if (type === "childrenChanged") {
      child.delete(path);
      return;
    }
    data.delete(path);
    exist.delete(path);
    if (type === "deleted") child.delete(path);
  }

  clear(): void {
    for (const kind of KINDS) this.#paths[kind].clear();
  }

  /**
   * What sets all of them again, in requests that fit into frames; none when there are no watches.
   * Those without persistent watches are the older setWatches, which every server understands.
   */
  requests(relativeZxid: Zxid): (SetWatchesRequest | SetWatches2Request)[] {
    return this.#batches().map((batch) => {
      const once = {
        relativeZxid,
        dataWatches: batch.data,
        existWatches: batch.exist,
        childWatches: batch.child,
      };
      if (batch.persistent.length + batch.recursive.length === 0) {
        return { type: "setWatches", ...once };
      }
      const { persistent: persistentWatches, recursive: persistentRecursiveWatches } = batch;
      return { type: "setWatches2", ...once, persistentWatches, persistentRecursiveWatches };
    });
  }

  #batches(): Paths<string[]>[] {
    const batches: Paths<string[]>[] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const kind of KINDS) {
      for (const path of this.#paths[kind]) {
        bytes += 4 + 3 * path.length;
        if (bytes > BATCH_BYTES_MAX) {
          batches.push(byKind(() => []));
          bytes = 4 + 3 * path.length;
        }
        batches[batches.length - 1]?.[kind].push(path);
      }
    }
    return batches;
  }
}

function byKind<T>(make: () => T): Paths<T> {
  return { data: make(), exist: make(), child: make(), persistent: make(), recursive: make() };
}
