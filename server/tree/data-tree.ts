import type { SessionId, Zxid } from "../ids.ts";
import type { Txn } from "./txn.ts";
import type { Znode } from "./znode.ts";

/** What a transaction did to a znode. */
export type ChangeKind = "created" | "deleted" | "dataChanged";
/** Told of every change, in order, when the tree already shows it. */
export type OnChange = (change: ChangeKind, path: string, zxid: Zxid) => void;

export interface Session {
  readonly timeoutMs: number;
  readonly password: Buffer;
}

export interface ApplyResult {
  /** An error code: of an error transaction; 0 for every other. */
  readonly code: number;
  /** The path created, deleted or set; null for session and error transactions. */
  readonly path: string | null;
  /** The znode created or set, as it is now: encode its Stat before the next `apply`. */
  readonly node: Znode | null;
}

export class DataTree {
  /** Set by the server to fire watches; null: nobody is told. */
  onChange: OnChange | null = null;

  get lastApplied(): Zxid {
    throw new Error("not built yet");
  }
  get nodeCount(): number {
    throw new Error("not built yet");
  }
  get ephemeralCount(): number {
    throw new Error("not built yet");
  }
  /** Bytes of all paths and data. */
  get approximateDataBytes(): number {
    throw new Error("not built yet");
  }
  get sessions(): ReadonlyMap<SessionId, Session> {
    throw new Error("not built yet");
  }
  get(_path: string): Znode | undefined {
    throw new Error("not built yet");
  }
  /** The names of a znode's children, in no order; undefined: there is no such znode. */
  children(_path: string): ReadonlySet<string> | undefined {
    throw new Error("not built yet");
  }
  /** Paths of the session's ephemerals; undefined: it has none. */
  ephemeralsOf(_session: SessionId): ReadonlySet<string> | undefined {
    throw new Error("not built yet");
  }
  /** All ephemerals by owner. */
  allEphemerals(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    throw new Error("not built yet");
  }
  /** Throws an `InvariantError`: zxid not rising, or a transaction that does not fit the tree. */
  apply(_txn: Txn): ApplyResult {
    throw new Error("not built yet");
  }
  /** Canonical: equal trees give equal bytes, whatever way they came to be. */
  serialize(): Buffer[] {
    throw new Error("not built yet");
  }
  /** Throws a `DecodeError`. */
  static restore(_data: Buffer): DataTree {
    throw new Error("not built yet");
  }
}
