import type { OperationFigures } from "../../results/schema.ts";
import { Latency } from "../latency.ts";
import { SETUP } from "../recorder.ts";
import type { Trial } from "./trial.ts";

interface Sum {
  readonly workload: string;
  readonly op: string;
  ok: number;
  fail: number;
  info: number;
  readonly latency: Latency;
  readonly service: Latency;
}

/** The operations of all trials together: counts added, histograms merged, rates over their time. */
export function mergedOperations(trials: readonly Trial[]): OperationFigures[] {
  const sums = new Map<string, Sum>();
  let seconds = 0;
  for (const trial of trials) {
    seconds += trial.seconds;
    for (const cell of trial.recorder.cells) {
      if (cell.workload === SETUP) continue;
      const { workload, op } = cell;
      const key = `${workload} ${op}`;
      const sum = sums.get(key) ?? emptySum(workload, op);
      sums.set(key, sum);
      sum.ok += cell.ok;
      sum.fail += cell.fail;
      sum.info += cell.info;
      sum.latency.add(cell.latency);
      sum.service.add(cell.service);
    }
  }
  return [...sums.values()].map(({ latency, service, ...counts }) => ({
    ...counts,
    perSecond: seconds > 0 ? counts.ok / seconds : 0,
    latency: latency.toFile(),
    service: service.toFile(),
  }));
}

function emptySum(workload: string, op: string): Sum {
  const latencies = { latency: new Latency(), service: new Latency() };
  return { workload, op, ok: 0, fail: 0, info: 0, ...latencies };
}
