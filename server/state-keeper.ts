/**
 * What Zab asks for concerning this server's state: the log, the tree, and snapshots of it, kept in step
 * with each other.
 */
import { configInTree } from "./committed-config.ts";
import type { ServerConfig } from "./config.ts";
import type { Env } from "./env.ts";
import { formatZxid, type ServerId, type Zxid } from "./ids.ts";
import type { ClientConnection } from "./net/client-connection.ts";
import type { PeerLinks } from "./net/peer-links.ts";
import type { Persistence } from "./persistence.ts";
import type { ProposalTimes } from "./proposal-times.ts";
import type { Replica } from "./replica.ts";
import type { ServerStats } from "./stats.ts";
import type { LogEntry } from "./storage/storage.ts";
import type { ApplyResult } from "./tree/apply-result.ts";
import type { Txn } from "./tree/txn.ts";
import type { Membership } from "./zab/membership.ts";

const SNAP_PIECE_BYTES = 256 * 1024;

export interface StateKeeperParts {
  readonly env: Env;
  readonly config: ServerConfig;
  readonly stats: ServerStats;
  readonly replica: Replica<ClientConnection>;
  readonly persistence: Persistence;
  readonly links: Pick<PeerLinks, "send">;
  readonly times: ProposalTimes;
  /** A transaction was applied to the tree. */
  applied(txn: Txn, result: ApplyResult): void;
}

export class StateKeeper {
  readonly #parts: StateKeeperParts;

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
    replica.restore(Buffer.concat(chunks));
    times.forget();
    persistence.installSnapshot(zxid, chunks, generation);
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

  /** Begins to write a snapshot of what is applied; `done` gets it when it is durable, or why it is not. */
  snapshot(
    done?: (result: { readonly zxid: Zxid; readonly chunks: readonly Buffer[] } | Error) => void,
  ): void {
    const { replica, persistence } = this.#parts;
    replica.sinceSnapshot = 0;
    const zxid = replica.appliedZxid;
    const chunks = replica.tree.serialize();
    persistence.saveSnapshot(zxid, chunks, (error) => done?.(error ?? { zxid, chunks }));
  }

  /** Sends what is applied to a server that was away too long; returns its zxid. */
  sendSnapshot(to: ServerId): Zxid {
    const { replica, links } = this.#parts;
    const zxid = replica.appliedZxid;
    const data = Buffer.concat(replica.tree.serialize());
    for (let at = 0; at < data.length; at += SNAP_PIECE_BYTES) {
      const bytes = data.subarray(at, at + SNAP_PIECE_BYTES);
      const last = at + SNAP_PIECE_BYTES >= data.length;
      links.send(to, { type: "snap", zxid, last, bytes });
    }
    return zxid;
  }
}
