/**
 * What servers say to each other about leadership and history. The names are those of the Zab paper
 * (DSN 2011, Junqueira, Reed, Serafini) and of ZooKeeper's quorum protocol; the encoding is our own
 * (message-codec.ts). A link keeps order and loses nothing until it breaks.
 */
import type { ServerId, Zxid } from "../ids.ts";
import type { Membership } from "./membership.ts";

export type ServerState = "LOOKING" | "FOLLOWING" | "LEADING" | "OBSERVING";

/** A vote: whom a server would follow, and how recent that server's history is. */
export interface Vote {
  readonly leader: ServerId;
  /** The last zxid in the proposed leader's log. */
  readonly zxid: Zxid;
  /** The proposed leader's currentEpoch. */
  readonly epoch: number;
}

export type ZabMessage =
  /** Election: the sender's vote in its round, whether it is still looking, and who are the members. */
  | {
      readonly type: "notification";
      readonly round: number;
      readonly vote: Vote;
      readonly state: ServerState;
      /** The members as they are committed, and those that the end of the sender's log proposes. */
      readonly active: Membership;
      readonly pending: Membership | null;
    }
  /**
   * Discovery, follower to leader (CEPOCH): asks to be led. `attempt` numbers the sender's handshakes;
   * the answer repeats it, so that what is left in the link of an earlier one is told apart.
   */
  | {
      readonly type: "followerInfo";
      readonly attempt: number;
      readonly acceptedEpoch: number;
    }
  /** Discovery, leader to follower (NEWEPOCH). */
  | {
      readonly type: "leaderInfo";
      readonly attempt: number;
      readonly epoch: number;
      /** The leader counts on the receiver: it has a vote, in the leader's eyes. */
      readonly voting: boolean;
    }
  /** The receiver is not led by the sender: look again. */
  | { readonly type: "refused"; readonly attempt: number }
  /** Discovery, follower to leader (ACKEPOCH): the promise is durable; here is where my history ends. */
  | {
      readonly type: "ackEpoch";
      /**
       * The promise was given to this leader and to no other one of the same epoch: it counts. Two
       * leaders may choose the same epoch; one of them at most gets a quorum of such promises.
       */
      readonly promised: boolean;
      readonly currentEpoch: number;
      readonly lastZxid: Zxid;
      /** The history cannot be cut to fit: send a snapshot. */
      readonly wantSnapshot: boolean;
    }
  /** Synchronization: remove everything above `zxid`. */
  | { readonly type: "trunc"; readonly zxid: Zxid }
  /** Synchronization: a snapshot of the state at `zxid`, in pieces; the last one says so. */
  | {
      readonly type: "snap";
      readonly zxid: Zxid;
      readonly last: boolean;
      readonly bytes: Buffer;
    }
  /** A transaction: to be logged, and delivered when it is committed. */
  | { readonly type: "proposal"; readonly zxid: Zxid; readonly bytes: Buffer }
  /** Synchronization: the history up to here is the initial history of `epoch`. */
  | { readonly type: "newLeader"; readonly epoch: number }
  /** The follower holds that history, and the epoch, on disk. */
  | { readonly type: "ackNewLeader"; readonly epoch: number }
  /** The follower may serve; everything up to `committed` is committed. */
  | { readonly type: "upToDate"; readonly committed: Zxid }
  /** Broadcast: the sender has logged, durably, everything up to `zxid`. */
  | { readonly type: "ack"; readonly zxid: Zxid }
  /** Broadcast: everything up to `zxid` is committed. */
  | { readonly type: "commit"; readonly zxid: Zxid }
  /** Heartbeat of the leader of `epoch`; a pong repeats both numbers. */
  | { readonly type: "ping"; readonly epoch: number; readonly round: number }
  | { readonly type: "pong"; readonly epoch: number; readonly round: number };

/** True if `a` is a better vote than `b`: higher epoch, then higher zxid, then higher id. */
export function betterVote(a: Vote, b: Vote): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  if (a.zxid !== b.zxid) return a.zxid > b.zxid;
  return a.leader > b.leader;
}

export function sameVote(a: Vote, b: Vote): boolean {
  return a.leader === b.leader && a.zxid === b.zxid && a.epoch === b.epoch;
}
