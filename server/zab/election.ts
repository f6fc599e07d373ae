/**
 * Fast leader election (ZooKeeper's FastLeaderElection): servers that are looking exchange votes in
 * numbered rounds until a quorum has the same one; the best vote has the most recent history, and
 * among equals the highest id. It chooses a candidate, no more: that the candidate's history holds
 * everything committed is proven in discovery, by the promises of a quorum.
 *
 * Servers that do not vote (observers, those that are to join, those that were removed) elect nobody
 * and follow whoever leads. Everybody who is linked is told the votes, so they find the leader.
 */
import type { ServerId } from "../ids.ts";
import type { Ensemble } from "./ensemble.ts";
import { isVoter, type Membership } from "./membership.ts";
import { betterVote, sameVote, type ServerState, type Vote } from "./messages.ts";
import { JointQuorum } from "./quorum.ts";

export interface ElectionOutput {
  /** Tell this server our round, vote and state. */
  notify(to: ServerId): void;
}

export interface Heard {
  readonly round: number;
  readonly vote: Vote;
  readonly state: ServerState;
  readonly active: Membership;
  readonly pending: Membership | null;
}

/** While nobody answers, votes are repeated this often, ms. */
const REPEAT_MS = 200;
/**
 * A candidate that cannot be reached is given up after this long, ms, and then after twice as long each
 * time: while its vote goes round, nobody else is elected, whether it lives or not. (ZooKeeper's servers
 * follow it, fail to connect, and look again.) Links to one that lives are up long before.
 */
const GIVE_UP_MIN_MS = 1_000;
const GIVE_UP_MAX_MS = 60_000;

export class Election {
  round = 0;
  vote: Vote;
  /** When the vote is repeated, in the caller's monotonic ms. */
  repeatAtMs = 0;
  /** When the leader is taken although a connected server has not agreed yet; null: no quorum yet. */
  finalizeAtMs: number | null = null;

  readonly #sid: ServerId;
  readonly #ensemble: Ensemble;
  readonly #out: ElectionOutput;
  readonly #finalizeWaitMs: number;
  /** Votes of servers that are looking too, in this round. */
  readonly #votes = new Map<ServerId, Vote>();
  /** Members that are in the logs of servers that vote in this round, by who said so. */
  readonly #pendings = new Map<ServerId, Membership>();
  /** What servers say that already follow or lead. */
  readonly #settled = new Map<ServerId, Heard>();
  #connected: ReadonlySet<ServerId> = new Set();
  /** When the candidate, which cannot be reached, is given up; null: it can be. */
  #giveUpAtMs: number | null = null;
  #giveUpAfterMs = GIVE_UP_MIN_MS;
  /** A server that is looking holds members, in its log, among which we vote. */
  #invited = false;

  constructor(sid: ServerId, ensemble: Ensemble, finalizeWaitMs: number, out: ElectionOutput) {
    this.#sid = sid;
    this.#ensemble = ensemble;
    this.#out = out;
    this.#finalizeWaitMs = finalizeWaitMs;
    this.vote = { leader: sid, zxid: 0 as Vote["zxid"], epoch: 0 };
  }

  /** Begins a new round with a vote for ourselves; `connected` are the peers whose link is up. */
  start(own: Vote, connected: ReadonlySet<ServerId>, nowMs: number): void {
    this.round++;
    this.#connected = connected;
    this.#invited = false;
    this.#giveUpAfterMs = GIVE_UP_MIN_MS;
    this.#adoptRound(own, nowMs);
  }

  /** What a server says that follows or leads; kept whatever we do ourselves. */
  settle(from: ServerId, heard: Heard): void {
    if (heard.state !== "LOOKING") this.#settled.set(from, heard);
    else this.#settled.delete(from);
  }

  /** A vote of a server that is looking arrived while we are. `own` is the vote for ourselves. */
  receive(from: ServerId, heard: Heard, own: Vote, nowMs: number): void {
    if (heard.active.version < this.#ensemble.latest.version || heard.round < this.round) {
      // It tells us old news: of the members, or of the votes.
      this.#out.notify(from);
      if (heard.round < this.round) return;
    }
    if (!this.#mayVote(from, heard)) return;
    if (this.#mayVote(this.#sid, heard)) this.#invited = true;
    else if (!this.#invited) return;
    const eligible = this.#mayVote(heard.vote.leader, heard);
    if (heard.round > this.round) {
      this.round = heard.round;
      this.#adoptRound(eligible && betterVote(heard.vote, own) ? heard.vote : own, nowMs);
    } else if (eligible && betterVote(heard.vote, this.vote)) {
      this.vote = heard.vote;
      this.#giveUpAtMs = null;
      this.announce(nowMs);
    } else if (betterVote(this.vote, heard.vote)) {
      // It began to look after we told everyone: without this it would wait for the repetition.
      this.#out.notify(from);
    }
    this.#votes.set(from, heard.vote);
    if (heard.pending) this.#pendings.set(from, heard.pending);
  }

  /** The peer cannot be reached: what it said does not count any more. */
  linkDown(peer: ServerId): void {
    this.#votes.delete(peer);
    this.#pendings.delete(peer);
    this.#settled.delete(peer);
  }

  /**
   * The elected leader as far as can be said now, or null. Call after each change and on time. A
   * leader that we have no link to is not taken: we could not follow it.
   */
  decide(nowMs: number): ServerId | null {
    const votes = this.#ensemble.electorate.has(this.#sid);
    const established = this.established(votes) ?? (votes ? null : this.#anyLeader());
    const elects = votes || this.#invited;
    if (established !== null) {
      // Our round becomes the leader's: a later round of its is then seen to be later.
      this.round = this.#settled.get(established)?.round ?? this.round;
      return established;
    }
    if (!elects || !this.#reachable(this.vote.leader)) {
      // Nothing is waited for: a time that stayed set and passed would wake us without end.
      this.finalizeAtMs = null;
      if (elects) this.#giveUpAtMs ??= nowMs + this.#giveUpAfterMs;
      return null;
    }
    this.#giveUpAtMs = null;
    const agrees = (sid: ServerId): boolean => {
      if (sid === this.#sid) return true;
      const vote = this.#votes.get(sid);
      return vote !== undefined && sameVote(vote, this.vote);
    };
    if (!this.#ensemble.electorate.reached(agrees)) {
      this.finalizeAtMs = null;
      return null;
    }
    // A server that is connected but has not agreed may still have a better vote: give it a moment.
    // One that is not connected cannot be waited for; if it is more recent, discovery is safe anyway.
    const undecided =
      this.#ensemble.electorate.voters.some((sid) => this.#connected.has(sid) && !agrees(sid)) ||
      this.#votersElsewhere().some((sid) => !agrees(sid));
    if (undecided && this.finalizeAtMs === null) this.finalizeAtMs = nowMs + this.#finalizeWaitMs;
    if (undecided && this.finalizeAtMs !== null && nowMs < this.finalizeAtMs) return null;
    return this.vote.leader;
  }

  /**
   * Repeats the vote when it is due; begins a new round with the vote for ourselves, `own`, when the
   * candidate could not be reached for long. `decide` must follow.
   */
  tick(nowMs: number, own: Vote): void {
    if (this.#giveUpAtMs !== null && nowMs >= this.#giveUpAtMs) {
      this.#giveUpAfterMs = Math.min(2 * this.#giveUpAfterMs, GIVE_UP_MAX_MS);
      this.round++;
      this.#adoptRound(own, nowMs);
    } else if (nowMs >= this.repeatAtMs) this.announce(nowMs);
  }

  /**
   * A leader that already leads: it says so itself, and a quorum follows it (of the members as the
   * leader knows them, unless we know later ones), counting ourselves as a follower or not. The round
   * is not compared: a server that comes late learns of a leader elected in any round.
   */
  established(countSelf: boolean): ServerId | null {
    for (const [sid, heard] of this.#settled) {
      if (heard.state !== "LEADING" || heard.vote.leader !== sid || !this.#reachable(sid)) continue;
      const follows = (voter: ServerId): boolean =>
        voter === this.#sid ? countSelf : this.#settled.get(voter)?.vote.leader === sid;
      if (this.#electorateOf(heard).reached(follows)) return sid;
    }
    return null;
  }

  /**
   * Without a vote, and perhaps without links to a quorum, the word of a leader is enough: the one
   * with the latest members, and of those the one whose history is the most recent.
   */
  #anyLeader(): ServerId | null {
    let best: [ServerId, Heard] | null = null;
    for (const [sid, heard] of this.#settled) {
      if (heard.state !== "LEADING" || heard.vote.leader !== sid || !this.#reachable(sid)) continue;
      if (best === null || laterLeader(heard, best[1])) best = [sid, heard];
    }
    return best && best[0];
  }

  /** The members that the sender knows, unless what we know is later. */
  #electorateOf({ active, pending }: Heard): JointQuorum {
    if (active.version < this.#ensemble.latest.version) return this.#ensemble.electorate;
    return new JointQuorum(pending ? [active, pending] : [active]);
  }

  /**
   * The server has a vote: in our eyes, or in those of a sender that knows members as late as ours. A
   * server may vote in a membership that is in the sender's log and not yet in ours.
   */
  #mayVote(sid: ServerId, { active, pending }: Heard): boolean {
    if (this.#ensemble.electorate.has(sid)) return true;
    if (active.version < this.#ensemble.latest.version) return false;
    return isVoter(active, sid) || (pending !== null && isVoter(pending, sid));
  }

  /**
   * Voters of members that are in the logs of others and not in ours. Those others, the candidate maybe
   * among them, need their votes too, and may change their own for theirs.
   */
  #votersElsewhere(): ServerId[] {
    const { active, pending } = this.#ensemble;
    const { version } = pending ?? active;
    return [...this.#pendings.values()].flatMap((each) =>
      each.version > version ? each.voters : [],
    );
  }

  #reachable(sid: ServerId): boolean {
    return sid === this.#sid || this.#connected.has(sid);
  }

  #adoptRound(vote: Vote, nowMs: number): void {
    this.vote = vote;
    this.#votes.clear();
    this.#pendings.clear();
    this.finalizeAtMs = null;
    this.#giveUpAtMs = null;
    this.announce(nowMs);
  }

  /** Tells all servers that are linked our round, vote and state. */
  announce(nowMs: number): void {
    this.repeatAtMs = nowMs + REPEAT_MS;
    for (const sid of this.#connected) this.#out.notify(sid);
  }
}

function laterLeader(a: Heard, b: Heard): boolean {
  if (a.active.version !== b.active.version) return a.active.version > b.active.version;
  return betterVote(a.vote, b.vote);
}
