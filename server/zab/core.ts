/**
 * What leading and following share: this server's durable promises, its log, and the way out to the
 * world. Nothing here reads a clock or touches a disk: inputs come in through ZabPeer, outputs leave
 * through ZabOutput.
 */
import { InvariantError } from "../errors.ts";
import { formatZxid, NO_ZXID, type ServerId, type Zxid } from "../ids.ts";
import type { Epochs, LogEntry } from "../storage/storage.ts";
import { Ensemble } from "./ensemble.ts";
import { History, type HistoryLimits } from "./history.ts";
import type { Membership } from "./membership.ts";
import type { ServerState, ZabMessage } from "./messages.ts";

export interface ZabConfig {
  readonly sid: ServerId;
  /**
   * The members as they are committed where the recovered log begins, or later up to its committed
   * end: entries of the log whose membership is not newer (by its version) are passed over.
   */
  readonly membership: Membership;
  /**
   * The membership that a log entry proposes, null if it proposes none; its version is the entry's
   * zxid. Called for every entry that is recovered or logged: it must cost next to nothing.
   */
  readonly membershipIn: (entry: LogEntry) => Membership | null;
  readonly tickMs: number;
  /** Ticks that discovery and synchronization may take. */
  readonly initLimitTicks: number;
  /** Ticks without a sign of life after which the other side is given up. */
  readonly syncLimitTicks: number;
  /** How long a candidate with a quorum waits for connected servers that have not voted yet, ms. */
  readonly finalizeWaitMs: number;
  readonly history: HistoryLimits;
}

/** How long it took to serve again, and of which phases that consists. */
export interface ElectionTimes {
  readonly durationMs: number;
  readonly electionMs: number;
  readonly discoveryMs: number;
  readonly synchronizationMs: number;
}

/**
 * The outputs. The driver performs disk operations in the order they are asked, and reports each
 * back; messages to one server leave in the order they are sent. A message that promises durability
 * is sent only from the completion it depends on. No output calls back into ZabPeer.
 */
export interface ZabOutput {
  send(to: ServerId, message: ZabMessage): void;
  /** The same message to several servers. */
  broadcast(to: readonly ServerId[], message: ZabMessage): void;
  /** The link is of no use any more: close it, and connect anew. */
  dropLink(peer: ServerId, reason: string): void;
  /** Log the entry; answered by `logged` with the same generation, once for many. */
  append(entry: LogEntry, committed: Zxid, generation: number): void;
  /** Remove what is above `zxid` from the log; answered by `truncated`. */
  truncate(zxid: Zxid, generation: number): void;
  /** Answered by `epochsSaved` with the same token. */
  saveEpochs(epochs: Epochs, token: number): void;
  /**
   * Replace tree and log by this state; answered by `replaced`. Returns the membership that the state
   * holds, null if it says nothing of it.
   */
  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], generation: number): Membership | null;
  /** Send the delivered state as `snap` messages; returns its zxid (that of the last delivery). */
  sendSnapshot(to: ServerId): Zxid;
  /** The entry is committed: apply it. In the order of zxids, each once. */
  deliver(entry: LogEntry): void;
  /**
   * The committed membership or the one that is in the log and not known to be committed changed:
   * links are wanted to the members of both. When `active` was made by a commit, this comes after the
   * `deliver` of its entry; the driver then makes durable that the entry is committed (by a snapshot):
   * a server that forgets it asks the members that left for their votes when it starts again.
   */
  membershipChanged(active: Membership, pending: Membership | null): void;
  stateChanged(state: ServerState, leader: ServerId | null, reason: string): void;
  /** Everything committed before this epoch is delivered: serve clients. */
  serve(epoch: number, leader: ServerId, times: ElectionTimes): void;
  /** Leading: a follower is brought to our history this way. */
  synchronizing(kind: "diff" | "trunc" | "snap"): void;
  /** Leading: a quorum has answered a ping sent at or after the one with this number. */
  confirmed(round: number): void;
}

/** What a role asks of the peer it belongs to. */
export interface RoleControl {
  /** Give up the role and look for a leader. */
  look(reason: string): void;
  /** Discovery is over: the epoch is agreed on. */
  discovered(): void;
  /** Synchronization is over: serve. */
  established(epoch: number, leader: ServerId): void;
}

export class ZabCore {
  readonly config: ZabConfig;
  readonly ensemble: Ensemble;
  readonly out: ZabOutput;
  readonly history: History;
  /** Peers whose link is up. */
  readonly connected = new Set<ServerId>();
  /** `accepted` counts from when it is asked to be saved, `current` from when it is. */
  epochs: Epochs;
  /** The highest acceptedEpoch that is on disk: only such a promise may be told to a leader. */
  durablePromise: number;
  /** The leader whom `epochs.accepted` was promised to, if that was since this server started. */
  promisedTo: ServerId | null = null;
  /** Everything up to here is committed and delivered. */
  committed: Zxid;
  /** Entries of the log up to here are on disk. */
  durable: Zxid;
  /** The caller's monotonic time at the present input, ms. */
  nowMs = 0;

  #generation = 0;
  #token = 0;
  /** The epochs that were last asked to be saved, and what each save under way writes. */
  #asked: Epochs;
  readonly #saving = new Map<number, Epochs>();
  readonly #membershipChanged: () => void;

  constructor(
    config: ZabConfig,
    recovered: { epochs: Epochs; committed: Zxid; entries: readonly LogEntry[]; base: Zxid },
    out: ZabOutput,
    membershipChanged: () => void,
  ) {
    this.config = config;
    this.ensemble = new Ensemble(config.membership);
    this.#membershipChanged = membershipChanged;
    this.out = out;
    this.epochs = recovered.epochs;
    this.#asked = recovered.epochs;
    this.durablePromise = recovered.epochs.accepted;
    this.history = new History(recovered.base, config.history);
    for (const entry of recovered.entries) {
      this.history.append(entry);
      const membership = config.membershipIn(entry);
      if (membership) this.ensemble.proposed(membership);
    }
    this.ensemble.committed(recovered.committed);
    this.committed = recovered.committed;
    this.durable = this.history.last;
    this.history.prune(this.committed);
  }

  get sid(): ServerId {
    return this.config.sid;
  }

  /** Adds an entry to the log; `logged` says when it is durable. */
  append(entry: LogEntry): void {
    this.history.append(entry);
    this.out.append(entry, this.committed, this.#generation);
    const membership = this.config.membershipIn(entry);
    if (membership && this.ensemble.proposed(membership)) this.#membershipChanged();
  }

  logged(zxid: Zxid, generation: number): boolean {
    if (generation !== this.#generation) return false;
    if (zxid > this.durable) this.durable = zxid;
    return true;
  }

  /** Cuts the log at `zxid`. What is committed is never cut. */
  truncate(zxid: Zxid): void {
    if (zxid < this.committed)
      throw new InvariantError(
        `asked to cut the log at ${formatZxid(zxid)}, but ${formatZxid(this.committed)} is committed`,
      );
    this.history.truncateAfter(zxid);
    this.durable = NO_ZXID;
    this.out.truncate(zxid, ++this.#generation);
    if (this.ensemble.truncated(zxid)) this.#membershipChanged();
  }

  /** Takes over the leader's state at `zxid` in the place of our own. */
  installSnapshot(zxid: Zxid, chunks: readonly Buffer[]): void {
    if (zxid < this.committed)
      throw new InvariantError(
        `the leader's snapshot ends at ${formatZxid(zxid)}, but ${formatZxid(this.committed)} is committed here`,
      );
    this.history.reset(zxid);
    this.committed = zxid;
    this.durable = NO_ZXID;
    const membership = this.out.installSnapshot(zxid, chunks, ++this.#generation);
    if (this.ensemble.replaced(membership)) this.#membershipChanged();
  }

  /** A truncation or an installed snapshot is on disk: the log up to there is durable. */
  replaced(zxid: Zxid, generation: number): void {
    if (generation === this.#generation && zxid > this.durable) this.durable = zxid;
  }

  /** The highest currentEpoch that was asked to be saved, whether or not it is on disk. */
  get currentAsked(): number {
    return this.#asked.current;
  }

  /** Promises `leader` to join this epoch, and no other leader of the same one. */
  promise(epoch: number, leader: ServerId): number {
    this.promisedTo = leader;
    return this.saveEpochs({ accepted: epoch });
  }

  /**
   * Raises epochs on disk; what depends on it waits for `epochsSaved` with the token returned here.
   * The promise itself binds at once, whatever becomes of the role that gave it: neither epoch is ever
   * written lower than it was asked before.
   */
  saveEpochs(raise: { readonly accepted?: number; readonly current?: number }): number {
    const { accepted, current } = this.#asked;
    this.#asked = {
      accepted: Math.max(accepted, raise.accepted ?? 0),
      current: Math.max(current, raise.current ?? 0),
    };
    this.epochs = { accepted: this.#asked.accepted, current: this.epochs.current };
    const token = ++this.#token;
    this.#saving.set(token, this.#asked);
    this.out.saveEpochs(this.#asked, token);
    return token;
  }

  /** They are on disk: this server's currentEpoch is what they say. */
  epochsSaved(token: number): void {
    const saved = this.#saving.get(token);
    if (saved === undefined) return;
    this.#saving.delete(token);
    this.epochs = { accepted: this.epochs.accepted, current: saved.current };
    this.durablePromise = saved.accepted;
  }

  /** Everything up to `zxid` is committed: deliver what is not delivered yet. */
  commit(zxid: Zxid): void {
    if (zxid <= this.committed) return;
    if (zxid > this.history.last)
      throw new InvariantError(
        `${formatZxid(zxid)} is committed, but the log here ends at ${formatZxid(this.history.last)}`,
      );
    const from = this.committed;
    this.committed = zxid;
    this.history.forEach(from, zxid, (entry) => this.out.deliver(entry));
    this.history.prune(zxid);
    if (this.ensemble.committed(zxid)) this.#membershipChanged();
  }
}
