/**
 * What can fire watches, from the final log: per watch a list of events, looked up by binary search.
 */
import type { ServerTxn } from "../../results/history.ts";
import { CauseList, CauseTable } from "./cause-list.ts";
import type { WatchEventType } from "./cause-list.ts";
import type { EphemeralLedger } from "./ephemeral-ledger.ts";
import type { FinalLog } from "./final-log.ts";
import { parentOf } from "./znode-path.ts";
import { changesOf, eachChange } from "./txn-changes.ts";
import type { Change } from "./txn-changes.ts";

/** data: left by getData and exists; child: by getChildren; the others by addWatch. */
export type WatchKind = "data" | "child" | "persistent" | "recursive";

/** The paths on which there are watches, by kind: nothing else is kept. */
export type WatchedPaths = Readonly<Record<WatchKind, Set<string>>>;

/** Rows of the table. */
interface PathCauses {
  /** created, deleted, dataChanged. */
  readonly node: number[];
  /** childrenChanged, deleted. */
  readonly child: number[];
  /** All of them; only for a persistent watch. */
  readonly all: number[] | null;
}

const NO_ROWS: readonly number[] = [];
const PERM_READ = 1;
const READ_BY_ALL = /(?:^|,)world:anyone:(?:(\d+)|([a-z]*))(?:,|$)/;

export class WatchCauses {
  readonly #table = new CauseTable();
  readonly #paths = new Map<string, PathCauses>();
  readonly #subtrees = new Map<string, number[]>();
  readonly #ephemerals: EphemeralLedger;
  /** Znodes that not everybody may read now, and those of which that was so at some time. */
  readonly #hidden = new Set<string>();
  readonly #everHidden = new Set<string>();
  /** Of a log that begins above a snapshot: the znodes whose ACL it tells, from some place on. */
  readonly #told: Set<string> | null;
  /** And those of them that it tells it of from their creation on. */
  readonly #born = new Set<string>();
  #lastAcl = "";
  #lastIsOpen = false;

  constructor(log: FinalLog, ephemerals: EphemeralLedger, watched: WatchedPaths) {
    this.#ephemerals = ephemerals;
    this.#told = log.fromZxid > 0 ? new Set() : null;
    for (const root of watched.recursive) this.#subtrees.set(root, []);
    for (const path of watched.persistent) this.#paths.set(path, { node: [], child: [], all: [] });
    for (const paths of [watched.data, watched.child]) {
      for (const path of paths) {
        if (!this.#paths.has(path)) this.#paths.set(path, { node: [], child: [], all: null });
      }
    }
    const apply = (change: Change, txn: ServerTxn): void => this.#apply(change, txn);
    for (const txn of log.entries) eachChange(txn, apply);
  }

  /** All that a watch of this kind on the path hears of, in the order of the changes. */
  of(kind: WatchKind, path: string): CauseList {
    return new CauseList(this.#table, this.#rowsOf(kind, path));
  }

  #rowsOf(kind: WatchKind, path: string): readonly number[] {
    const causes = this.#paths.get(path);
    switch (kind) {
      case "data":
        return causes?.node ?? NO_ROWS;
      case "child":
        return causes?.child ?? NO_ROWS;
      case "persistent":
        return causes?.all ?? NO_ROWS;
      case "recursive":
        return this.#subtrees.get(path) ?? NO_ROWS;
    }
  }

  /** At some time not everybody might read the znode, as far as is known. */
  wasHidden(path: string): boolean {
    return this.#everHidden.has(path) || (this.#told !== null && !this.#born.has(path));
  }

  /** Whether the transaction gives such an event, at once or to one who has missed it. */
  gives(txn: ServerTxn, type: WatchEventType, path: string): boolean {
    for (const change of changesOf(txn)) {
      const deleted = change.type === "delete" ? [change.path] : this.#removedBy(change);
      if (type === "deleted" && deleted.includes(path)) return true;
      if (type === "childrenChanged" && deleted.some((one) => parentOf(one) === path)) return true;
      if (change.type === "setData" && type === "dataChanged" && change.path === path) return true;
      if (change.type !== "create") continue;
      // To who has missed it a znode created anew is a znode that has changed.
      if (change.path === path && type !== "deleted") return true;
      if (type === "childrenChanged" && parentOf(change.path) === path) return true;
    }
    return false;
  }

  #apply({ type, path, acl }: Change, txn: ServerTxn): void {
    const { zxid } = txn;
    switch (type) {
      case "create":
        if (this.#told !== null && !this.#told.has(path)) this.#born.add(path);
        this.#setAcl(path, acl === undefined || this.#isOpen(acl));
        this.#fire("created", path, zxid);
        break;
      case "setData":
        this.#fire("dataChanged", path, zxid);
        break;
      case "delete":
        this.#fire("deleted", path, zxid);
        break;
      case "closeSession":
        for (const removed of this.#removedBy(txn)) this.#fire("deleted", removed, zxid);
        break;
      case "setACL":
        this.#setAcl(path, acl !== undefined && this.#isOpen(acl));
        break;
      case "check":
      case "multi":
      case "reconfig":
      case "createSession":
      case "error":
        break;
    }
  }

  /** What a closeSession removes, in the order in which servers do it. */
  #removedBy(txn: ServerTxn): readonly string[] {
    if (txn.type !== "closeSession") return [];
    if (txn.removed !== undefined) return txn.removed;
    const owned = this.#ephemerals.sessions.get(txn.session)?.owned ?? [];
    const ended = owned.filter((life) => life.endZxid === txn.zxid);
    return ended.map((life) => life.path).toSorted();
  }

  #setAcl(path: string, open: boolean): void {
    this.#told?.add(path);
    if (open) {
      if (this.#hidden.size > 0) this.#hidden.delete(path);
      return;
    }
    this.#hidden.add(path);
    this.#everHidden.add(path);
  }

  #fire(type: "created" | "deleted" | "dataChanged", path: string, zxid: number): void {
    // Most changes are heard of by nobody.
    let cause: number | null = null;
    const own = this.#paths.get(path);
    if (own !== undefined) {
      cause = this.#cause(type, path, zxid);
      own.node.push(cause);
      own.all?.push(cause);
      if (type === "deleted") own.child.push(cause);
    }
    if (this.#subtrees.size > 0) {
      for (let at = path; ; at = parentOf(at)) {
        const subtree = this.#subtrees.get(at);
        if (subtree !== undefined) subtree.push((cause ??= this.#cause(type, path, zxid)));
        if (at === "/") break;
      }
    }
    if (type === "dataChanged") return;
    const parentPath = parentOf(path);
    const parent = this.#paths.get(parentPath);
    if (parent === undefined) return;
    const changed = this.#cause("childrenChanged", parentPath, zxid);
    parent.child.push(changed);
    parent.all?.push(changed);
  }

  #cause(type: WatchEventType, path: string, zxid: number): number {
    const hidden = this.#hidden.has(path) || (this.#told !== null && !this.#told.has(path));
    return this.#table.add({ zxid, type, path, hidden });
  }

  /** Most znodes have one and the same ACL: it is not read each time. */
  #isOpen(acl: string): boolean {
    if (acl !== this.#lastAcl) {
      this.#lastAcl = acl;
      this.#lastIsOpen = readableByAll(acl);
    }
    return this.#lastIsOpen;
  }
}

function readableByAll(acl: string): boolean {
  const match = READ_BY_ALL.exec(acl);
  if (match === null) return false;
  const [, bits, letters = ""] = match;
  return bits === undefined ? letters.includes("r") : (Number(bits) & PERM_READ) !== 0;
}
