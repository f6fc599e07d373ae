/**
 * One znode, in memory: its data and its Stat, flat, in the shape that the wire wants.
 */
import { NO_SESSION } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import type { Stat } from "../wire/replies.ts";
import { isSessionOwner } from "./ephemeral-owner.ts";
import { hashBytes } from "./digest.ts";
import type { Acl } from "./txn.ts";

/** A znode as its readers see it: always as of now, so encode it before the next `apply`. */
export interface Znode extends Stat {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /**
   * What the znode ends with (see `ephemeral-owner.ts`). The Stat shows no more of it than the session of
   * an ephemeral: `ephemeralOwner` is 0 for containers and znodes with a time to live.
   */
  readonly owner: SessionId;
  /** The names of its children, in no order. */
  readonly children: ReadonlySet<string>;
  /**
   * How many children were ever created here, as a signed 32-bit number: it numbers sequential
   * children, and never goes back. What the Stat shows as cversion is made from it.
   */
  readonly childCreations: number;
}

const NO_CHILDREN: ReadonlySet<string> = new Set();

/** A znode as the tree changes it. At birth it has version 0 and no children. */
export class TreeNode implements Znode {
  readonly path: string;
  data: Buffer | null;
  acl: readonly Acl[];
  readonly czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  readonly ctime: number;
  mtime: number;
  version = 0;
  aversion = 0;
  childCreations = 0;
  /** Of `data`, for the digest (`digest.ts`). */
  dataHash: number;
  /** The number of the last `SnapshotWalk` that has written it as it was; 0: none has. */
  writtenBy = 0;
  readonly owner: SessionId;
  readonly ephemeralOwner: SessionId;
  /** Most znodes are leaves: the set is made for the first child, and given up with the last. */
  #children: Set<string> | null = null;

  constructor(
    path: string,
    data: Buffer | null,
    acl: readonly Acl[],
    czxid: Zxid,
    timeMs: number,
    owner: SessionId = NO_SESSION,
  ) {
    this.path = path;
    this.data = data;
    this.dataHash = hashOf(path, data);
    this.acl = acl;
    this.czxid = this.mzxid = this.pzxid = czxid;
    this.ctime = this.mtime = timeMs;
    this.owner = owner;
    this.ephemeralOwner = isSessionOwner(owner) ? owner : NO_SESSION;
  }

  get children(): ReadonlySet<string> {
    return this.#children ?? NO_CHILDREN;
  }
  get numChildren(): number {
    return this.#children === null ? 0 : this.#children.size;
  }
  get dataLength(): number {
    return this.data === null ? 0 : this.data.length;
  }
  /**
   * Creates and deletes of children together. Every child that was created and is not there any more
   * was deleted: creations + (creations − children). Wraps as Java's int does.
   */
  get cversion(): number {
    return (2 * this.childCreations - this.numChildren) | 0;
  }

  /** New data, with what goes with them. */
  setData(data: Buffer | null): void {
    this.data = data;
    this.dataHash = hashOf(this.path, data);
  }

  addChild(name: string): void {
    this.#children ??= new Set();
    this.#children.add(name);
  }
  removeChild(name: string): void {
    this.#children?.delete(name);
    if (this.#children?.size === 0) this.#children = null;
  }
}

function hashOf(path: string, data: Buffer | null): number {
  // Those that show the usage of quotas follow from the other znodes, without transactions.
  if (path.endsWith("/zookeeper_stats") && path.startsWith("/zookeeper/quota/")) return 0;
  return data === null ? -1 : hashBytes(data);
}
