/**
 * What is answered only when a quorum has confirmed, after it was asked, that this server still leads: a
 * leader that was deposed and does not know it has nothing to say about the present.
 */
import type { Env } from "./env.ts";
import type { Leader } from "./zab/leader.ts";

/** What is asked of the leader's side of the protocol. */
export type Confirming = Pick<Leader, "pingRound" | "confirmLeadership">;

interface Waiting {
  readonly answer: () => void;
  /** The ping whose answers confirm it; 0 until the ping is sent. */
  round: number;
}

export class LeadershipCheck {
  readonly #timers: Pick<Env["timers"], "soon">;
  readonly #leading: () => Confirming | null;
  readonly #input: (run: () => void) => void;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  #isOver = false;
  #confirmedRound = 0;

  /** `leading`: null when this server does not lead. `input` runs an input of the server. */
  constructor(
    timers: Pick<Env["timers"], "soon">,
    leading: () => Confirming | null,
    input: (run: () => void) => void,
  ) {
    this.#timers = timers;
    this.#leading = leading;
    this.#input = input;
  }

  /**
   * Answers after a quorum has confirmed that we lead, later than this call, in the order in which it was
   * asked; never when the leadership ends before.
   */
  ask(answer: () => void): void {
    this.#waiting.push({ answer, round: 0 });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // One round of pings serves all that ask in this turn.
    this.#timers.soon(() => this.#input(() => this.#sendPings()));
  }

  /** A quorum has answered the pings up to this round. */
  confirmed(round: number): void {
    this.#confirmedRound = round;
    const asked = this.#waiting;
    this.#waiting = asked.filter((each) => each.round === 0 || each.round > round);
    for (const each of asked) if (each.round !== 0 && each.round <= round) each.answer();
  }

  stop(): void {
    this.#isOver = true;
  }

  #sendPings(): void {
    this.#isScheduled = false;
    const leader = this.#leading();
    if (this.#isOver || !leader) return;
    // The number is taken before the pings go out: alone, the answer is there before the call ends.
    const round = leader.pingRound + 1;
    for (const each of this.#waiting) if (each.round === 0) each.round = round;
    leader.confirmLeadership();
    if (this.#confirmedRound >= round) this.confirmed(this.#confirmedRound);
  }
}
