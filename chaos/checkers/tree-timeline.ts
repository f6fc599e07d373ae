/**
 * The tree at every zxid, from the final log: per path a list of versions, looked up by binary search.
 */
import type { ServerTxn } from "../../results/history.ts";
import { upperBound } from "./final-log.ts";
import type { FinalLog } from "./final-log.ts";
import { changesOf, isKeptByServers, isSessionOwner } from "./txn-changes.ts";

/** A znode from `zxid` on, until the next version. */
export interface NodeVersion {
  readonly zxid: number;
  readonly exists: boolean;
  /** −1: not known (created before the log begins). */
  readonly czxid: number;
  readonly mzxid: number;
  readonly version: number;
  /** The value's tag; undefined: not known. */
  readonly value: string | null | undefined;
  /** As the Stat shows it: the ephemeral's session, "0x0" for a persistent znode; "" when not known. */
  readonly ephemeralOwner: string;
}

/** A child's coming or going. */
export interface ChildChange {
  readonly zxid: number;
  readonly name: string;
  readonly added: boolean;
}

/** What a Stat says of a znode's children, from `zxid` on. */
export interface ChildCounts {
  readonly zxid: number;
  /** Children created since the znode was. */
  readonly creations: number;
  readonly children: number;
  readonly pzxid: number;
}

const ABSENT: NodeVersion = {
  zxid: 0,
  exists: false,
  czxid: -1,
  mzxid: -1,
  version: -1,
  value: undefined,
  ephemeralOwner: "",
};

export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Znodes that are there from the start, outside the log. */
export function isSystemPath(path: string): boolean {
  return path === "/" || path === "/zookeeper" || path.startsWith("/zookeeper/");
}

export class TreeTimeline {
  readonly #versions = new Map<string, NodeVersion[]>();
  readonly #changes = new Map<string, ChildChange[]>();
  readonly #counts = new Map<string, ChildCounts[]>();
  readonly #ephemerals = new Map<string, Set<string>>();
  readonly #whole: boolean;

  constructor(log: FinalLog) {
    this.#whole = log.fromZxid === 0;
    for (const txn of log.entries) {
      if (txn.type !== "multi" && txn.type !== "reconfig") this.#apply(txn);
      else for (const change of changesOf(txn)) this.#apply(change);
    }
  }

  /** The znode at a zxid; undefined when the log does not tell. */
  nodeAt(path: string, zxid: number): NodeVersion | undefined {
    const known = lastUpTo(this.#versions.get(path), zxid);
    if (known !== undefined) return known;
    return this.#whole && !isSystemPath(path) ? ABSENT : undefined;
  }

  /** What the Stat says of the children at a zxid; undefined when the log does not tell. */
  countsAt(path: string, zxid: number): ChildCounts | undefined {
    return lastUpTo(this.#counts.get(path), zxid);
  }

  /**
   * Every change of the znode's children, zxids rising, from none on; undefined when the log does not
   * tell which there were at its beginning. The root's `zookeeper` is not among them.
   */
  childChanges(path: string): readonly ChildChange[] | undefined {
    return this.#whole ? (this.#changes.get(path) ?? []) : undefined;
  }

  #apply(txn: ServerTxn): void {
    switch (txn.type) {
      case "create":
        this.#create(txn);
        break;
      case "setData":
        this.#setData(txn);
        break;
      case "delete":
        this.#remove(txn.path, txn.zxid);
        break;
      case "closeSession": {
        // What the transaction lists is what the servers remove; whether that was right is for C9.
        const paths = txn.removed ?? [...(this.#ephemerals.get(txn.session) ?? [])];
        for (const path of paths) this.#remove(path, txn.zxid);
        break;
      }
      case "setACL":
      case "multi":
      case "reconfig":
      case "createSession":
      case "error":
        break;
    }
  }

  #create(txn: ServerTxn): void {
    const { zxid, path, ephemeralOwner: owner = "0x0" } = txn;
    // A Stat shows the owners that are sessions, and no others.
    const ephemeralOwner = isSessionOwner(owner) ? owner : "0x0";
    this.#push(path, {
      zxid,
      exists: true,
      czxid: zxid,
      mzxid: zxid,
      version: 0,
      value: valueOf(txn),
      ephemeralOwner,
    });
    append(this.#counts, path, { zxid, creations: 0, children: 0, pzxid: zxid });
    if (isSessionOwner(ephemeralOwner)) {
      const owned = this.#ephemerals.get(ephemeralOwner);
      if (owned === undefined) this.#ephemerals.set(ephemeralOwner, new Set([path]));
      else owned.add(path);
    }
    this.#child(path, zxid, true);
  }

  #setData(txn: ServerTxn): void {
    const before = this.#versions.get(txn.path)?.at(-1);
    const known = before?.exists === true;
    this.#push(txn.path, {
      zxid: txn.zxid,
      exists: true,
      czxid: known ? before.czxid : -1,
      mzxid: txn.zxid,
      version: txn.version ?? (known ? before.version + 1 : -1),
      value: valueOf(txn),
      ephemeralOwner: known ? before.ephemeralOwner : "",
    });
  }

  #remove(path: string, zxid: number): void {
    const before = this.#versions.get(path)?.at(-1);
    this.#push(path, { ...ABSENT, zxid });
    if (before?.exists === true) this.#ephemerals.get(before.ephemeralOwner)?.delete(path);
    this.#child(path, zxid, false);
  }

  #push(path: string, version: NodeVersion): void {
    append(this.#versions, path, version);
  }

  #child(path: string, zxid: number, added: boolean): void {
    const parent = parentOf(path);
    append(this.#changes, parent, { zxid, name: nameOf(path), added });
    const before = this.#counts.get(parent)?.at(-1);
    if (before === undefined) return;
    append(this.#counts, parent, {
      zxid,
      creations: before.creations + (added ? 1 : 0),
      children: before.children + (added ? 1 : -1),
      pzxid: zxid,
    });
  }
}

function valueOf(txn: ServerTxn): string | null | undefined {
  return isKeptByServers(txn.path) ? undefined : txn.value;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function lastUpTo<T extends { readonly zxid: number }>(
  list: readonly T[] | undefined,
  zxid: number,
): T | undefined {
  if (list === undefined) return undefined;
  return list[upperBound(list, zxid, (item) => item.zxid) - 1];
}
