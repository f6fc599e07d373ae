import type { Zxid } from "../ids.ts";
import type { EventType } from "../wire/opcodes.ts";
import type { ChangeKind } from "./data-tree.ts";

/** Gets each watch event; it must not change the table before `trigger` returns. */
export type Deliver<W> = (watcher: W, type: EventType, path: string, zxid: Zxid) => void;

export interface HotPath {
  readonly path: string;
  readonly watchers: number;
  readonly notifications: number;
}

/** One-time watches: `W` is whatever stands for a connection. */
export class WatchTable<W extends object> {
  constructor(_deliver: Deliver<W>) {}
  /** A data or exists watch. */
  addData(_path: string, _watcher: W): void {
    throw new Error("not built yet");
  }
  addChild(_path: string, _watcher: W): void {
    throw new Error("not built yet");
  }
  trigger(_change: ChangeKind, _path: string, _zxid: Zxid): void {
    throw new Error("not built yet");
  }
  /** Removes all watches of a connection. */
  removeWatcher(_watcher: W): void {
    throw new Error("not built yet");
  }
  get watchCount(): number {
    throw new Error("not built yet");
  }
  get pathCount(): number {
    throw new Error("not built yet");
  }
  /** The `k` paths with most watchers, then most notifications. */
  topK(_k: number): HotPath[] {
    throw new Error("not built yet");
  }
}
