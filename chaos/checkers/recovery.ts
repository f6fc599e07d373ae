/**
 * Part of C12: after healing, and during a fault that leaves a quorum, there is a leader and writes
 * succeed within the bound.
 */
import type { FaultRecord, OpRecord, ServerSample } from "../../results/history.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeSample, formatTime, overlaps } from "./evidence.ts";
import { isTxnZxid, isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { isServingLeader } from "./rival-leaders.ts";

const TRIES_SHOWN = 2;

/** Returns what could not be decided, one sentence each. */
export function judgeRecovery(history: PreparedHistory, findings: Findings): string[] {
  const { run } = history;
  const span: Span = { fromMs: run.healedMs, toMs: run.healedMs + run.livenessBoundMs };
  const whole = run.endMs >= span.toMs;
  const undecided: string[] = [];
  const samples = run.samples.filter((sample) => isWithin(sample.receivedMs, span));
  // When the run ended before the bound had passed, what is missing may still have been to come.
  const judge = (fine: boolean, what: string, report: () => void): void => {
    if (fine) return;
    if (whole) report();
    else undecided.push(`${what}, but the run ended before the bound had passed`);
  };
  if (attempted(history, span)) {
    judge(writesWork(history, span), "no write succeeded after healing", () => {
      reportNoWrite(history, span, "after all faults were healed", findings);
    });
  } else {
    undecided.push("no write was tried after healing");
  }
  if (samples.length === 0) {
    undecided.push("no server was asked for its state after healing");
    return undecided;
  }
  judge(samples.some(isServingLeader), "no leader was seen to serve after healing", () => {
    reportServers(samples, "no leader was seen to serve", span, findings);
  });
  for (const server of serversOf(history)) {
    const own = samples.filter((sample) => sample.server === server);
    const serves = own.some((sample) => sample.serving);
    judge(serves, `server ${server} was not seen to serve after healing`, () => {
      reportServers(own, `server ${server} was not seen to serve again`, span, findings);
    });
  }
  for (const fault of run.faults) judgeFault(fault, history, findings);
  judgeLater(history, findings);
  return undecided;
}

/** What has recovered goes on: later, too, writes that are tried succeed within the bound. */
function judgeLater(history: PreparedHistory, findings: Findings): void {
  const { healedMs, livenessBoundMs, endMs, faults } = history.run;
  let sinceMs = healedMs + livenessBoundMs;
  const judgeUntil = (untilMs: number): void => {
    const span: Span = { fromMs: sinceMs, toMs: sinceMs + livenessBoundMs };
    if (untilMs <= span.toMs || !attempted(history, span)) return;
    if (faults.some((fault) => overlaps(fault, span.fromMs, span.toMs))) return;
    if (wasRefused(history, span)) return;
    reportNoWrite(history, span, "long after all faults were healed", findings);
  };
  for (const { completeMs } of history.okWrites) {
    if (completeMs <= sinceMs) continue;
    judgeUntil(completeMs);
    sinceMs = completeMs;
  }
  judgeUntil(endMs);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function isWithin(atMs: number, span: Span): boolean {
  return atMs > span.fromMs && atMs <= span.toMs;
}

function serversOf(history: PreparedHistory): readonly number[] {
  if (history.run.members !== undefined) return history.run.members;
  const servers = new Set<number>();
  for (const sample of history.run.samples) servers.add(sample.server);
  for (const final of history.run.finals) servers.add(final.server);
  return [...servers].sort((a, b) => a - b);
}

function attempted(history: PreparedHistory, span: Span): boolean {
  return history.operations.some((op) => isWrite(op) && isWithin(op.invokeMs, span));
}

/** A write that ended in the span, sent in it or before: one that was refused went the same way. */
function writesWork(history: PreparedHistory, span: Span): boolean {
  return history.okWrites.some((op) => isWithin(op.completeMs, span)) || wasRefused(history, span);
}

/** A write was refused in the span with the zxid of a transaction, which is what its refusal became. */
function wasRefused({ replies }: PreparedHistory, span: Span): boolean {
  return replies.some(
    (op) =>
      isWrite(op) && op.outcome === "fail" && isTxnZxid(op.zxid) && isWithin(op.completeMs, span),
  );
}

/**
 * While a fault leaves a quorum, writes go on: judged when it is the only fault, and is in force for
 * longer than the bound.
 */
function judgeFault(fault: FaultRecord, history: PreparedHistory, findings: Findings): void {
  const { run } = history;
  if (fault.noQuorum || fault.effectiveMs === null) return;
  const endMs = fault.healRequestedMs ?? fault.healedMs ?? run.endMs;
  const span: Span = { fromMs: fault.effectiveMs, toMs: fault.effectiveMs + run.livenessBoundMs };
  if (endMs < span.toMs) return;
  const alone = run.faults.every(
    (other) => other === fault || !overlaps(other, span.fromMs - run.livenessBoundMs, span.toMs),
  );
  if (!alone || !triedBeside(fault, history, span) || writesWork(history, span)) return;
  reportNoWrite(history, span, `under ${fault.name}, which leaves a quorum`, findings);
}

/**
 * Whether a write was tried that the fault does not excuse: over a server that the fault was not aimed
 * at, or by a client that had no connection and is known to use such a server. Where the fault was aimed
 * at all servers, these must be so many that one of them has a quorum.
 */
function triedBeside(fault: FaultRecord, history: PreparedHistory, span: Span): boolean {
  const aimed = new Set(fault.servers);
  const all = serversOf(history);
  const aimedAtAll = all.length > 0 && all.every((server) => aimed.has(server));
  const inSpan = history.operations.filter((op) => isWrite(op) && isWithin(op.invokeMs, span));
  const unconnected = new Set(inSpan.filter((op) => op.server === 0).map((op) => op.client));
  const tried = new Set(inSpan.map((op) => op.server));
  if (unconnected.size > 0) {
    for (const op of history.operations) if (unconnected.has(op.client)) tried.add(op.server);
  }
  tried.delete(0);
  if (aimedAtAll) return tried.size > all.length / 2;
  return [...tried].some((server) => !aimed.has(server));
}

function reportNoWrite(
  history: PreparedHistory,
  span: Span,
  when: string,
  findings: Findings,
): void {
  findings.add(() => {
    const tried = history.operations.filter((op) => isWrite(op) && isWithin(op.invokeMs, span));
    const last = history.okWrites.findLast((op: OpRecord) => op.completeMs <= span.fromMs);
    const lastLine =
      last === undefined ? "none before" : `the last at ${formatTime(last.completeMs)}`;
    return {
      message:
        `Liveness broke: no write succeeded from ${formatTime(span.fromMs)} to ` +
        `${formatTime(span.toMs)}, ${when}.`,
      evidence: [
        `${tried.length} ${tried.length === 1 ? "write was" : "writes were"} sent, none was acknowledged; ${lastLine}`,
        ...tried.slice(0, TRIES_SHOWN).map(describeOp),
        ...latestSamples(history.run.samples.filter((one) => isWithin(one.receivedMs, span))),
      ],
      atMs: span.toMs,
    };
  });
}

function reportServers(
  samples: readonly ServerSample[],
  what: string,
  span: Span,
  findings: Findings,
): void {
  findings.add(() => {
    const evidence = latestSamples(samples);
    return {
      message:
        `Liveness broke: ${what} from ${formatTime(span.fromMs)}, when all was healed, ` +
        `to ${formatTime(span.toMs)}.`,
      evidence: evidence.length === 0 ? ["it did not answer at all"] : evidence,
      atMs: span.toMs,
    };
  });
}

/** What each server said last. */
function latestSamples(samples: readonly ServerSample[]): string[] {
  const latest = new Map<number, ServerSample>();
  for (const sample of samples) latest.set(sample.server, sample);
  return [...latest.values()].map(describeSample);
}
