/**
 * The tree at every zxid, from the final log: per path a list of versions, looked up by binary search.
 */
import type { ServerTxn } from "../../results/history.ts";
import { ChildChanges } from "./child-changes.ts";
import type { ChildCounts, ChildSweep } from "./child-changes.ts";
import type { FinalLog } from "./final-log.ts";
import { ABSENT, NodeVersions, shownOwner } from "./node-versions.ts";
import type { NodeVersion } from "./node-versions.ts";
import { PathNumbers } from "./path-numbers.ts";
import { isSystemPath } from "./znode-path.ts";
import { eachChange } from "./txn-changes.ts";
import type { Change } from "./txn-changes.ts";

export class TreeTimeline {
  readonly #paths = new PathNumbers();
  readonly #versions = new NodeVersions();
  readonly #children = new ChildChanges(this.#paths);
  readonly #ephemerals = new Map<string, Set<string>>();
  readonly #whole: boolean;

  constructor(log: FinalLog) {
    this.#whole = log.fromZxid === 0;
    const apply = (change: Change, txn: ServerTxn): void => this.#apply(change, txn);
    for (const txn of log.entries) eachChange(txn, apply);
  }

  /** The znode at a zxid; undefined when the log does not tell. */
  nodeAt(path: string, zxid: number): NodeVersion | undefined {
    const known = this.#versions.upTo(this.#paths.find(path), zxid);
    if (known !== undefined) return known;
    return this.#whole && !isSystemPath(path) ? ABSENT : undefined;
  }

  /** What the Stat says of the children at a zxid; undefined when the log does not tell. */
  countsAt(path: string, zxid: number): ChildCounts | undefined {
    return this.#children.countsUpTo(this.#paths.find(path), zxid);
  }

  /**
   * The names of the znode's children, for zxids that rise; undefined when the log does not tell which
   * there were at its beginning. The root's `zookeeper` is not among them.
   */
  childSweep(path: string): ChildSweep | undefined {
    return this.#whole ? this.#children.sweep(this.#paths.find(path)) : undefined;
  }

  #apply(change: Change, { zxid, removed, session }: ServerTxn): void {
    switch (change.type) {
      case "create":
        this.#create(change, zxid);
        break;
      case "setData":
        this.#versions.setData(this.#paths.numberOf(change.path), change, zxid);
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
    const number = this.#paths.numberOf(path);
    const owner = shownOwner(change.ephemeralOwner);
    this.#versions.create(number, change, zxid);
    this.#children.begin(number, zxid);
    if (owner !== "0x0") {
      const owned = this.#ephemerals.get(owner);
      if (owned === undefined) this.#ephemerals.set(owner, new Set([path]));
      else owned.add(path);
    }
    this.#child(number, zxid, true);
  }

  #remove(path: string, zxid: number): void {
    const number = this.#paths.numberOf(path);
    const owner = this.#versions.remove(number, zxid);
    this.#ephemerals.get(owner)?.delete(path);
    this.#child(number, zxid, false);
  }

  #child(child: number, zxid: number, added: boolean): void {
    this.#children.add(this.#paths.parentOf(child), child, zxid, added);
  }
}
