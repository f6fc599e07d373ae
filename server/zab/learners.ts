/** Whom a leader leads, with a vote or without: where each is in its handshake and in the log. */
import { NO_ZXID, type ServerId, type Zxid } from "../ids.ts";

export interface Learner {
  readonly attempt: number;
  readonly acceptedEpoch: number;
  /** It promised this epoch to us alone: that counts in discovery. */
  promised: boolean;
  /** Where this server is in its handshake. */
  stage: "info" | "promised" | "syncing" | "synced";
  /** Discovery: where its history ends, from its ackEpoch. */
  lastZxid: Zxid;
  wantSnapshot: boolean;
  /** The last zxid that its acknowledgement of NEWLEADER stands for. */
  syncedTo: Zxid;
  /** It has logged everything up to here; counts only once it is synced. */
  acked: Zxid;
  /** The highest ping that it answered. */
  pongRound: number;
}

export class Learners {
  readonly #all = new Map<ServerId, Learner>();
  #proposeTo: ServerId[] = [];
  #commitTo: ServerId[] = [];

  /** Servers that get proposals: syncing or synced. */
  get proposeTo(): readonly ServerId[] {
    return this.#proposeTo;
  }
  /** Servers that get commits: synced. */
  get commitTo(): readonly ServerId[] {
    return this.#commitTo;
  }
  get size(): number {
    return this.#all.size;
  }

  get(sid: ServerId): Learner | undefined {
    return this.#all.get(sid);
  }
  has(sid: ServerId): boolean {
    return this.#all.has(sid);
  }
  [Symbol.iterator](): MapIterator<[ServerId, Learner]> {
    return this.#all.entries();
  }

  /** A server asks to be led; what it was before is forgotten. */
  add(sid: ServerId, attempt: number, acceptedEpoch: number): Learner {
    const learner: Learner = {
      attempt,
      acceptedEpoch,
      promised: false,
      stage: "info",
      lastZxid: NO_ZXID,
      wantSnapshot: false,
      syncedTo: NO_ZXID,
      acked: NO_ZXID,
      pongRound: 0,
    };
    this.#all.set(sid, learner);
    this.#rebuild();
    return learner;
  }

  /** True if it was there. */
  remove(sid: ServerId): boolean {
    if (!this.#all.delete(sid)) return false;
    this.#rebuild();
    return true;
  }

  /** Everything of our history is sent to it, and what follows will be. */
  syncing(learner: Learner, syncedTo: Zxid): void {
    learner.syncedTo = syncedTo;
    learner.stage = "syncing";
    this.#rebuild();
  }

  /** It holds, durably, what it was sent before NEWLEADER. */
  synced(learner: Learner): void {
    learner.stage = "synced";
    if (learner.syncedTo > learner.acked) learner.acked = learner.syncedTo;
    this.#rebuild();
  }

  #rebuild(): void {
    this.#proposeTo = [];
    this.#commitTo = [];
    for (const [sid, { stage }] of this.#all) {
      if (stage === "syncing" || stage === "synced") this.#proposeTo.push(sid);
      if (stage === "synced") this.#commitTo.push(sid);
    }
  }
}
