/** Part of C9: when a session was expired, and how long it had to live. */
import type { OpRecord, ServerTxn, SessionRecord } from "../../results/history.ts";
import { epochOf } from "../../server/ids.ts";
import type { Zxid } from "../../server/ids.ts";
import { overlaps } from "./evidence.ts";
import { upperBound } from "./final-log.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { sortedBy } from "./sorted-by.ts";

/** When a transaction was proposed: later than `fromMs`, earlier than `toMs`, both ms of the run. */
export interface ProposalSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How many acknowledged writes on each side of a transaction are compared with it. */
const NEIGHBOURS = 8;
/** A log's times are whole ms. */
const ROUNDING_MS = 2;

/**
 * Places transactions between what clients saw. One was proposed after a write of a lower zxid was sent,
 * and before anyone was shown its zxid or a higher one. The log's times are the leader's wall clock,
 * which is not the run's; but between two transactions of one leader as much of the run passed as they
 * say, unless a fault set clocks.
 */
export class ProposalTimes {
  readonly #history: PreparedHistory;
  readonly #writes: readonly OpRecord[];
  /** When the latest of the writes up to each was sent. */
  readonly #latestSentMs: Float64Array;
  /** When the first reply of a zxid or a higher one came, in the order of the zxids. */
  readonly #firstShownMs: Float64Array;

  constructor(history: PreparedHistory) {
    this.#history = history;
    this.#writes = sortedBy(history.okWrites, (op) => op.zxid);
    let latestMs = 0;
    this.#latestSentMs = Float64Array.from(
      this.#writes,
      ({ invokeMs }) => (latestMs = Math.max(latestMs, invokeMs)),
    );
    const shown = history.repliesByZxid;
    this.#firstShownMs = new Float64Array(shown.length);
    let firstMs = Number.POSITIVE_INFINITY;
    for (let i = shown.length - 1; i >= 0; i--) {
      firstMs = Math.min(firstMs, (shown[i] as OpRecord).completeMs);
      this.#firstShownMs[i] = firstMs;
    }
  }

  /** Null: no write was acknowledged before it. */
  spanOf(txn: ServerTxn): ProposalSpan | null {
    const below = upperBound(this.#writes, txn.zxid - 1, (op) => op.zxid);
    const sentMs = this.#latestSentMs[below - 1];
    if (sentMs === undefined) return null;
    const shownAt = upperBound(this.#history.repliesByZxid, txn.zxid - 1, (op) => op.zxid);
    const shownMs = this.#firstShownMs[shownAt] ?? Number.POSITIVE_INFINITY;
    return this.#byClock(txn, below, { fromMs: sentMs, toMs: shownMs });
  }

  #byClock(txn: ServerTxn, below: number, span: ProposalSpan): ProposalSpan {
    let { fromMs, toMs } = span;
    if (txn.timeMs <= 0) return span;
    for (const op of this.#writes.slice(Math.max(0, below - NEIGHBOURS), below + NEIGHBOURS)) {
      const other = this.#history.log.at(op.zxid);
      if (other === undefined || other.timeMs <= 0) continue;
      if (epochOf(op.zxid as Zxid) !== epochOf(txn.zxid as Zxid)) continue;
      const laterMs = txn.timeMs - other.timeMs;
      // By what clients saw, not by the clock: one that was set back makes this time look short.
      const [beganMs, endedMs] = [Math.min(op.invokeMs, span.fromMs), op.completeMs];
      if (this.#clocksWereSet(beganMs, Math.max(endedMs, span.toMs))) continue;
      fromMs = Math.max(fromMs, op.invokeMs + laterMs - ROUNDING_MS);
      toMs = Math.min(toMs, op.completeMs + laterMs + ROUNDING_MS);
    }
    // Clocks that contradict what clients saw say nothing.
    return fromMs <= toMs ? { fromMs, toMs } : span;
  }

  #clocksWereSet(fromMs: number, toMs: number): boolean {
    return this.#history.run.faults.some(
      (fault) => /clock/i.test(fault.name) && overlaps(fault, fromMs, toMs),
    );
  }
}

/** The negotiated timeout of each session, ms: the shortest, if it was negotiated more than once. */
export function timeoutsOf(sessions: readonly SessionRecord[]): Map<string, number> {
  const timeouts = new Map<string, number>();
  for (const record of sessions) {
    const known = timeouts.get(record.session) ?? Number.POSITIVE_INFINITY;
    if (record.timeoutMs > 0) timeouts.set(record.session, Math.min(known, record.timeoutMs));
  }
  return timeouts;
}
