/** Majorities of the voting servers. */
import type { ServerId, Zxid } from "../ids.ts";

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

  /** The highest zxid that a quorum has reached, given what each voter has; 0 if there is none. */
  reachedBy(zxidOf: (sid: ServerId) => Zxid): Zxid {
    const reached = this.voters.map(zxidOf);
    reached.sort((a, b) => b - a);
    return reached[this.size - 1] ?? (0 as Zxid);
  }
}
