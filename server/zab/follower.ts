/**
 * Following: discovery, synchronization and broadcast from the follower's side (Zab paper §IV;
 * ZooKeeper's Follower and Learner).
 */
import { InvariantError } from "../errors.ts";
import { epochOf, formatZxid, type ServerId, type Zxid } from "../ids.ts";
import type { RoleControl, ZabCore } from "./core.ts";
import type { ZabMessage } from "./messages.ts";

type Phase = "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST";

export class Follower {
  readonly leader: ServerId;
  phase: Phase = "DISCOVERY";

  readonly #core: ZabCore;
  readonly #control: RoleControl;
  #attempt: number;
  #deadlineMs: number;
  #epoch = 0;
  /** The leader took us in: what came before its epoch message in the link was an older attempt's. */
  accepted = false;
  #wantSnapshot = false;
  #snapshot: Buffer[] = [];
  /** NEWLEADER is acknowledged: from now on each logged proposal is. */
  #ackedNewLeader = false;
  #ackedZxid: Zxid = 0 as Zxid;
  /** Saves under way: of the accepted epoch, and of the current one. */
  #acceptToken = -1;
  #currentToken = -1;

  constructor(core: ZabCore, control: RoleControl, leader: ServerId, attempt: number) {
    this.#core = core;
    this.#control = control;
    this.leader = leader;
    this.#attempt = attempt;
    this.#deadlineMs = core.nowMs + core.config.initLimitTicks * core.config.tickMs;
  }

  get wakeAtMs(): number | null {
    return this.phase === "BROADCAST" ? null : this.#deadlineMs;
  }

  start(): void {
    this.#core.out.send(this.leader, {
      type: "followerInfo",
      attempt: this.#attempt,
      acceptedEpoch: this.#core.epochs.accepted,
    });
  }

  tick(): void {
    if (this.phase !== "BROADCAST" && this.#core.nowMs >= this.#deadlineMs)
      this.#control.look(`not synchronized with server ${this.leader} within initLimit`);
  }

  receive(message: ZabMessage): void {
    if (message.type === "leaderInfo") {
      if (message.attempt === this.#attempt) this.#leaderInfo(message.epoch, message.voting);
      return;
    }
    if (message.type === "refused") {
      if (message.attempt === this.#attempt && this.phase === "DISCOVERY")
        this.#control.look(`server ${this.leader} does not lead`);
      return;
    }
    if (!this.accepted) return;
    switch (message.type) {
      case "trunc":
        this.#trunc(message.zxid);
        return;
      case "snap":
        this.#snap(message.zxid, message.bytes, message.last);
        return;
      case "proposal":
        this.#proposal(message.zxid, message.bytes);
        return;
      case "newLeader":
        this.#newLeader(message.epoch);
        return;
      case "upToDate":
        this.#upToDate(message.committed);
        return;
      case "commit":
        if (this.phase === "BROADCAST") this.#core.commit(message.zxid);
        return;
      case "ping":
        if (message.epoch === this.#epoch)
          this.#core.out.send(this.leader, {
            type: "pong",
            epoch: message.epoch,
            round: message.round,
          });
        return;
      default:
        return;
    }
  }

  /** More of the log is on disk: acknowledge it, cumulatively. */
  logged(): void {
    const { durable } = this.#core;
    if (!this.#ackedNewLeader || durable <= this.#ackedZxid) return;
    this.#ackedZxid = durable;
    this.#core.out.send(this.leader, { type: "ack", zxid: durable });
  }

  epochsSaved(token: number): void {
    const core = this.#core;
    if (token === this.#acceptToken) this.#ackEpoch();
    else if (token === this.#currentToken) {
      this.#ackedNewLeader = true;
      core.out.send(this.leader, { type: "ackNewLeader", epoch: this.#epoch });
      this.logged();
    }
  }

  /**
   * A promise of a later epoch keeps us from the leader of an earlier one. Not if that leader does not
   * count on us, and we hold the history of no later epoch: what we log for it is nobody's quorum, and
   * it would have to step down for one that has no vote.
   */
  #leaderInfo(epoch: number, voting: boolean): void {
    const core = this.#core;
    if (epoch < core.epochs.accepted && (voting || epoch < core.currentAsked)) {
      this.#control.look(
        `server ${this.leader} leads epoch ${epoch}, but epoch ${core.epochs.accepted} is promised`,
      );
      return;
    }
    this.#epoch = epoch;
    this.accepted = true;
    if (epoch <= core.durablePromise) this.#ackEpoch();
    else this.#acceptToken = core.promise(epoch, this.leader);
  }

  #ackEpoch(): void {
    const core = this.#core;
    this.phase = "SYNCHRONIZATION";
    core.out.send(this.leader, {
      type: "ackEpoch",
      promised: this.#epoch === core.epochs.accepted && core.promisedTo === this.leader,
      currentEpoch: core.epochs.current,
      lastZxid: core.history.last,
      wantSnapshot: this.#wantSnapshot,
    });
    this.#control.discovered();
  }

  #trunc(zxid: Zxid): void {
    if (this.phase !== "SYNCHRONIZATION") return;
    const core = this.#core;
    if (zxid >= core.committed && core.history.holds(zxid)) {
      core.truncate(zxid);
      return;
    }
    // The histories part below what is held here: start over and take a snapshot instead.
    this.#wantSnapshot = true;
    this.accepted = false;
    this.phase = "DISCOVERY";
    this.#attempt++;
    this.start();
  }

  #snap(zxid: Zxid, bytes: Buffer, last: boolean): void {
    if (this.phase !== "SYNCHRONIZATION") return;
    this.#snapshot.push(bytes);
    if (!last) return;
    this.#core.installSnapshot(zxid, this.#snapshot);
    this.#snapshot = [];
    this.#wantSnapshot = false;
  }

  #proposal(zxid: Zxid, bytes: Buffer): void {
    if (epochOf(zxid) > this.#epoch)
      throw new InvariantError(
        `proposal ${formatZxid(zxid)} is of a later epoch than the leader's, ${this.#epoch}`,
      );
    if (this.#currentToken !== -1 && epochOf(zxid) !== this.#epoch)
      throw new InvariantError(
        `proposal ${formatZxid(zxid)} after NEWLEADER is not of epoch ${this.#epoch}`,
      );
    this.#core.append({ zxid, bytes });
  }

  #newLeader(epoch: number): void {
    if (epoch !== this.#epoch)
      throw new InvariantError(`NEWLEADER of epoch ${epoch} in epoch ${this.#epoch}`);
    // Asked after all the history was: when the epoch is on disk, so is everything before it.
    this.#currentToken = this.#core.saveEpochs({ current: epoch });
  }

  #upToDate(committed: Zxid): void {
    this.phase = "BROADCAST";
    this.#core.commit(committed);
    this.#control.established(this.#epoch, this.leader);
  }
}
