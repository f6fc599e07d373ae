/**
 * The load's figures before the first fault, beside those of the whole run: what the ensemble does when
 * nothing is wrong, so that what the faults cost can be seen.
 */
import type { OpRecord } from "../../results/history.ts";
import type { OperationFigures } from "../../results/schema.ts";
import { Latency } from "../../loadgen/latency.ts";
import type { Recorder } from "../../loadgen/recorder.ts";

/** The workload that stands for ordinary use. */
const WORKLOAD = "read-heavy";
const LABEL = "steady read-heavy";

/** Operations of the ordinary workload that were to be sent, and ended, within the time (run ms). */
export function steadyFigures(
  recorder: Recorder,
  time: { readonly fromMs: number; readonly toMs: number },
): OperationFigures[] {
  const byOp = new Map<string, OpRecord[]>();
  for (const record of recorder.records) {
    if (record.kind !== "op" || record.workload !== WORKLOAD || record.op === "connect") continue;
    if (record.intendedMs < time.fromMs || record.completeMs > time.toMs) continue;
    const ops = byOp.get(record.op);
    if (ops) ops.push(record);
    else byOp.set(record.op, [record]);
  }
  return [...byOp].map(([op, ops]) => figuresOf(op, ops, (time.toMs - time.fromMs) / 1000));
}

function figuresOf(op: string, ops: readonly OpRecord[], seconds: number): OperationFigures {
  const latency = new Latency();
  const service = new Latency();
  const ended = { ok: 0, fail: 0, info: 0 };
  for (const { intendedMs, invokeMs, completeMs, outcome } of ops) {
    latency.recordMs(completeMs - intendedMs);
    service.recordMs(completeMs - invokeMs);
    ended[outcome]++;
  }
  return {
    workload: LABEL,
    op,
    ...ended,
    perSecond: seconds > 0 ? ended.ok / seconds : 0,
    latency: latency.toFile(),
    service: service.toFile(),
  };
}
