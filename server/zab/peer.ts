/**
 * One server's part in Zab: looking for a leader, following one, or leading. A synchronous state
 * machine: inputs are method calls (link up or down, message, time, disk completion, proposal);
 * outputs go to ZabOutput. It reads no clock: every input says what time it is.
 */
import { formatZxid, type ServerId, type Zxid } from "../ids.ts";
import type { LogEntry } from "../storage/storage.ts";
import { type RoleControl, type ZabConfig, ZabCore, type ZabOutput } from "./core.ts";
import { Election, type Heard } from "./election.ts";
import { Follower } from "./follower.ts";
import { type CanReconfigure, Leader } from "./leader.ts";
import type { Membership } from "./membership.ts";
import type { ServerState, Vote, ZabMessage } from "./messages.ts";

export type ZabRecovered = ConstructorParameters<typeof ZabCore>[1];

export class ZabPeer {
  readonly core: ZabCore;
  readonly election: Election;
  readonly #out: ZabOutput;
  readonly #control: RoleControl;
  #state: ServerState = "LOOKING";
  #leader: Leader | null = null;
  #follower: Follower | null = null;
  /** Numbers our handshakes with leaders. */
  #attempt = 0;
  /** Requests to be led that came before we knew whether we lead. */
  readonly #early = new Map<ServerId, Extract<ZabMessage, { type: "followerInfo" }>>();
  #lookingSinceMs = 0;
  #electedMs = 0;
  #discoveredMs = 0;

  constructor(config: ZabConfig, recovered: ZabRecovered, out: ZabOutput) {
    this.#out = out;
    this.core = new ZabCore(config, recovered, out, () => this.#membershipChanged());
    this.election = new Election(config.sid, this.core.ensemble, config.finalizeWaitMs, {
      notify: (to) => this.#notify(to),
    });
    this.#control = {
      look: (reason) => this.#look(reason),
      discovered: () => {
        this.#discoveredMs = this.core.nowMs;
      },
      established: (epoch, leader) => this.#established(epoch, leader),
    };
  }

  get state(): ServerState {
    return this.#state;
  }
  /** The server that is followed or, when leading, this one; null while looking. */
  get leaderSid(): ServerId | null {
    if (this.#leader) return this.core.sid;
    return this.#follower?.leader ?? null;
  }
  /** The role object while leading, else null. */
  get leading(): Leader | null {
    return this.#leader;
  }
  /** True from `serve` until the role is given up. */
  get broadcasting(): boolean {
    return (this.#leader ?? this.#follower)?.phase === "BROADCAST";
  }
  get phase(): "ELECTION" | "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST" {
    return (this.#leader ?? this.#follower)?.phase ?? "ELECTION";
  }
  /** When `tick` must be called next, in the caller's monotonic ms; null: not before another input. */
  get wakeAtMs(): number | null {
    if (this.#leader) return this.#leader.wakeAtMs;
    if (this.#follower) return this.#follower.wakeAtMs;
    const { finalizeAtMs, repeatAtMs } = this.election;
    return finalizeAtMs === null ? repeatAtMs : Math.min(finalizeAtMs, repeatAtMs);
  }

  /** The members as they are committed, as far as this server knows. */
  get membership(): Membership {
    return this.core.ensemble.active;
  }
  /** The members that an entry of the log proposes which is not known to be committed, or null. */
  get pendingMembership(): Membership | null {
    return this.core.ensemble.pending;
  }

  start(nowMs: number): void {
    this.core.nowMs = nowMs;
    this.#look("starting");
  }

  tick(nowMs: number): void {
    this.core.nowMs = nowMs;
    if (this.#leader) this.#leader.tick();
    else if (this.#follower) this.#follower.tick();
    else {
      this.election.tick(nowMs, this.#ownVote());
      this.#decide();
    }
  }

  linkUp(peer: ServerId, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.core.connected.add(peer);
    if (this.#state === "LOOKING") {
      this.#notify(peer);
      this.#decide();
    }
  }

  linkDown(peer: ServerId, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.core.connected.delete(peer);
    this.#early.delete(peer);
    this.election.linkDown(peer);
    if (this.#leader) this.#leader.leave(peer);
    else if (this.#follower) {
      if (this.#follower.leader === peer) this.#look(`the link to leader ${peer} broke`);
    } else if (this.election.vote.leader === peer) this.#look(`candidate ${peer} is out of reach`);
    else this.#decide();
  }

  receive(from: ServerId, message: ZabMessage, nowMs: number): void {
    this.core.nowMs = nowMs;
    if (message.type === "notification") {
      this.#notification(from, message);
      return;
    }
    if (this.#leader) {
      this.#leader.receive(from, message);
      return;
    }
    if (message.type === "followerInfo") {
      if (this.#follower) this.#refuse(from, message.attempt);
      else this.#early.set(from, message);
      return;
    }
    if (this.#follower?.leader === from) this.#follower.receive(message);
  }

  /** Everything appended up to `zxid` (in this generation of the log) is on disk. */
  logged(zxid: Zxid, generation: number, nowMs: number): void {
    this.core.nowMs = nowMs;
    if (!this.core.logged(zxid, generation)) return;
    if (this.#leader) this.#leader.logged();
    else this.#follower?.logged();
  }

  epochsSaved(token: number, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.core.epochsSaved(token);
    if (this.#leader) this.#leader.epochsSaved(token);
    else this.#follower?.epochsSaved(token);
  }

  /** A truncation or a snapshot is on disk. */
  replaced(zxid: Zxid, generation: number, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.core.replaced(zxid, generation);
    this.#follower?.logged();
  }

  /** Leading and in broadcast: proposes an entry whose zxid came from `leading.nextZxid()`. */
  propose(entry: LogEntry, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.#leader?.propose(entry);
  }

  /**
   * Whether an entry with this membership may be proposed now: `inProgress` while another one is not
   * committed, `noQuorum` if no quorum of its voters is synchronized with us. Leading only.
   */
  canReconfigure(next: Membership): CanReconfigure {
    return this.#leader?.canReconfigure(next) ?? "noQuorum";
  }

  /** Everything that this server has proposed is committed; always so unless it leads. */
  get isSettled(): boolean {
    return this.#leader === null || this.core.history.last === this.core.committed;
  }

  /** Gives up the role, as when this server is about to stop or its state is in doubt. */
  abdicate(reason: string, nowMs: number): void {
    this.core.nowMs = nowMs;
    if (this.#state !== "LOOKING") this.#look(reason);
  }

  #notification(from: ServerId, message: Heard): void {
    this.election.settle(from, message);
    if (message.state === "LOOKING" || message.vote.leader !== this.core.sid) {
      // The link keeps order: whatever it asked of us before, it does not follow us any more.
      this.#early.delete(from);
      this.#leader?.leave(from);
    }
    this.#hear(message);
    if (this.#state === "LOOKING") {
      if (message.state === "LOOKING")
        this.election.receive(from, message, this.#ownVote(), this.core.nowMs);
      this.#decide();
      return;
    }
    if (this.#leftBy(from, message)) {
      this.#look(`server ${from} does not lead any more`);
      return;
    }
    if (this.#ledElsewhere()) {
      this.#look("a quorum follows another leader");
      return;
    }
    if (message.state === "LOOKING") this.#notify(from);
  }

  /**
   * Another server knows members that are committed and that we do not know of, or not that they are.
   * Ours then cannot elect a leader any more, and one that leads by them cannot be established.
   */
  #hear({ active }: Heard): void {
    const { core } = this;
    const { ensemble } = core;
    if (this.#follower) return;
    if (active.version === ensemble.pending?.version) {
      // The same zxid is the same entry, with the same history before it.
      core.commit(active.version);
      this.#leader?.reconsider();
      const { leader } = this.election.vote;
      if (this.#state === "LOOKING" && !ensemble.electorate.has(leader)) {
        // Nobody else votes for one that the members have left out: we would wait for it for ever.
        this.#look(`candidate ${leader} has no vote any more`);
      }
    }
    if (!ensemble.heard(active)) return;
    this.#look(`members are known that ${formatZxid(active.version)} made`);
  }

  /**
   * The server that we follow says that it does not lead. Before it has taken us in, a LOOKING of our
   * own round or an earlier one is old news: it was sent before that server knew that it was elected.
   * But not with a vote for another server: in one round nobody comes back to its vote for itself.
   */
  #leftBy(from: ServerId, message: Heard): boolean {
    const follower = this.#follower;
    if (!follower || follower.leader !== from || message.state === "LEADING") return false;
    const { round } = this.election;
    if (message.state !== "LOOKING" || follower.accepted || message.round > round) return true;
    return message.round === round && message.vote.leader !== from;
  }

  /** Not established yet, and it will not happen: a quorum has settled on another leader. */
  #ledElsewhere(): boolean {
    if (this.broadcasting) return false;
    const other = this.election.established(false);
    return other !== null && other !== this.leaderSid;
  }

  #ownVote(): Vote {
    const { core } = this;
    return { leader: core.sid, zxid: core.history.last, epoch: core.epochs.current };
  }

  #look(reason: string): void {
    this.#leader = null;
    this.#follower = null;
    this.#setState("LOOKING", null, reason);
    this.#lookingSinceMs = this.core.nowMs;
    this.election.start(this.#ownVote(), this.core.connected, this.core.nowMs);
    this.#decide();
  }

  #decide(): void {
    if (this.#state !== "LOOKING") return;
    const leader = this.election.decide(this.core.nowMs);
    if (leader === null) return;
    this.#electedMs = this.core.nowMs;
    const early = [...this.#early];
    this.#early.clear();
    if (leader === this.core.sid) {
      this.#leader = new Leader(this.core, this.#control);
      this.#setState("LEADING", leader, "elected");
      this.election.announce(this.core.nowMs);
      this.#leader.start();
      for (const [sid, info] of early) this.#leader?.receive(sid, info);
      return;
    }
    this.#follower = new Follower(this.core, this.#control, leader, ++this.#attempt);
    this.#setState(this.#ledState(), leader, "elected another");
    this.election.announce(this.core.nowMs);
    this.#follower.start();
    for (const [sid, info] of early) this.#refuse(sid, info.attempt);
  }

  #established(epoch: number, leader: ServerId): void {
    const { nowMs } = this.core;
    this.#out.serve(epoch, leader, {
      durationMs: nowMs - this.#lookingSinceMs,
      electionMs: this.#electedMs - this.#lookingSinceMs,
      discoveryMs: this.#discoveredMs - this.#electedMs,
      synchronizationMs: nowMs - this.#discoveredMs,
    });
  }

  /** What a server that is led says of itself: only a vote in the committed membership counts. */
  #ledState(): ServerState {
    return this.core.ensemble.votes(this.core.sid) ? "FOLLOWING" : "OBSERVING";
  }

  #membershipChanged(): void {
    const { active, pending } = this.core.ensemble;
    this.#out.membershipChanged(active, pending);
    if (this.#follower === null || this.#state === this.#ledState()) return;
    this.#setState(this.#ledState(), this.#follower.leader, "the members changed");
    this.election.announce(this.core.nowMs);
  }

  #setState(state: ServerState, leader: ServerId | null, reason: string): void {
    this.#state = state;
    this.#out.stateChanged(state, leader, reason);
  }

  #notify(to: ServerId): void {
    if (!this.core.connected.has(to)) return;
    const leader = this.leaderSid;
    const { round, vote } = this.election;
    const { latest, pending } = this.core.ensemble;
    this.#out.send(to, {
      type: "notification",
      round,
      vote: leader === null ? vote : { ...vote, leader },
      state: this.#state,
      active: latest,
      pending: pending && pending.version > latest.version ? pending : null,
    });
  }

  #refuse(to: ServerId, attempt: number): void {
    this.#out.send(to, { type: "refused", attempt });
  }
}
