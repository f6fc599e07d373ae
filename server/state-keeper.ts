/**
 * What Zab asks for concerning this server's state: the log, the tree, and snapshots of it, kept in step
 * with each other.
 */
import { configInTree } from "./committed-config.ts";
import type { ServerConfig } from "./config.ts";
import type { Env } from "./env.ts";
import { formatZxid, type ServerId, type Zxid } from "./ids.ts";
import type { ClientConnection } from "./net/client-connection.ts";
import type { Persistence } from "./persistence.ts";
import type { ProposalTimes } from "./proposal-times.ts";
import type { Replica } from "./replica.ts";
import type { SnapshotTransfers } from "./snapshot-transfers.ts";
import type { ServerStats } from "./stats.ts";
import type { LogEntry } from "./storage/storage.ts";
import type { ApplyResult } from "./tree/apply-result.ts";
import type { SnapshotWalk } from "./tree/snapshot-walk.ts";
import type { Txn } from "./tree/txn.ts";
import type { Membership } from "./zab/membership.ts";

/** So many znodes of a snapshot are written at a time: a few milliseconds' worth. */
const ZNODES_PER_TURN = 2_000;

/** Gets a snapshot when it is durable, or the reason why there is none. */
export type SnapshotDone = (
  result: { readonly zxid: Zxid; readonly chunks: readonly Buffer[] } | Error,
) => void;

export interface StateKeeperParts {
  readonly env: Env;
  readonly config: ServerConfig;
  readonly stats: ServerStats;
  readonly replica: Replica<ClientConnection>;
  readonly persistence: Persistence;
  readonly transfers: Pick<SnapshotTransfers, "begin">;
  readonly times: ProposalTimes;
  /** Runs what a timer sets off: a broken invariant in it stops the server. */
  input(run: () => void): void;
  /** A transaction was applied to the tree. */
  applied(txn: Txn, result: ApplyResult): void;
}

export class StateKeeper {
  readonly #parts: StateKeeperParts;
  /** The snapshot that is being written. */
  #walk: SnapshotWalk | null = null;
  /** Those that were asked for meanwhile. */
  readonly #asked: SnapshotDone[] = [];

  constructor(parts: StateKeeperParts) {
    this.#parts = parts;
  }

  append(entry: LogEntry, committed: Zxid, generation: number): void {
    const { env, stats, times, persistence } = this.#parts;
    stats.proposals++;
    stats.proposalBytes.observe(entry.bytes.length);
    times.logged(entry.zxid, env.clock.nowMs());
    persistence.append(entry, committed, generation);
  }

  truncate(zxid: Zxid, generation: number): void {
    const { env, times, persistence } = this.#parts;
    env.log.warn({ zxid: formatZxid(zxid) }, "cutting the log at the leader's word");
    times.forget();
    persistence.truncate(zxid, generation);
  }

  /** Returns the members of the ensemble that the snapshot holds; null: it says nothing that counts. */
  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], generation: number): Membership | null {
    const { env, config, times, persistence, replica } = this.#parts;
    env.log.info({ zxid: formatZxid(zxid) }, "taking over the leader's snapshot");
    this.#walk = null;
    replica.restore(Buffer.concat(chunks));
    times.forget();
    persistence.installSnapshot(zxid, chunks, generation);
    this.#snapshotAgain();
    return config.reconfigEnabled ? configInTree(replica.tree) : null;
  }

  deliver(entry: LogEntry): void {
    const { env, config, replica, stats } = this.#parts;
    const startMs = env.clock.nowMs();
    const { txn, result } = replica.apply(entry);
    stats.applyMs.observe(env.clock.nowMs() - startMs);
    stats.commits++;
    this.#parts.applied(txn, result);
    if (replica.sinceSnapshot >= config.snapshotEveryTxns) this.snapshot();
  }

  /**
   * Begins to write a snapshot of what is applied, some znodes in a turn; `done` gets it when it is
   * durable, or why it is not. One that is asked for while another is being written is begun after it.
   */
  snapshot(done: SnapshotDone = () => undefined): void {
    if (this.#walk !== null) {
      this.#asked.push(done);
      return;
    }
    const { replica, persistence } = this.#parts;
    replica.sinceSnapshot = 0;
    const walk = (this.#walk = replica.tree.beginSnapshot());
    const { zxid } = walk;
    this.#walkOn(walk, (chunks) => {
      // What was begun is of a history that is over.
      if (chunks === null) done(new Error("the state was replaced by the leader's"));
      else persistence.saveSnapshot(zxid, chunks, (error) => done(error ?? { zxid, chunks }));
    });
  }

  /** `then` gets all chunks when they are there, and null when the state was replaced before. */
  #walkOn(walk: SnapshotWalk, then: (chunks: readonly Buffer[] | null) => void): void {
    const chunks = walk.next(ZNODES_PER_TURN);
    if (chunks !== null) {
      this.#walk = null;
      then(chunks);
      this.#snapshotAgain();
      return;
    }
    this.#parts.env.timers.soon(() =>
      this.#parts.input(() => {
        if (walk === this.#walk) this.#walkOn(walk, then);
        else then(null);
      }),
    );
  }

  #snapshotAgain(): void {
    const asked = this.#asked.splice(0);
    if (asked.length === 0) return;
    this.snapshot((result) => {
      for (const done of asked) done(result);
    });
  }

  /**
   * Sends what is applied to a server that was away too long, some znodes in a turn; returns its zxid.
   * While another snapshot is being written, which would be of an earlier state, at once.
   */
  sendSnapshot(to: ServerId): Zxid {
    const { replica, transfers } = this.#parts;
    const zxid = replica.appliedZxid;
    const send = transfers.begin(to, zxid);
    if (this.#walk === null) {
      this.#walk = replica.tree.beginSnapshot();
      this.#walkOn(this.#walk, send);
    } else send(replica.tree.serialize());
    return zxid;
  }
}
