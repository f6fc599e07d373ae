/**
 * Part of C9: a session is not expired while its client is heard, and is expired when it is gone.
 *
 * The log's times are the leader's wall clock, which is not the run's. So an expiry is placed between
 * two things that clients saw: it was proposed after a write of a lower zxid was sent, and before
 * anyone was shown its zxid or a higher one.
 */
import type { OpRecord, ServerTxn, SessionRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, formatTime, overlaps } from "./evidence.ts";
import { upperBound } from "./final-log.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/**
 * The part of the timeout that may pass unnoticed: a server tells the leader of its clients'
 * heartbeats with its own pings, twice a tick.
 */
const EARLY_FRACTION = 0.5;

/** Reports sessions that were expired too early; returns how many expiries the log has. */
export function judgeEarlyExpiry(history: PreparedHistory, findings: Findings): number {
  const expiries = expiriesOf(history);
  if (expiries.length === 0) return 0;
  const clocks = clocksOf(history);
  const heard = heardBySession(history, new Set(expiries.map((txn) => txn.session)));
  const timeouts = timeoutsOf(history.sessions);
  for (const txn of expiries) {
    const timeoutMs = timeouts.get(txn.session);
    const ops = heard.get(txn.session);
    const afterMs = clocks.after(txn.zxid);
    const beforeMs = clocks.before(txn.zxid);
    if (timeoutMs === undefined || ops === undefined || afterMs === null) continue;
    // Only what was answered before the expiry can be held against it: a client that comes back
    // late may still be answered by a server that has not heard of the expiry.
    const last = latest(ops.filter((op) => op.completeMs <= afterMs));
    if (last === undefined) continue;
    const silentMs = beforeMs - last.invokeMs;
    if (silentMs >= timeoutMs * EARLY_FRACTION || silentMs >= timeoutMs - history.run.tickMs)
      continue;
    if (isDisturbed(last.invokeMs - timeoutMs, beforeMs, timeoutMs, history)) continue;
    findings.add(() => ({
      message:
        `Sessions broke: session ${txn.session} was expired at zxid ${formatZxid(txn.zxid)}, at most ` +
        `${Math.ceil(silentMs)} ms after its client was heard; its timeout is ${timeoutMs} ms.`,
      evidence: [
        describeOp(last),
        `${describeTxn(txn)}, between ${formatTime(afterMs)} and ${formatTime(beforeMs)}`,
      ],
      atMs: beforeMs,
    }));
  }
  return expiries.length;
}

/** Sessions that were closed by nobody's request. */
function expiriesOf(history: PreparedHistory): ServerTxn[] {
  const asked = new Set<string>();
  for (const op of history.operations) if (op.op === "close") asked.add(op.session);
  for (const record of history.sessions) if (record.event === "closed") asked.add(record.session);
  const expired = (txn: ServerTxn): boolean =>
    txn.type === "closeSession" && txn.cxid === 0 && !asked.has(txn.session);
  return history.log.entries.filter(expired);
}

interface Clocks {
  /** A transaction of this zxid was proposed after this time; null: not known. */
  after(zxid: number): number | null;
  /** … and before this one. */
  before(zxid: number): number;
}

function clocksOf(history: PreparedHistory): Clocks {
  const writes = history.okWrites.toSorted((a, b) => a.zxid - b.zxid);
  const latestSent: number[] = [];
  for (const op of writes) latestSent.push(Math.max(latestSent.at(-1) ?? 0, op.invokeMs));
  const shown = history.repliesByZxid;
  const earliestShown = Array.from<number>({ length: shown.length });
  let earliest = Number.POSITIVE_INFINITY;
  for (let i = shown.length - 1; i >= 0; i--) {
    earliest = Math.min(earliest, (shown[i] as OpRecord).completeMs);
    earliestShown[i] = earliest;
  }
  return {
    after: (zxid) => latestSent[upperBound(writes, zxid - 1, (op) => op.zxid) - 1] ?? null,
    before: (zxid) =>
      earliestShown[upperBound(shown, zxid - 1, (op) => op.zxid)] ?? Number.POSITIVE_INFINITY,
  };
}

function heardBySession(
  history: PreparedHistory,
  wanted: ReadonlySet<string>,
): Map<string, OpRecord[]> {
  const heard = new Map<string, OpRecord[]>();
  for (const op of history.replies) {
    const session = history.connections.sessionOf(op);
    if (!wanted.has(session)) continue;
    const list = heard.get(session);
    if (list === undefined) heard.set(session, [op]);
    else list.push(op);
  }
  return heard;
}

function latest(ops: readonly OpRecord[]): OpRecord | undefined {
  let last: OpRecord | undefined;
  for (const op of ops) if (last === undefined || op.invokeMs > last.invokeMs) last = op;
  return last;
}

function timeoutsOf(sessions: readonly SessionRecord[]): Map<string, number> {
  const timeouts = new Map<string, number>();
  for (const record of sessions) {
    // A reconnect may negotiate anew: the shortest is the one that surely had to be kept.
    const known = timeouts.get(record.session) ?? Number.POSITIVE_INFINITY;
    if (record.timeoutMs > 0) timeouts.set(record.session, Math.min(known, record.timeoutMs));
  }
  return timeouts;
}

/**
 * Whether a fault, or a server that was seen to be slow, may have kept heartbeats from the leader. A
 * leader that stood still may expire sessions before it reads what has waited for it.
 */
function isDisturbed(
  fromMs: number,
  toMs: number,
  timeoutMs: number,
  history: PreparedHistory,
): boolean {
  const { faults, samples } = history.run;
  if (faults.some((fault) => overlaps(fault, fromMs - timeoutMs, toMs))) return true;
  return samples.some(
    (sample) =>
      sample.receivedMs >= fromMs &&
      sample.sentMs <= toMs &&
      (sample.receivedMs - sample.sentMs > timeoutMs / 4 || sample.state === "LOOKING"),
  );
}

/** Reports sessions whose client was gone for good, and which were still open at the end. */
export function judgeLateExpiry(history: PreparedHistory, findings: Findings): void {
  const { run, log } = history;
  if (log.fromZxid > 0) return;
  const timeouts = timeoutsOf(history.sessions);
  for (const gone of goneForGood(history)) {
    const life = history.ephemerals.sessions.get(gone.session);
    const timeoutMs = timeouts.get(gone.session);
    if (life === undefined || Number.isFinite(life.closedZxid) || timeoutMs === undefined) continue;
    // After healing there may be one more election, which gives every session its timeout again.
    const fromMs = Math.max(gone.atMs, run.healedMs);
    const dueMs = fromMs + run.livenessBoundMs + 2 * (timeoutMs + run.tickMs);
    if (run.endMs <= dueMs) continue;
    findings.add(() => ({
      message:
        `Sessions broke: session ${gone.session} was still open at the end (${formatTime(run.endMs)}), though ` +
        `its client was gone since ${formatTime(gone.atMs)}; its timeout is ${timeoutMs} ms.`,
      evidence: [
        `${formatTime(gone.atMs)} client ${gone.client} session ${gone.session} ${gone.event}`,
        `opened at zxid ${formatZxid(life.openedZxid)}, no closeSession in the final log`,
      ],
      atMs: run.endMs,
    }));
  }
}

/** The last that was heard of each session whose client did not come back. */
function goneForGood(history: PreparedHistory): SessionRecord[] {
  const last = new Map<string, SessionRecord>();
  for (const record of history.sessions) last.set(record.session, record);
  return [...last.values()].filter(
    (record) => record.event !== "created" && record.event !== "reconnected",
  );
}
