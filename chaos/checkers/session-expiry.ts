/** Part of C9: a session is not expired while its client is heard, nor long after. */
import type { FaultRecord, OpRecord, ServerTxn } from "../../results/history.ts";
import { epochOf, formatZxid } from "../../server/ids.ts";
import type { Zxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, formatTime, overlaps } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { sortedBy } from "./sorted-by.ts";
import { judgeOverdue } from "./session-expiry-overdue.ts";
import { ProposalTimes, timeoutsOf, type ProposalSpan } from "./session-expiry-times.ts";

/**
 * A server tells the leader of its clients' heartbeats with its own pings, twice a tick: so many ticks
 * after it was heard, a client has been reported.
 */
const REPORTED_TICKS = 1.5;
/** Clocks that nobody set may differ by so much, of the time that they measure. */
const CLOCK_DRIFT = 0.01;
/** What keeps no heartbeat from the leader. (Bits rot while their server is off.) */
const HARMLESS = new Set(["slow-disk", "disk-full", "clock-jump"]);

export interface ExpiriesSeen {
  /** How many the log has. */
  readonly all: number;
  /** Of these, how many could be too late: see `judgeOverdue`. */
  readonly judgedForLateness: number;
}

/** Reports sessions that were expired too early or too late. */
export function judgeExpiry(history: PreparedHistory, findings: Findings): ExpiriesSeen {
  const expiries = expiriesOf(history);
  if (expiries.length === 0) return { all: 0, judgedForLateness: 0 };
  const times = new ProposalTimes(history);
  const timeouts = timeoutsOf(history.sessions);
  judgeEarly(expiries, timeouts, times, history, findings);
  const judgedForLateness = judgeOverdue(expiries, timeouts, times, history, findings);
  return { all: expiries.length, judgedForLateness };
}

function judgeEarly(
  expiries: readonly ServerTxn[],
  timeouts: ReadonlyMap<string, number>,
  times: ProposalTimes,
  history: PreparedHistory,
  findings: Findings,
): void {
  const heard = heardBySession(history, new Set(expiries.map((txn) => txn.session)));
  for (const txn of expiries) {
    const timeoutMs = timeouts.get(txn.session);
    const span = times.spanOf(txn);
    const ops = heard.get(txn.session);
    if (timeoutMs === undefined || span === null || ops === undefined) continue;
    const sign = signOfLife(ops, txn, span, timeoutMs, history);
    if (sign === undefined) continue;
    const silentMs = span.toMs - sign.invokeMs;
    findings.add(() => ({
      message:
        `Sessions broke: session ${txn.session} was expired at zxid ${formatZxid(txn.zxid)}, at most ` +
        `${Math.ceil(silentMs)} ms after its client was heard; its timeout is ${timeoutMs} ms.`,
      evidence: [
        describeOp(sign),
        `${describeTxn(txn)}, between ${formatTime(span.fromMs)} and ${formatTime(span.toMs)}`,
      ],
      atMs: span.toMs,
    }));
  }
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

/** What was answered to each session, and its connects, in the order in which they were sent. */
function heardBySession(
  history: PreparedHistory,
  wanted: ReadonlySet<string>,
): Map<string, readonly OpRecord[]> {
  const heard = new Map<string, readonly OpRecord[]>();
  const lists = new Map<string, OpRecord[]>();
  const add = (session: string, op: OpRecord): void => {
    if (!wanted.has(session)) return;
    const list = lists.get(session);
    if (list === undefined) lists.set(session, [op]);
    else list.push(op);
  };
  for (const op of history.replies) add(history.connections.sessionOf(op), op);
  for (const op of history.operations) {
    if (op.op === "connect" && op.outcome === "ok") add(op.session, op);
  }
  for (const [session, list] of lists)
    heard.set(
      session,
      sortedBy(list, (op) => op.invokeMs),
    );
  return heard;
}

/** The last that the leader has heard of its client, if that is younger than the timeout. */
function signOfLife(
  ops: readonly OpRecord[],
  txn: ServerTxn,
  span: ProposalSpan,
  timeoutMs: number,
  history: PreparedHistory,
): OpRecord | undefined {
  for (let at = ops.length - 1; at >= 0; at--) {
    const op = ops[at] as OpRecord;
    // Those before were sent even earlier.
    if (span.toMs - op.invokeMs >= timeoutMs * (1 - CLOCK_DRIFT)) return undefined;
    if (mustHaveKept(op, txn, span, timeoutMs, history)) return op;
  }
  return undefined;
}

/** Whether the leader has heard of this sign of life, which is younger than the timeout. */
function mustHaveKept(
  op: OpRecord,
  txn: ServerTxn,
  span: ProposalSpan,
  timeoutMs: number,
  history: PreparedHistory,
): boolean {
  const { faults, tickMs } = history.run;
  if (faults.some((each) => each.name === "clock-skew" && overlaps(each, op.invokeMs, span.toMs)))
    return false;
  // The leader itself has let the client in: nothing had to be reported.
  if (op.op === "connect") return op.completeMs <= span.fromMs && wasOfEpoch(op, txn, history);
  // Only what was answered long enough before the expiry can be held against it: a client that comes
  // back late may still be answered by a server that has not heard of the expiry.
  if (op.completeMs > span.fromMs - REPORTED_TICKS * tickMs) return false;
  // Its server followed the leader that expired the session.
  if (epochOf(op.zxid as Zxid) !== epochOf(txn.zxid as Zxid)) return false;
  return !isUnreported(op, timeoutMs, history);
}

/**
 * Whether it was this epoch's leader that let the client in, as far as samples tell: a leader whose
 * followers have gone to another one does not know it yet, and lets clients in.
 */
function wasOfEpoch(op: OpRecord, txn: ServerTxn, { run }: PreparedHistory): boolean {
  const sample = run.samples.findLast(
    ({ server, sentMs }) => server === op.server && sentMs <= op.completeMs,
  );
  return sample === undefined || sample.epoch === epochOf(txn.zxid as Zxid);
}

/** Whether a fault, or a server that was seen to be slow, may have kept the heartbeat from the leader. */
function isUnreported(op: OpRecord, timeoutMs: number, history: PreparedHistory): boolean {
  const { faults, samples, tickMs } = history.run;
  const fromMs = op.invokeMs - REPORTED_TICKS * tickMs;
  const toMs = op.completeMs + REPORTED_TICKS * tickMs;
  if (faults.some((fault) => hinders(fault, op.server) && overlaps(fault, fromMs, toMs)))
    return true;
  return samples.some(
    (sample) =>
      sample.receivedMs >= fromMs &&
      sample.sentMs <= toMs &&
      (sample.receivedMs - sample.sentMs > timeoutMs / 4 || sample.state === "LOOKING"),
  );
}

/**
 * A leader that stood still finds what was sent meanwhile, and has to read it before it calls anyone
 * silent: only the client's own server must not have stood still.
 */
function hinders({ name, servers }: FaultRecord, server: number): boolean {
  if (HARMLESS.has(name)) return false;
  return name !== "pause" || servers.includes(server);
}
