/**
 * How long transactions take from being logged here to being committed.
 */
import type { Zxid } from "./ids.ts";
import type { ServerStats } from "./stats.ts";

export class ProposalTimes {
  readonly #stats: ServerStats;
  readonly #loggedMs = new Map<Zxid, number>();

  constructor(stats: ServerStats) {
    this.#stats = stats;
  }

  logged(zxid: Zxid, nowMs: number): void {
    this.#loggedMs.set(zxid, nowMs);
  }

  committed(zxid: Zxid, nowMs: number, leading: boolean): void {
    const loggedMs = this.#loggedMs.get(zxid);
    if (loggedMs === undefined) return;
    this.#loggedMs.delete(zxid);
    const latency = leading ? this.#stats.proposalLatencyMs : this.#stats.commitPropagationMs;
    latency.observe(nowMs - loggedMs);
  }

  /** The log is cut, or its end in doubt: what waits is not measured. */
  forget(): void {
    this.#loggedMs.clear();
  }
}
