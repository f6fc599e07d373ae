/** Part of C9: a session whose client has gone is expired within a bounded time. */
import type { FaultRecord, ServerTxn } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeTxn, formatTime, overlaps } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import type { ProposalTimes } from "./session-expiry-times.ts";
import { sortedBy } from "./sorted-by.ts";

/**
 * The leader looks for silent sessions twice a tick, is told of heartbeats by other servers twice a tick,
 * and lets them read first what waits when it stood still itself: twice the timeout and a tick is ample.
 */
const TIMES = 2;
/** What a loaded machine may take besides, ms. */
const SLACK_MS = 1_000;

/**
 * Reports expiries that came too late, and returns how many could be judged: those of sessions whose
 * client was seen to go, with one leader and no fault from then on.
 */
export function judgeOverdue(
  expiries: readonly ServerTxn[],
  timeouts: ReadonlyMap<string, number>,
  times: ProposalTimes,
  history: PreparedHistory,
  findings: Findings,
): number {
  if (expiries.length === 0) return 0;
  const { tickMs } = history.run;
  const lastHeard = lastHeardMs(history, new Set(expiries.map(({ session }) => session)));
  const quiet = new Quiet(history);
  let judged = 0;
  for (const txn of expiries) {
    const timeoutMs = timeouts.get(txn.session);
    const heardMs = lastHeard.get(txn.session);
    const fromMs = times.spanOf(txn)?.fromMs;
    if (timeoutMs === undefined || heardMs === undefined || fromMs === undefined) continue;
    if (!quiet.within(heardMs - 2 * tickMs, Math.max(fromMs, heardMs + timeoutMs))) continue;
    judged++;
    const boundMs = TIMES * (timeoutMs + tickMs) + SLACK_MS;
    if (fromMs - heardMs <= boundMs) continue;
    findings.add(() => ({
      message:
        `Sessions broke: session ${txn.session} was expired at zxid ${formatZxid(txn.zxid)}, at least ` +
        `${Math.floor(fromMs - heardMs)} ms after its client was heard last; its timeout is ${timeoutMs} ms.`,
      evidence: [
        `its client was gone at ${formatTime(heardMs)}; the bound is ${Math.round(boundMs)} ms`,
        `${describeTxn(txn)}, after ${formatTime(fromMs)}`,
      ],
      atMs: fromMs,
    }));
  }
  return judged;
}

/** Whether there was no fault, and one leader all the time: an election gives every session its timeout again. */
class Quiet {
  readonly #faults: readonly FaultRecord[];
  /** When servers were seen to look for a leader, or to be of another epoch than the latest, rising. */
  readonly #unrestMs: Float64Array;

  constructor({ run }: PreparedHistory) {
    this.#faults = run.faults;
    const unrest: number[] = [];
    let latest = 0;
    for (const { epoch, state, sentMs, receivedMs } of sortedBy(run.samples, (one) => one.sentMs)) {
      if (state === "LOOKING" || (latest > 0 && epoch !== latest)) unrest.push(sentMs, receivedMs);
      latest = Math.max(latest, epoch);
    }
    this.#unrestMs = Float64Array.from(unrest).sort();
  }

  within(fromMs: number, toMs: number): boolean {
    if (this.#faults.some((fault) => overlaps(fault, fromMs, toMs))) return false;
    let low = 0;
    let high = this.#unrestMs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#unrestMs[middle] as number) < fromMs) low = middle + 1;
      else high = middle;
    }
    return (this.#unrestMs[low] ?? Number.POSITIVE_INFINITY) > toMs;
  }
}

/** When each session can have been heard last; infinity where a client never left it. */
function lastHeardMs(
  history: PreparedHistory,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const heard = new Map<string, number>();
  const note = (session: string, atMs: number): void => {
    if (wanted.has(session)) heard.set(session, Math.max(heard.get(session) ?? 0, atMs));
  };
  const carriers = new Map<string, Set<number>>();
  for (const { session, client, event, atMs } of history.sessions) {
    if (!wanted.has(session)) continue;
    let clients = carriers.get(session);
    if (clients === undefined) carriers.set(session, (clients = new Set()));
    if (event === "created" || event === "reconnected") clients.add(client);
    else clients.delete(client);
    note(session, atMs);
  }
  for (const [session, clients] of carriers) {
    if (clients.size > 0) note(session, Number.POSITIVE_INFINITY);
  }
  for (const op of history.operations) {
    // What got no answer may have been heard until its client gave it up.
    const atMs = Number.isFinite(op.completeMs) ? op.completeMs : Number.POSITIVE_INFINITY;
    note(op.session, atMs);
    if (op.outcome === "ok") note(history.connections.sessionOf(op), atMs);
  }
  return heard;
}
