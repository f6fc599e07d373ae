/**
 * What a transaction did, for the reply to the request that it came from.
 */
import { ErrorCode } from "../errors.ts";
import type { Stat } from "../wire/replies.ts";
import type { TxnBody, TxnPart } from "./txn.ts";
import type { Znode } from "./znode.ts";

export interface ApplyResult {
  /** The error code of an error transaction; 0 for every other, a multi included. */
  readonly code: number;
  /** The path created, deleted or set; null for multi, session and error transactions. */
  readonly path: string | null;
  /** The znode created or set, as it is now: encode its Stat before the next `apply`. */
  readonly node: Znode | null;
  /** What each part of a multi did; null for every other. */
  readonly parts: readonly PartResult[] | null;
}

export interface PartResult {
  readonly part: TxnPart;
  /** As it was right after this part, of a create or setData; later parts have not changed it. */
  readonly stat: Stat | null;
}

/** The result of a transaction that there is nothing to say about. */
export const DONE: ApplyResult = { code: ErrorCode.Ok, path: null, node: null, parts: null };

/** The result of a change that leaves a znode, or none. */
export function changed(path: string, node: Znode | null): ApplyResult {
  return { code: ErrorCode.Ok, path, node, parts: null };
}
export function failed(code: number): ApplyResult {
  return { code, path: null, node: null, parts: null };
}

/** A Stat that stays as it is. */
export function copyStat(node: Stat): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
    dataLength: node.dataLength,
    numChildren: node.numChildren,
  };
}

/** The body of one kind. */
export type Body<T extends TxnBody["type"]> = Extract<TxnBody, { type: T }>;
