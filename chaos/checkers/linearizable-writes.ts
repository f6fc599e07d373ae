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
    judgeRealTime(writes, history.replies, findings);
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
  replies: readonly OpRecord[],
  findings: Findings,
): void {
  let next = 0;
  let highest: OpRecord | undefined;
  for (const op of sortedBy(writes, (write) => write.invokeMs)) {
    for (; next < replies.length; next++) {
      const reply = replies[next] as OpRecord;
      if (reply.completeMs >= op.invokeMs) break;
      if (highest === undefined || reply.zxid > highest.zxid) highest = reply;
    }
    const before = highest;
    if (before === undefined || op.zxid > before.zxid) continue;
    const shown = isWrite(before) ? "been acknowledged" : "been read";
    findings.add(() => ({
      message:
        `Linearizable writes broke: ${nameOp(op)} got zxid ${formatZxid(op.zxid)}, but was sent ` +
        `after zxid ${formatZxid(before.zxid)} had ${shown}.`,
      evidence: [describeOp(before), describeOp(op)],
      atMs: op.completeMs,
    }));
  }
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
