/**
 * Which memberships bind this server (Shraer, Reed, Malkhi, Junqueira: Dynamic Reconfiguration of
 * Primary/Backup Clusters, USENIX ATC 2012; ZooKeeper's quorumVerifier and lastSeenQuorumVerifier).
 * They are a function of its log: the committed one, and the one that an entry proposes which is not
 * known to be committed. While there are two, whatever needs a quorum needs one of each.
 */
import type { ServerId, Zxid } from "../ids.ts";
import { isVoter, type Membership } from "./membership.ts";
import { JointQuorum } from "./quorum.ts";

export class Ensemble {
  #active: Membership;
  #pending: Membership | null = null;
  /** The latest membership that another server said is committed, while it is beyond our log. */
  #heard: Membership | null = null;
  #quorum: JointQuorum;
  #electorate: JointQuorum;

  constructor(active: Membership) {
    this.#active = active;
    this.#quorum = new JointQuorum([active]);
    this.#electorate = this.#quorum;
  }

  get active(): Membership {
    return this.#active;
  }
  get pending(): Membership | null {
    return this.#pending;
  }
  /** Whom discovery, synchronization and broadcast need: a quorum of the active and of the pending. */
  get quorum(): JointQuorum {
    return this.#quorum;
  }
  /**
   * Whose votes count. A membership beyond our log is in here, too: with its servers we can elect one
   * that has it, and those that it left out cannot elect us any more. Safety does not rest on this.
   */
  get electorate(): JointQuorum {
    return this.#electorate;
  }
  /** The latest membership that is known to be committed, by our log or by hearsay. */
  get latest(): Membership {
    return this.#heard ?? this.#active;
  }

  /** True if the server votes in the committed membership. */
  votes(sid: ServerId): boolean {
    return isVoter(this.#active, sid);
  }

  /**
   * The log has an entry with this membership now. A leader proposes one only after the one before is
   * committed: what was pending is active then, whether or not the commit was heard of. False if it
   * is not new.
   */
  proposed(next: Membership): boolean {
    if (next.version <= (this.#pending ?? this.#active).version) return false;
    if (this.#pending) this.#active = this.#pending;
    this.#pending = next;
    this.#rebuild();
    return true;
  }

  /** Everything up to `zxid` is committed; true if that made the pending membership the active one. */
  committed(zxid: Zxid): boolean {
    if (!this.#pending || this.#pending.version > zxid) return false;
    this.#active = this.#pending;
    this.#pending = null;
    this.#rebuild();
    return true;
  }

  /** The log ends at `zxid` now; true if the pending membership went with its entry. */
  truncated(zxid: Zxid): boolean {
    if (!this.#pending || this.#pending.version <= zxid) return false;
    this.#pending = null;
    this.#rebuild();
    return true;
  }

  /** A snapshot took the place of tree and log; null: it says nothing of members. True if it changed. */
  replaced(active: Membership | null): boolean {
    if (!this.#pending && (active === null || active.version === this.#active.version))
      return false;
    this.#active = active ?? this.#active;
    this.#pending = null;
    this.#rebuild();
    return true;
  }

  /** Another server says that this membership is committed; true if that is beyond what we know. */
  heard(membership: Membership): boolean {
    if (membership.version <= this.latest.version) return false;
    this.#heard = membership;
    this.#rebuild();
    return true;
  }

  #rebuild(): void {
    if (this.#heard && this.#heard.version <= this.#active.version) this.#heard = null;
    const own = this.#pending ? [this.#active, this.#pending] : [this.#active];
    this.#quorum = new JointQuorum(own);
    if (!this.#heard) {
      this.#electorate = this.#quorum;
      return;
    }
    const { version } = this.#heard;
    const beyond = this.#pending && this.#pending.version > version ? [this.#pending] : [];
    this.#electorate = new JointQuorum([this.#heard, ...beyond]);
  }
}
