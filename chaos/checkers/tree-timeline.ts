/**
 * The tree at every zxid, from the final log: per path a list of versions, looked up by binary search.
 */
import type { ServerTxn } from "../../results/history.ts";
import { ChildChanges } from "./child-changes.ts";
import type { ChildChange, ChildCounts } from "./child-changes.ts";
import type { FinalLog } from "./final-log.ts";
import { ABSENT, NodeVersions } from "./node-versions.ts";
import type { NodeVersion } from "./node-versions.ts";
import { eachChange, isKeptByServers, isSessionOwner } from "./txn-changes.ts";
import type { Change } from "./txn-changes.ts";

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
  readonly #versions = new NodeVersions();
  readonly #children = new ChildChanges();
  readonly #ephemerals = new Map<string, Set<string>>();
  readonly #whole: boolean;

  constructor(log: FinalLog) {
    this.#whole = log.fromZxid === 0;
    const apply = (change: Change, txn: ServerTxn): void => this.#apply(change, txn);
    for (const txn of log.entries) eachChange(txn, apply);
  }

  /** The znode at a zxid; undefined when the log does not tell. */
  nodeAt(path: string, zxid: number): NodeVersion | undefined {
    const known = this.#versions.upTo(path, zxid);
    if (known !== undefined) return known;
    return this.#whole && !isSystemPath(path) ? ABSENT : undefined;
  }

  /** What the Stat says of the children at a zxid; undefined when the log does not tell. */
  countsAt(path: string, zxid: number): ChildCounts | undefined {
    return this.#children.countsUpTo(path, zxid);
  }

  /**
   * Every change of the znode's children, zxids rising, from none on; undefined when the log does not
   * tell which there were at its beginning. The root's `zookeeper` is not among them.
   */
  childChanges(path: string): readonly ChildChange[] | undefined {
    return this.#whole ? this.#children.of(path) : undefined;
  }

  #apply(change: Change, { zxid, removed, session }: ServerTxn): void {
    switch (change.type) {
      case "create":
        this.#create(change, zxid);
        break;
      case "setData":
        this.#setData(change, zxid);
        break;
      case "delete":
        this.#remove(change.path, zxid);
        break;
      case "closeSession": {
        // What the transaction lists is what the servers remove; whether that was right is for C9.
        const paths = removed ?? [...(this.#ephemerals.get(session) ?? [])];
        for (const path of paths) this.#remove(path, zxid);
        break;
      }
      case "setACL":
      case "check":
      case "multi":
      case "reconfig":
      case "createSession":
      case "error":
        break;
    }
  }

  #create(change: Change, zxid: number): void {
    const { path, ephemeralOwner: owner = "0x0" } = change;
    // A Stat shows the owners that are sessions, and no others.
    const ephemeralOwner = isSessionOwner(owner) ? owner : "0x0";
    const value = valueOf(change);
    this.#versions.add(path, { zxid, czxid: zxid, version: 0, value, ephemeralOwner });
    this.#children.begin(path, zxid);
    if (ephemeralOwner !== "0x0") {
      const owned = this.#ephemerals.get(ephemeralOwner);
      if (owned === undefined) this.#ephemerals.set(ephemeralOwner, new Set([path]));
      else owned.add(path);
    }
    this.#child(path, zxid, true);
  }

  #setData(change: Change, zxid: number): void {
    const before = this.#versions.last(change.path);
    const known = before?.exists === true;
    this.#versions.add(change.path, {
      zxid,
      czxid: known ? before.czxid : -1,
      version: change.version ?? (known ? before.version + 1 : -1),
      value: valueOf(change),
      ephemeralOwner: known ? before.ephemeralOwner : "",
    });
  }

  #remove(path: string, zxid: number): void {
    const before = this.#versions.last(path);
    this.#versions.addAbsent(path, zxid);
    if (before?.exists === true) this.#ephemerals.get(before.ephemeralOwner)?.delete(path);
    this.#child(path, zxid, false);
  }

  #child(path: string, zxid: number, added: boolean): void {
    this.#children.add(parentOf(path), { zxid, name: nameOf(path), added });
  }
}

function valueOf(change: Change): string | null | undefined {
  return isKeptByServers(change.path) ? undefined : change.value;
}
