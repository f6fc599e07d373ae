/**
 * Servers that have applied the same have the same tree: twice a tick the leader tells the digest of its
 * own, and whoever has another at that zxid says so. One that is alone with its tree stops; a leader stops
 * when a quorum agrees on another one than its own.
 */
import { formatZxid, type ServerId, type Zxid } from "./ids.ts";
import type { PeerMessage } from "./net/peer-message.ts";
import { formatDigest } from "./tree/digest.ts";
import type { JointQuorum } from "./zab/quorum.ts";

/** Beats from the first complaint to the judgement: others that see the same are heard until then. */
const JUDGED_AFTER_BEATS = 3;
/** So many zxids are remembered, for answers that come late. */
const KEPT = 32;

export type DigestMessage = Extract<
  PeerMessage,
  { readonly type: "digest" | "diverged" | "outvoted" }
>;

export interface StateDigestParts {
  readonly replica: {
    readonly appliedZxid: Zxid;
    readonly tree: { readonly digest: number };
  };
  /** The leader while this server serves, be it this one; null: it does not. */
  leader(): ServerId | null;
  /** Whose votes make a quorum. */
  quorum(): JointQuorum;
  send(to: ServerId, message: DigestMessage): void;
  /** To all servers that follow this one. */
  tellAll(message: DigestMessage): void;
  /** This server's state is not that of the ensemble: it must stop. */
  diverged(reason: string): void;
}

/** What the leader's tree was at a zxid, and who has another one there. */
interface Told {
  readonly digest: number;
  readonly others: Map<ServerId, number>;
  beats: number;
}

export class StateDigests {
  readonly #sid: ServerId;
  readonly #parts: StateDigestParts;
  readonly #told = new Map<Zxid, Told>();

  constructor(sid: ServerId, parts: StateDigestParts) {
    this.#sid = sid;
    this.#parts = parts;
  }

  /** Twice a tick: a leader judges what was complained of, and tells its digest if it is another one. */
  beat(): void {
    if (this.#parts.leader() !== this.#sid) {
      this.#told.clear();
      return;
    }
    for (const [zxid, told] of this.#told) {
      if (told.others.size > 0 && ++told.beats >= JUDGED_AFTER_BEATS) this.#judge(zxid, told);
    }
    const { appliedZxid: zxid, tree } = this.#parts.replica;
    if (this.#told.has(zxid)) return;
    this.#told.set(zxid, { digest: tree.digest, others: new Map(), beats: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > KEPT && oldest !== undefined) this.#told.delete(oldest);
    this.#parts.tellAll({ type: "digest", zxid, digest: tree.digest });
  }

  receive(from: ServerId, { type, zxid, digest }: DigestMessage): void {
    const { replica } = this.#parts;
    const leader = this.#parts.leader();
    switch (type) {
      case "digest":
        // A link keeps order: whoever follows has applied just as much, unless it does not serve yet.
        if (from !== leader || replica.appliedZxid !== zxid || replica.tree.digest === digest)
          return;
        this.#parts.send(from, { type: "diverged", zxid, digest: replica.tree.digest });
        return;
      case "diverged":
        if (leader === this.#sid) this.#told.get(zxid)?.others.set(from, digest);
        return;
      case "outvoted":
        if (from === leader) this.#stop(zxid, digest, `that of server ${from}, its leader,`);
    }
  }

  #judge(zxid: Zxid, told: Told): void {
    const { digest, others } = told;
    const quorum = this.#parts.quorum();
    for (const other of new Set(others.values())) {
      if (!quorum.reached((sid) => others.get(sid) === other)) continue;
      this.#stop(zxid, other, "that of a quorum of its followers");
      return;
    }
    for (const sid of others.keys()) this.#parts.send(sid, { type: "outvoted", zxid, digest });
    others.clear();
    told.beats = 0;
  }

  #stop(zxid: Zxid, digest: number, whose: string): void {
    this.#parts.diverged(
      `the state of this server at ${formatZxid(zxid)} is not that of the ensemble: its digest there ` +
        `differed, ${whose} was ${formatDigest(digest)}; keep its data directory as evidence, and ` +
        "start it with an empty one: it then takes the state over from the others",
    );
  }
}
