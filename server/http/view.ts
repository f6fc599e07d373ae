/**
 * What the admin port may see of a server. The server implements it; every method answers at once,
 * from memory, and changes nothing.
 */
import type { ServerStats } from "../stats.ts";

export interface ServerView {
  readonly stats: ServerStats;
  status(): ServerStatus;
  gauges(): ServerGauges;
  /** Walks the whole tree: for the end of a run, not for polling. */
  finalState(): ServerFinalState;
  /**
   * The at most `limit` znodes with the most watchers now, or the most notifications so far, most first;
   * among equals those with more of the other, then by path.
   */
  hotZnodes(limit: number, by: "watchers" | "notifications"): readonly HotZnode[];
}

export type ServerState = "LOOKING" | "FOLLOWING" | "LEADING" | "OBSERVING";

/** The answer of /commands/status. Zxids are exact doubles (`ids.ts`). */
export interface ServerStatus {
  /** myid. */
  readonly server: number;
  readonly state: ServerState;
  /** How it takes part in the ensemble as it is configured now; "none": it is no member (any more). */
  readonly part: "participant" | "observer" | "none";
  /** currentEpoch. */
  readonly epoch: number;
  /** The id of the leader that this server follows (or is); null while it looks for one. */
  readonly leader: number | null;
  /** The highest zxid that its tree has applied. */
  readonly appliedZxid: number;
  /** The highest zxid that it knows to be committed. */
  readonly committedZxid: number;
  /** The highest zxid that is durable in its own log. */
  readonly loggedZxid: number;
  /** It serves clients: established in an epoch, with a quorum as far as it knows. */
  readonly serving: boolean;
  /** Where it really listens for clients, `host:port`; null as long as it does not. */
  readonly clientAddress: string | null;
  /** The members in force, as far as it knows; the version is a zxid, 0 for those of its file. */
  readonly ensemble: {
    readonly version: number;
    readonly voters: readonly number[];
    readonly observers: readonly number[];
  };
  /** The elections it took part in since it was started, the latest last; bounded by the server. */
  readonly elections: readonly ElectionSample[];
  readonly recovery: { readonly lastZxid: number; readonly notes: readonly string[] };
  /** What was configured, by the key of zoo.cfg. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
}

/** One election as this server measured it, from LOOKING to serving. */
export interface ElectionSample {
  readonly server: number;
  /** An observer follows, too. */
  readonly role: "leader" | "follower";
  readonly epoch: number;
  /** When it began to serve in this epoch: wall time, milliseconds since 1970. */
  readonly atWallMs: number;
  readonly durationMs: number;
  /** Of which: choosing the leader, agreeing on the epoch, synchronizing. */
  readonly electionMs: number;
  readonly discoveryMs: number;
  readonly synchronizationMs: number;
}

/** The answer of /commands/final. */
export interface ServerFinalState {
  readonly server: number;
  readonly appliedZxid: number;
  /** A digest of the tree at `appliedZxid`: equal trees have equal digests. */
  readonly treeDigest: string;
  /** Ephemeral znodes by owner session (hexadecimal, "0x…"). */
  readonly ephemerals: Readonly<Record<string, readonly string[]>>;
  /** Live sessions, hexadecimal. */
  readonly sessions: readonly string[];
}

export interface HotZnode {
  readonly path: string;
  /** Watches on it now. */
  readonly watchers: number;
  /** Events sent for it so far. */
  readonly notifications: number;
}

/** What is true of the server at this moment. */
export interface ServerGauges {
  readonly znodeCount: number;
  readonly watchCount: number;
  /** Live sessions of the whole ensemble, as this server's state has them. */
  readonly sessionCount: number;
  readonly ephemeralCount: number;
  /** Connections of clients to this server. */
  readonly connectionCount: number;
  /** Requests that were received and are not answered. */
  readonly outstanding: number;
  /** Replies and events that wait for clients to take them, bytes. */
  readonly unreadBytes: number;
  /** Paths and data of all znodes, in bytes, about. */
  readonly approximateDataBytes: number;
  /** Voting servers that are in force. */
  readonly quorumSize: number;
  /**
   * Servers linked to this leader, and those of them that are synchronized: voters, and the others; 0
   * unless leading.
   */
  readonly learners: number;
  readonly syncedFollowers: number;
  readonly syncedObservers: number;
  /** How long it has been leading, in milliseconds; 0 unless leading. */
  readonly leaderUptimeMs: number;
  /** Since it was started, in milliseconds. */
  readonly uptimeMs: number;
}
