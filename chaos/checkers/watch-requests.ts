/**
 * What an operation and its answer mean for the watches of a client.
 */
import type { OpRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { tellsState } from "./prepared-history.ts";
import type { WatchKind } from "./watch-causes.ts";

export interface AskedWatch {
  readonly kind: WatchKind;
  /** The answer said that it was set; else it was lost, and the watch may or may not be there. */
  readonly certain: boolean;
  /** data: the znode was there; else the client waits for its creation. */
  readonly existed: boolean;
}

/** The watch that the operation left, or may have left; null when it left none. */
export function askedWatch(op: OpRecord): AskedWatch | null {
  const kind = askedKind(op);
  if (kind === null) return null;
  if (op.outcome === "ok") return { kind, certain: true, existed: true };
  if (op.op === "exists" && op.code === ErrorCode.NoNode && tellsState(op)) {
    return { kind, certain: true, existed: false };
  }
  return isUnanswered(op) ? { kind, certain: false, existed: true } : null;
}

function askedKind(op: OpRecord): WatchKind | null {
  switch (op.op) {
    case "getData":
    case "exists":
      return op.watch === true ? "data" : null;
    case "getChildren":
      return op.watch === true ? "child" : null;
    case "addWatch":
      return op.watchMode ?? "persistent";
    case "connect":
    case "close":
    case "create":
    case "delete":
    case "setData":
    case "sync":
    case "multi":
    case "setACL":
    case "getACL":
    case "reconfig":
    case "removeWatches":
      return null;
  }
}

/** It was sent, and what the server made of it is not known. */
export function isUnanswered(op: OpRecord): boolean {
  if (op.server === 0 || op.outcome === "ok") return false;
  return op.zxid < 0 || op.code === ErrorCode.MarshallingError;
}

/** The server said that there is no such watch: it has looked. */
export function foundNoWatch(op: OpRecord): boolean {
  return op.op === "removeWatches" && op.code === ErrorCode.NoWatcher && op.zxid >= 0;
}

const ALL_KINDS: readonly WatchKind[] = ["data", "child", "persistent", "recursive"];

/** The kinds that removeWatches is about. */
export function removedKinds(op: OpRecord): readonly WatchKind[] {
  switch (op.watchKind ?? "any") {
    case "data":
      return ["data"];
    case "children":
      return ["child"];
    case "persistent":
      return ["persistent"];
    case "recursive":
      return ["recursive"];
    case "any":
      return ALL_KINDS;
  }
}
