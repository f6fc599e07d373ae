/**
 * The replicated state of one server: the tree, and the watches that its own clients have on it.
 * Committed transactions come in, in the order of zxids; what they changed goes out.
 */
import { createHash } from "node:crypto";
import { formatSession, type Zxid } from "./ids.ts";
import type { LogEntry } from "./storage/storage.ts";
import { type ApplyResult, DataTree } from "./tree/data-tree.ts";
import { type AuthId, Perm, permitted } from "./tree/acl.ts";
import type { Acl, Txn } from "./tree/txn.ts";
import { decodeTxn } from "./tree/txn-codec.ts";
import { WatchTable } from "./tree/watches.ts";
import { EventType } from "./wire/opcodes.ts";
import type { ServerFinalState } from "./http/view.ts";

/** Who watches: a client's connection, and who it has shown to be. */
export interface Watcher {
  readonly authIds: readonly AuthId[];
}

/** Gets each watch event; `zxid` is that of the transaction that caused it. */
export type DeliverEvent<W> = (watcher: W, type: EventType, path: string, zxid: Zxid) => void;

/** The events of one change. */
export interface FanOut {
  /** How many there were: one for each watcher that was told. */
  readonly watchers: number;
  readonly byType: Readonly<Record<keyof typeof EventType, number>>;
  readonly durationMs: number;
}

const EVENT_TYPES = Object.keys(EventType) as (keyof typeof EventType)[];

export class Replica<W extends Watcher> {
  tree = new DataTree();
  readonly watches: WatchTable<W>;
  /** Transactions applied since the last snapshot was begun. */
  sinceSnapshot = 0;
  readonly #fannedOut: (fanOut: FanOut) => void;
  readonly #nowMs: () => number;
  readonly #skipAcl: boolean;
  #delivered = 0;
  /** Events of the change under way, by `EventType`. */
  readonly #deliveredByType = EVENT_TYPES.map(() => 0);

  /**
   * `fannedOut` is told of every change that somebody watched, after its events were delivered; `nowMs`
   * is a monotonic clock. With `skipAcl` everybody may read everything.
   */
  constructor(
    deliver: DeliverEvent<W>,
    fannedOut: (fanOut: FanOut) => void,
    nowMs: () => number,
    skipAcl: boolean = false,
  ) {
    this.#fannedOut = fannedOut;
    this.#nowMs = nowMs;
    this.#skipAcl = skipAcl;
    this.watches = new WatchTable((watcher, type, path, zxid, acl) => {
      if (acl !== null && !this.mayRead(watcher, acl)) return false;
      this.#delivered++;
      (this.#deliveredByType[type - 1] as number)++;
      deliver(watcher, type, path, zxid);
      return true;
    });
    this.#connect();
  }

  apply(entry: LogEntry): { txn: Txn; result: ApplyResult } {
    const txn = decodeTxn(entry.bytes);
    this.sinceSnapshot++;
    return { txn, result: this.tree.apply(txn) };
  }

  /** Replaces the tree by a serialized one. */
  restore(data: Buffer): void {
    this.tree = DataTree.restore(data);
    this.sinceSnapshot = 0;
    this.#connect();
  }

  /** Whether the list lets the watcher read: who may not is not told of the znode's events either. */
  mayRead(watcher: Watcher, acl: readonly Acl[]): boolean {
    return this.#skipAcl || permitted(acl, Perm.read, watcher.authIds);
  }

  get appliedZxid(): Zxid {
    return this.tree.lastApplied;
  }

  finalState(server: number): ServerFinalState {
    const hash = createHash("sha256");
    for (const chunk of this.tree.serialize()) hash.update(chunk);
    const ephemerals: Record<string, string[]> = {};
    for (const [session, paths] of this.tree.allEphemerals())
      ephemerals[formatSession(session)] = [...paths].sort();
    return {
      server,
      appliedZxid: this.tree.lastApplied,
      treeDigest: hash.digest("hex"),
      ephemerals,
      sessions: [...this.tree.sessions.keys()].map(formatSession).sort(),
    };
  }

  #connect(): void {
    this.tree.onChange = (change, path, zxid, acl, parentAcl) => {
      if (this.watches.watchCount === 0) return;
      this.#delivered = 0;
      this.#deliveredByType.fill(0);
      const startMs = this.#nowMs();
      this.watches.trigger(change, path, zxid, acl, parentAcl);
      if (this.#delivered > 0) this.#tell(this.#nowMs() - startMs);
    };
  }
  #tell(durationMs: number): void {
    const [created = 0, deleted = 0, dataChanged = 0, childrenChanged = 0] = this.#deliveredByType;
    const byType = { created, deleted, dataChanged, childrenChanged };
    this.#fannedOut({ watchers: this.#delivered, byType, durationMs });
  }
}
