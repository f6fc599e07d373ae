/**
 * The tree at every zxid, from the final log: per path a list of versions, looked up by binary search.
 */
import type { ServerTxn } from "../../results/history.ts";
import { ChildChanges } from "./child-changes.ts";
import type { ChildChange, ChildCounts } from "./child-changes.ts";
import type { FinalLog } from "./final-log.ts";
import { ABSENT, NodeVersions, shownOwner } from "./node-versions.ts";
import type { NodeVersion } from "./node-versions.ts";
import { eachChange } from "./txn-changes.ts";
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
        this.#versions.setData(change, zxid);
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
    const { path } = change;
    const owner = shownOwner(change.ephemeralOwner);
    this.#versions.create(change, zxid);
    this.#children.begin(path, zxid);
    if (owner !== "0x0") {
      const owned = this.#ephemerals.get(owner);
      if (owned === undefined) this.#ephemerals.set(owner, new Set([path]));
      else owned.add(path);
    }
    this.#child(path, zxid, true);
  }

  #remove(path: string, zxid: number): void {
    const owner = this.#versions.remove(path, zxid);
    this.#ephemerals.get(owner)?.delete(path);
    this.#child(path, zxid, false);
  }

  #child(path: string, zxid: number, added: boolean): void {
    this.#children.add(parentOf(path), path, zxid, added);
  }
}
