/**
 * Part of C12: a server that has fallen behind the others by more than the bound does not answer.
 */
import type { OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, nameOp, overlaps } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { sortedBy } from "./sorted-by.ts";

/**
 * A process that stood still may answer what it finds waiting before it knows the time; its client has
 * long been disconnected by then.
 */
const STANDSTILL = /pause|stop|freeze|clock/i;

/**
 * A reply is at least as new as what had been acknowledged to anyone a bound before its request was
 * sent. Returns how many replies had something to be compared with.
 */
export function judgeTimeliness(history: PreparedHistory, findings: Findings): number {
  const { run, okWrites } = history;
  const standstills = run.faults.filter((fault) => STANDSTILL.test(fault.name));
  let compared = 0;
  let next = 0;
  let newest: OpRecord | undefined;
  for (const op of sortedBy(history.replies, (reply) => reply.invokeMs)) {
    for (; next < okWrites.length; next++) {
      const write = okWrites[next] as OpRecord;
      if (write.completeMs >= op.invokeMs - run.livenessBoundMs) break;
      if (newest === undefined || write.zxid > newest.zxid) newest = write;
    }
    const due = newest;
    if (due === undefined) continue;
    compared++;
    if (op.zxid >= due.zxid) continue;
    if (standstills.some((fault) => overlaps(fault, op.invokeMs, op.completeMs))) continue;
    findings.add(() => ({
      message:
        `Timeliness broke: ${nameOp(op)} was answered by server ${op.server} as of zxid ` +
        `${formatZxid(op.zxid)}, more than ${run.livenessBoundMs} ms after ${formatZxid(due.zxid)} was acknowledged.`,
      evidence: [describeOp(due), describeOp(op)],
      atMs: op.completeMs,
    }));
  }
  return compared;
}
