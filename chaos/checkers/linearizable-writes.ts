/**
 * C3: a write takes effect between its invocation and its reply, so in the order of real time.
 */
import type { FaultRecord, OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatTime, nameOp } from "./evidence.ts";
import { isTxnZxid, isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { UnansweredWrites } from "./request-of.ts";
import { describeShown, ShownBefore } from "./shown-before.ts";
import type { Shown } from "./shown-before.ts";
import { sortedBy } from "./sorted-by.ts";

/** How long healing is taken to last, ms, where the fault log does not say when it began. */
const HEALING_MS = 1_000;

export const linearizableWrites = defineChecker(
  {
    id: "C3",
    name: "linearizable writes",
    guarantee:
      "A write comes after everything that was acknowledged before it was sent, and needs a quorum.",
  },
  (history, findings) => {
    const writes = history.replies.filter((op) => isWrite(op) && isTransaction(op, history));
    judgeRealTime(writes, history, findings);
    judgeResolved(history, findings);
    const windows = history.run.faults.filter((fault) => fault.noQuorum);
    for (const fault of windows) judgeNoQuorum(fault, writes, history.run.endMs, findings);
    return { looked: { writes: writes.length, "quorum losses": windows.length } };
  },
);

/**
 * A refused write has a zxid of its own only if the leader refused it; a server that refuses by itself
 * answers with the zxid of its state.
 */
function isTransaction(op: OpRecord, history: PreparedHistory): boolean {
  if (!isTxnZxid(op.zxid)) return false;
  if (op.outcome === "ok") return true;
  const txn = history.log.at(op.zxid);
  return txn?.type === "error" && txn.cxid === op.xid && txn.session === op.session;
}

/**
 * Sweeps the time: a write's zxid is above every zxid that any client had been shown before it was
 * invoked. What had been shown was proposed by then, and the write was not.
 */
function judgeRealTime(
  writes: readonly OpRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  const shown = new ShownBefore(history);
  for (const op of sortedBy(writes, (write) => write.invokeMs)) {
    const before = shown.newestBefore(op.invokeMs);
    if (before === undefined || op.zxid > before.zxid) continue;
    reportOrder(op, op.zxid, before, "got", findings);
  }
}

/** Writes whose answer was lost: the log says whether they were applied, and where. */
function judgeResolved(history: PreparedHistory, findings: Findings): void {
  const unanswered = new UnansweredWrites(history);
  if (!unanswered.hasAny) return;
  const applied: { readonly op: OpRecord; readonly zxid: number }[] = [];
  for (const txn of history.log.entries) {
    const op = unanswered.of(txn);
    if (op !== null) applied.push({ op, zxid: txn.zxid });
  }
  const shown = new ShownBefore(history);
  for (const { op, zxid } of sortedBy(applied, (each) => each.op.invokeMs)) {
    const before = shown.newestBefore(op.invokeMs);
    if (before === undefined || zxid > before.zxid) continue;
    reportOrder(op, zxid, before, "was applied at", findings);
  }
}

function reportOrder(
  op: OpRecord,
  zxid: number,
  before: Shown,
  how: string,
  findings: Findings,
): void {
  const which = `zxid ${formatZxid(before.zxid)}`;
  const shown =
    before.kind === "watch"
      ? `client ${before.client} had been told of ${which}`
      : `${which} had ${isWrite(before) ? "been acknowledged" : "been read"}`;
  findings.add(() => ({
    message:
      `Linearizable writes broke: ${nameOp(op)} ${how} zxid ${formatZxid(zxid)}, but was sent after ` +
      `${shown}.`,
    evidence: [describeShown(before), describeOp(op)],
    atMs: op.completeMs,
  }));
}

/** No write that began and ended while no quorum was possible can have been acknowledged. */
function judgeNoQuorum(
  fault: FaultRecord,
  writes: readonly OpRecord[],
  endMs: number,
  findings: Findings,
): void {
  if (fault.effectiveMs === null) return;
  const fromMs = fault.effectiveMs;
  const untilMs = fault.healRequestedMs ?? (fault.healedMs ?? endMs) - HEALING_MS;
  for (const op of writes) {
    if (op.invokeMs <= fromMs || op.completeMs >= untilMs) continue;
    findings.add(() => ({
      message:
        `Linearizable writes broke: ${nameOp(op)} was ${op.outcome === "ok" ? "acknowledged" : "decided"} ` +
        `with zxid ${formatZxid(op.zxid)} while no quorum could exist.`,
      evidence: [
        `${fault.name}: ${fault.description}, in force from ${formatTime(fromMs)} until at least ${formatTime(untilMs)}`,
        describeOp(op),
      ],
      atMs: op.completeMs,
    }));
  }
}
