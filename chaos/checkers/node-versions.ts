/**
 * Every state that the znodes were in, and every change of their children, by zxid. A long log has as
 * many of them as writes: they are held in columns, and an object is made of one only when it is asked for.
 */

import { Int32Column } from "../../results/columns.ts";
import { RowsByPath } from "./rows-by-path.ts";
import { isKeptByServers, isSessionOwner } from "./txn-changes.ts";
import type { Change } from "./txn-changes.ts";

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

export const ABSENT: NodeVersion = absentFrom(0);

function absentFrom(zxid: number): NodeVersion {
  return {
    zxid,
    exists: false,
    czxid: -1,
    mzxid: -1,
    version: -1,
    value: undefined,
    ephemeralOwner: "",
  };
}

const UNKNOWN = -1;

/** The versions of all znodes; of each they must be added with zxids that do not fall. Paths are numbers. */
export class NodeVersions {
  readonly #rows = new RowsByPath();
  /** By row: what made it so; null: there is no znode. */
  readonly #changes: (Change | null)[] = [];
  /** By row: the row of the znode's creation. */
  readonly #births = new Int32Column();
  readonly #versions = new Int32Column();

  create(path: number, change: Change, zxid: number): void {
    this.#push(path, zxid, change, this.#changes.length, 0);
  }

  setData(path: number, change: Change, zxid: number): void {
    const before = this.#rows.last(path);
    const known = this.#exists(before);
    const birth = known ? this.#births.at(before) : UNKNOWN;
    const due = known ? this.#versions.at(before) + 1 : UNKNOWN;
    this.#push(path, zxid, change, birth, change.version ?? due);
  }

  /** Returns the owner that the znode had, as its Stat showed it; "" when that is not known. */
  remove(path: number, zxid: number): string {
    const before = this.#rows.last(path);
    const owner = this.#exists(before) ? this.#ownerOf(this.#births.at(before)) : "";
    this.#push(path, zxid, null, UNKNOWN, ABSENT.version);
    return owner;
  }

  /** The version at the zxid: the last that is not above it. */
  upTo(path: number, zxid: number): NodeVersion | undefined {
    const row = this.#rows.upTo(path, zxid);
    if (row < 0) return undefined;
    const mzxid = this.#rows.zxidOf(row);
    const change = this.#changes[row] ?? null;
    if (change === null) return absentFrom(mzxid);
    const birth = this.#births.at(row);
    return {
      zxid: mzxid,
      exists: true,
      czxid: birth === UNKNOWN ? UNKNOWN : this.#rows.zxidOf(birth),
      mzxid,
      version: this.#versions.at(row),
      value: isKeptByServers(change.path) ? undefined : change.value,
      ephemeralOwner: this.#ownerOf(birth),
    };
  }

  #exists(row: number): boolean {
    return (this.#changes[row] ?? null) !== null;
  }

  #ownerOf(birth: number): string {
    return birth === UNKNOWN ? "" : shownOwner(this.#changes[birth]?.ephemeralOwner);
  }

  #push(path: number, zxid: number, change: Change | null, birth: number, version: number): void {
    this.#rows.add(path, zxid);
    this.#changes.push(change);
    this.#births.push(birth);
    this.#versions.push(version);
  }
}

/** A Stat shows the owners that are sessions, and no others. */
export function shownOwner(owner = "0x0"): string {
  return isSessionOwner(owner) ? owner : "0x0";
}
