/**
 * What a client that comes back has missed (DataTree.setWatches of ZooKeeper): it names its one-time
 * watches and the last zxid it has seen, and each watch has fired since then, or waits on.
 */
import type { Zxid } from "../ids.ts";
import { EventType } from "../wire/opcodes.ts";
import type { DataTree } from "./data-tree.ts";
import type { Acl } from "./txn.ts";
import type { Znode } from "./znode.ts";

/** The part of setWatches and setWatches2 that tells of one-time watches. */
export interface WatchLists {
  /** The last zxid that the client has seen. */
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}

export interface MissedEvent {
  readonly type: EventType;
  readonly path: string;
  /** The last transaction that can have caused it; −1 for a delete, which leaves no trace. */
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

const UNKNOWN_ZXID = -1 as Zxid;

/**
 * Changes nothing: the caller sends and registers. As if live, a deleted znode is told once, and what
 * `mayRead` keeps from the client is not told, though it uses the watch up.
 */
export function rewatch(
  tree: DataTree,
  lists: WatchLists,
  mayRead: (acl: readonly Acl[]) => boolean,
): Rewatch {
  const { relativeZxid } = lists;
  const missed: MissedEvent[] = [];
  const data: string[] = [];
  const child: string[] = [];
  const deleted = new Set<string>();
  const tellDeleted = (path: string): void => {
    if (deleted.has(path)) return;
    deleted.add(path);
    missed.push({ type: EventType.deleted, path, zxid: UNKNOWN_ZXID });
  };
  const tell = (type: EventType, { path, acl }: Znode, zxid: Zxid): void => {
    if (mayRead(acl)) missed.push({ type, path, zxid });
  };

  for (const path of lists.dataWatches) {
    const node = tree.get(path);
    if (node === undefined) tellDeleted(path);
    else if (node.mzxid > relativeZxid) tell(EventType.dataChanged, node, node.mzxid);
    else data.push(path);
  }
  for (const path of lists.existWatches) {
    const node = tree.get(path);
    if (node === undefined) data.push(path);
    else tell(EventType.created, node, node.czxid);
  }
  for (const path of lists.childWatches) {
    const node = tree.get(path);
    if (node === undefined) tellDeleted(path);
    else if (node.pzxid > relativeZxid) tell(EventType.childrenChanged, node, node.pzxid);
    else child.push(path);
  }
  return { missed, data, child };
}
