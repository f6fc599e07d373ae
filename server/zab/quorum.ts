/** Majorities of the voting servers, of one membership or of several at once. */
import type { ServerId } from "../ids.ts";

export class Quorum {
  readonly voters: readonly ServerId[];
  /** How many voters make a quorum: more than half. */
  readonly size: number;

  constructor(voters: readonly ServerId[]) {
    this.voters = voters;
    this.size = Math.floor(voters.length / 2) + 1;
  }

  has(sid: ServerId): boolean {
    return this.voters.includes(sid);
  }

  /** True if the servers that `test` accepts are a quorum. */
  reached(test: (sid: ServerId) => boolean): boolean {
    let count = 0;
    for (const sid of this.voters) if (test(sid)) count++;
    return count >= this.size;
  }

  /** The highest number that a quorum has reached, given what each voter has; 0 if there is none. */
  reachedBy<N extends number>(numberOf: (sid: ServerId) => N): N {
    const reached = this.voters.map(numberOf);
    reached.sort((a, b) => b - a);
    return reached[this.size - 1] ?? (0 as N);
  }
}

/** A quorum of each of several memberships: while one takes over from the other, both must agree. */
export class JointQuorum {
  /** Every server that votes in any of them, once. */
  readonly voters: readonly ServerId[];
  readonly parts: readonly Quorum[];

  constructor(memberships: readonly { readonly voters: readonly ServerId[] }[]) {
    this.parts = memberships.map(({ voters }) => new Quorum(voters));
    this.voters = [...new Set(memberships.flatMap(({ voters }) => voters))];
  }

  has(sid: ServerId): boolean {
    return this.voters.includes(sid);
  }

  reached(test: (sid: ServerId) => boolean): boolean {
    return this.parts.every((part) => part.reached(test));
  }

  reachedBy<N extends number>(numberOf: (sid: ServerId) => N): N {
    let lowest = Number.POSITIVE_INFINITY;
    for (const part of this.parts) lowest = Math.min(lowest, part.reachedBy(numberOf));
    return lowest as N;
  }
}
