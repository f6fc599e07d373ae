/**
 * Leading: discovery, synchronization and broadcast from the leader's side (Zab paper §IV;
 * ZooKeeper's Leader and LearnerHandler). Every server that comes is led; those that vote in the
 * active or the pending membership make the quorums.
 */
import { InvariantError } from "../errors.ts";
import {
  formatZxid,
  makeZxid,
  MAX_COUNTER,
  MAX_EPOCH,
  NO_ZXID,
  type ServerId,
  type Zxid,
} from "../ids.ts";
import type { LogEntry } from "../storage/storage.ts";
import type { RoleControl, ZabCore } from "./core.ts";
import { type Learner, Learners } from "./learners.ts";
import type { Membership } from "./membership.ts";
import type { ZabMessage } from "./messages.ts";
import { Quorum } from "./quorum.ts";

type Phase = "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST";

/** Whether a new membership may be proposed, and if not, why. */
export type CanReconfigure = "ok" | "inProgress" | "noQuorum";

export class Leader {
  phase: Phase = "DISCOVERY";
  epoch = 0;

  readonly #core: ZabCore;
  readonly #control: RoleControl;
  readonly #learners = new Learners();
  #deadlineMs: number;
  #acceptToken = -1;
  #currentToken = -1;
  /** Our own promise, and our own currentEpoch, are on disk. */
  #promised = false;
  #current = false;
  /** The counter of the last zxid given out in this epoch. */
  #counter = 0;
  #pingRound = 0;
  #confirmedRound = 0;
  #nextPingMs = 0;

  constructor(core: ZabCore, control: RoleControl) {
    this.#core = core;
    this.#control = control;
    this.#deadlineMs = core.nowMs + core.config.initLimitTicks * core.config.tickMs;
  }

  get wakeAtMs(): number {
    return this.phase === "BROADCAST" ? this.#nextPingMs : this.#deadlineMs;
  }

  /** Servers that are synchronized and vote in the active membership. */
  get syncedFollowers(): number {
    const { ensemble } = this.#core;
    return this.#learners.commitTo.filter((sid) => ensemble.votes(sid)).length;
  }
  /** Servers that are synchronized and do not vote. */
  get syncedObservers(): readonly ServerId[] {
    const { ensemble } = this.#core;
    return this.#learners.commitTo.filter((sid) => !ensemble.votes(sid));
  }
  /** All that have come, synchronized or not. */
  get learners(): number {
    return this.#learners.size;
  }

  /** The number of the last ping that was sent. */
  get pingRound(): number {
    return this.#pingRound;
  }

  start(): void {
    this.#chooseEpoch();
  }

  tick(): void {
    const { nowMs, config } = this.#core;
    if (this.phase !== "BROADCAST") {
      if (nowMs >= this.#deadlineMs)
        this.#control.look(`no quorum synchronized within initLimit (${this.phase})`);
      return;
    }
    if (nowMs >= this.#nextPingMs) {
      this.#nextPingMs = nowMs + config.tickMs / 2;
      this.confirmLeadership();
    }
  }

  /** The server's link broke, or it looks for another leader: it is led no more. */
  leave(peer: ServerId): void {
    if (!this.#learners.remove(peer)) return;
    if (this.phase === "BROADCAST" && !this.#core.ensemble.quorum.reached((s) => this.#isSynced(s)))
      this.#control.look("lost the quorum of followers");
  }

  /** The pending membership is known to be committed: its servers alone make the quorums now. */
  reconsider(): void {
    if (!this.#core.ensemble.votes(this.#core.sid)) {
      this.#control.look("not a voter of the committed membership");
      return;
    }
    this.#chooseEpoch();
    this.#enterSynchronization();
    this.#establish();
  }

  receive(from: ServerId, message: ZabMessage): void {
    if (message.type === "followerInfo") {
      this.#followerInfo(from, message.attempt, message.acceptedEpoch);
      return;
    }
    const learner = this.#learners.get(from);
    if (!learner) return;
    switch (message.type) {
      case "ackEpoch":
        if (learner.stage !== "info") return;
        learner.lastZxid = message.lastZxid;
        learner.wantSnapshot = message.wantSnapshot;
        learner.promised = message.promised;
        this.#ackEpoch(from, learner, message.currentEpoch);
        return;
      case "ackNewLeader":
        if (learner.stage !== "syncing" || message.epoch !== this.epoch) return;
        this.#ackNewLeader(from, learner);
        return;
      case "ack":
        if (message.zxid <= learner.acked) return;
        learner.acked = message.zxid;
        if (this.#core.ensemble.quorum.has(from)) this.#advanceCommit();
        return;
      case "pong":
        if (message.epoch !== this.epoch || message.round <= learner.pongRound) return;
        learner.pongRound = message.round;
        this.#advanceConfirmed();
        return;
      default:
        return;
    }
  }

  /** Whether `next` may be proposed now; see ZabPeer. */
  canReconfigure(next: Membership): CanReconfigure {
    if (this.phase !== "BROADCAST") return "noQuorum";
    if (this.#core.ensemble.pending) return "inProgress";
    return new Quorum(next.voters).reached((s) => this.#isSynced(s)) ? "ok" : "noQuorum";
  }

  /** The others that are synchronized are no quorum: nothing is committed before it is on our own disk. */
  get needsOwnLog(): boolean {
    const { sid, ensemble } = this.#core;
    return !ensemble.quorum.reached((s) => s !== sid && this.#isSynced(s));
  }

  /** The next zxid of the epoch; null when the counter is used up and a new epoch is needed. */
  nextZxid(): Zxid | null {
    if (this.#counter >= MAX_COUNTER) {
      this.#control.look("the epoch's counter is used up");
      return null;
    }
    return makeZxid(this.epoch, ++this.#counter);
  }

  /** Proposes an entry whose zxid came from `nextZxid`. */
  propose(entry: LogEntry): void {
    if (this.phase !== "BROADCAST")
      throw new InvariantError(`proposal ${formatZxid(entry.zxid)} outside of broadcast`);
    this.#core.append(entry);
    this.#core.out.broadcast(this.#learners.proposeTo, {
      type: "proposal",
      zxid: entry.zxid,
      bytes: entry.bytes,
    });
  }

  logged(): void {
    if (this.phase === "BROADCAST") this.#advanceCommit();
  }

  epochsSaved(token: number): void {
    if (token === this.#acceptToken) {
      this.#promised = true;
      for (const [sid, learner] of this.#learners) this.#sendLeaderInfo(sid, learner);
      this.#enterSynchronization();
    } else if (token === this.#currentToken) {
      this.#current = true;
      this.#establish();
    }
  }

  /**
   * Pings all followers at once, as number `pingRound`; `confirmed` is called with that number or a
   * higher one when a quorum has answered: proof that no other leader was established before.
   */
  confirmLeadership(): void {
    this.#pingRound++;
    this.#core.out.broadcast(this.#learners.commitTo, {
      type: "ping",
      epoch: this.epoch,
      round: this.#pingRound,
    });
    this.#advanceConfirmed();
  }

  #followerInfo(from: ServerId, attempt: number, acceptedEpoch: number): void {
    const { ensemble } = this.#core;
    if (this.epoch !== 0 && acceptedEpoch > this.epoch && ensemble.quorum.has(from)) {
      // It can never join this epoch: only a new election with a higher one takes it in.
      this.#control.look(
        `server ${from} has promised epoch ${acceptedEpoch}, beyond ${this.epoch}`,
      );
      return;
    }
    const learner = this.#learners.add(from, attempt, acceptedEpoch);
    if (this.#promised) this.#sendLeaderInfo(from, learner);
    else this.#chooseEpoch();
  }

  /** Discovery: with a quorum's promises known, the new epoch is above all of them. */
  #chooseEpoch(): void {
    const { ensemble, sid, epochs } = this.#core;
    const { quorum } = ensemble;
    if (this.epoch !== 0 || !quorum.reached((s) => s === sid || this.#learners.has(s))) return;
    let highest = epochs.accepted;
    for (const [from, learner] of this.#learners)
      if (quorum.has(from)) highest = Math.max(highest, learner.acceptedEpoch);
    if (highest >= MAX_EPOCH)
      throw new InvariantError(`epoch ${MAX_EPOCH} is the last one there is`);
    this.epoch = highest + 1;
    this.#acceptToken = this.#core.promise(this.epoch, sid);
  }

  #sendLeaderInfo(to: ServerId, learner: Learner): void {
    this.#core.out.send(to, {
      type: "leaderInfo",
      attempt: learner.attempt,
      epoch: this.epoch,
      voting: this.#core.ensemble.quorum.has(to),
    });
  }

  #ackEpoch(from: ServerId, learner: Learner, currentEpoch: number): void {
    const { epochs, history, ensemble } = this.#core;
    const ahead =
      currentEpoch > epochs.current ||
      (currentEpoch === epochs.current && learner.lastZxid > history.last);
    if (this.phase === "DISCOVERY" && ensemble.quorum.has(from)) {
      if (ahead) {
        this.#control.look(
          `server ${from} has a more recent history (epoch ${currentEpoch}, ${formatZxid(learner.lastZxid)})`,
        );
        return;
      }
      if (!learner.promised) {
        // Its promise was another leader's, or may have been: a later epoch is needed to have it.
        this.#control.look(`server ${from} has promised epoch ${this.epoch} before`);
        return;
      }
    }
    learner.stage = "promised";
    if (this.phase === "DISCOVERY") this.#enterSynchronization();
    else this.#synchronize(from, learner);
  }

  /** A quorum has promised this epoch, and none of it is ahead of us: our history is the epoch's. */
  #enterSynchronization(): void {
    const { ensemble, sid } = this.#core;
    const promised = (s: ServerId): boolean => {
      if (s === sid) return this.#promised;
      const learner = this.#learners.get(s);
      return learner?.stage === "promised" && learner.promised;
    };
    if (this.phase !== "DISCOVERY" || !this.#promised) return;
    if (!ensemble.quorum.reached(promised)) return;
    this.phase = "SYNCHRONIZATION";
    this.#control.discovered();
    this.#currentToken = this.#core.saveEpochs({ current: this.epoch });
    for (const [follower, learner] of this.#learners)
      if (learner.stage === "promised") this.#synchronize(follower, learner);
  }

  /**
   * Brings a follower's log to where ours is: by the entries it lacks (DIFF), after cutting what we do
   * not have (TRUNC), or, when it was away too long, by our state (SNAP) and the entries after it.
   */
  #synchronize(to: ServerId, learner: Learner): void {
    const { history, out } = this.#core;
    const common = learner.wantSnapshot ? null : history.floor(learner.lastZxid);
    let from: Zxid;
    if (common === null) {
      from = out.sendSnapshot(to);
      out.synchronizing("snap");
    } else {
      from = common;
      if (common !== learner.lastZxid) out.send(to, { type: "trunc", zxid: common });
      out.synchronizing(common === learner.lastZxid ? "diff" : "trunc");
    }
    history.forEach(from, history.last, ({ zxid, bytes }) =>
      out.send(to, { type: "proposal", zxid, bytes }),
    );
    this.#learners.syncing(learner, history.last);
    out.send(to, { type: "newLeader", epoch: this.epoch });
  }

  #ackNewLeader(from: ServerId, learner: Learner): void {
    this.#learners.synced(learner);
    if (this.phase !== "BROADCAST") {
      this.#establish();
      return;
    }
    this.#core.out.send(from, { type: "upToDate", committed: this.#core.committed });
    this.#advanceCommit();
  }

  /** NEWLEADER is acknowledged by a quorum: the initial history is committed, the epoch is ours. */
  #establish(): void {
    const { ensemble, sid, history, out, nowMs } = this.#core;
    if (this.phase !== "SYNCHRONIZATION" || !this.#current) return;
    if (!ensemble.quorum.reached((s) => this.#isSynced(s))) return;
    this.phase = "BROADCAST";
    this.#core.commit(history.last);
    for (const follower of this.#learners.commitTo)
      out.send(follower, { type: "upToDate", committed: this.#core.committed });
    this.#nextPingMs = nowMs;
    if (this.#handsOver()) return;
    this.#control.established(this.epoch, sid);
  }

  #advanceCommit(): void {
    while (this.phase === "BROADCAST") {
      const core = this.#core;
      const zxid = this.#committable();
      if (zxid <= core.committed) return;
      const { active } = core.ensemble;
      // Tell the followers before applying it here: their work and ours go on at the same time.
      core.out.broadcast(this.#learners.commitTo, { type: "commit", zxid });
      core.commit(zxid);
      if (core.ensemble.active === active || this.#handsOver()) return;
      // The new membership's quorum alone may have more.
      this.#advanceConfirmed();
    }
  }

  /**
   * What comes before a new membership is committed by a quorum of the old one; its own entry and what
   * follows it by a quorum of both, until that entry is committed.
   */
  #committable(): Zxid {
    const { ensemble, history, committed } = this.#core;
    const [old, next] = ensemble.quorum.parts;
    const byOld = old?.reachedBy((s) => this.#ackedBy(s)) ?? NO_ZXID;
    if (!ensemble.pending || byOld < ensemble.pending.version) return byOld;
    const byBoth = Math.min(byOld, next?.reachedBy((s) => this.#ackedBy(s)) ?? NO_ZXID) as Zxid;
    if (byBoth >= ensemble.pending.version) return byBoth;
    return history.floor((ensemble.pending.version - 1) as Zxid) ?? committed;
  }

  /** After a membership became the active one: true if this server can lead by it no more. */
  #handsOver(): boolean {
    const { ensemble, sid } = this.#core;
    if (!ensemble.votes(sid)) {
      // Everybody who is synchronized was told of the commit first: they elect without us at once.
      this.#control.look("not a voter of the committed membership");
      return true;
    }
    for (const [from, { acceptedEpoch }] of this.#learners) {
      if (acceptedEpoch <= this.epoch || !ensemble.votes(from)) continue;
      this.#control.look(`server ${from}, now a voter, has promised epoch ${acceptedEpoch}`);
      return true;
    }
    return false;
  }

  #advanceConfirmed(): void {
    const { ensemble, sid } = this.#core;
    const round = ensemble.quorum.reachedBy((s) =>
      s === sid ? this.#pingRound : (this.#learners.get(s)?.pongRound ?? 0),
    );
    if (round <= this.#confirmedRound) return;
    this.#confirmedRound = round;
    this.#core.out.confirmed(round);
  }

  /** Where a quorum may count on this server's log. */
  #ackedBy(sid: ServerId): Zxid {
    if (sid === this.#core.sid) return this.#core.durable;
    return this.#isSynced(sid) ? (this.#learners.get(sid)?.acked ?? NO_ZXID) : NO_ZXID;
  }

  /** Synchronized, and with no promise that keeps its acknowledgements from counting. */
  #isSynced(sid: ServerId): boolean {
    if (sid === this.#core.sid) return true;
    const learner = this.#learners.get(sid);
    return learner?.stage === "synced" && learner.acceptedEpoch <= this.epoch;
  }
}
