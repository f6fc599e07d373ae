/**
 * Every state that the znodes were in, and every change of their children, by zxid. A long log has as
 * many of them as writes: they are held in columns, and an object is made of one only when it is asked for.
 */

import { RowsByPath } from "./rows-by-path.ts";

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

export const ABSENT: NodeVersion = {
  zxid: 0,
  exists: false,
  czxid: -1,
  mzxid: -1,
  version: -1,
  value: undefined,
  ephemeralOwner: "",
};

/** The versions of all znodes; of each they must be added with zxids that do not fall. */
export class NodeVersions {
  readonly #rows = new RowsByPath();
  readonly #czxids: number[] = [];
  readonly #versions: number[] = [];
  readonly #values: (string | null | undefined)[] = [];
  /** Null: there is no znode. */
  readonly #owners: (string | null)[] = [];

  /** The znode was created or changed at the zxid. */
  add(path: string, version: Omit<NodeVersion, "exists" | "mzxid">): void {
    this.#rows.add(path, version.zxid);
    this.#czxids.push(version.czxid);
    this.#versions.push(version.version);
    this.#values.push(version.value);
    this.#owners.push(version.ephemeralOwner);
  }

  addAbsent(path: string, zxid: number): void {
    this.#rows.add(path, zxid);
    this.#czxids.push(ABSENT.czxid);
    this.#versions.push(ABSENT.version);
    this.#values.push(ABSENT.value);
    this.#owners.push(null);
  }

  /** What was added last for the path. */
  last(path: string): NodeVersion | undefined {
    return this.#at(this.#rows.last(path));
  }

  /** The version at the zxid: the last that is not above it. */
  upTo(path: string, zxid: number): NodeVersion | undefined {
    return this.#at(this.#rows.upTo(path, zxid));
  }

  #at(row: number): NodeVersion | undefined {
    if (row < 0) return undefined;
    const zxid = this.#rows.zxidOf(row);
    const owner = this.#owners[row] ?? null;
    if (owner === null) return { ...ABSENT, zxid };
    return {
      zxid,
      exists: true,
      czxid: this.#czxids[row] as number,
      mzxid: zxid,
      version: this.#versions[row] as number,
      value: this.#values[row],
      ephemeralOwner: owner,
    };
  }
}
