import type { Zxid } from "../ids.ts";
import type { EventType } from "../wire/opcodes.ts";
import type { DataTree } from "./data-tree.ts";

export interface WatchLists {
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}
export interface MissedEvent {
  readonly type: EventType;
  readonly path: string;
  readonly zxid: Zxid;
}
export interface Rewatch {
  /** To be sent before the reply, in this order. */
  readonly missed: readonly MissedEvent[];
  /** To be registered with `addData` (data and exists watches). */
  readonly data: readonly string[];
  /** To be registered with `addChild`. */
  readonly child: readonly string[];
}
export function rewatch(_tree: DataTree, _lists: WatchLists): Rewatch {
  throw new Error("not built yet");
}
