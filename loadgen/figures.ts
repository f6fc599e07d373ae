import type { FaultRecord } from "../results/history.ts";
import type { OperationFigures, OutageFigures, RunFile, SeriesFile } from "../results/schema.ts";
import { outages } from "./outages.ts";
import { SETUP, type Recorder } from "./recorder.ts";
import { BUCKET_MS } from "./timeline.ts";

/** The time that figures are taken over, in milliseconds of the run: arrivals begun to stopped. */
export interface MeasuredTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a load says of itself in a run's result. */
export interface LoadFigures {
  readonly operations: OperationFigures[];
  readonly outages: OutageFigures[];
  readonly fanOut: RunFile["fanOut"];
  readonly locks: RunFile["locks"];
  readonly leadership: RunFile["leadership"];
  readonly series: SeriesFile["series"];
}

/** Sums a recorder up. Figures of workloads that did not run are null or empty. */
export function loadFigures(
  recorder: Recorder,
  measured: MeasuredTime,
  faults: readonly FaultRecord[],
): LoadFigures {
  const { probe } = recorder;
  return {
    operations: operations(recorder, measured),
    outages:
      probe.intervalMs === 0
        ? []
        : outages(faults, probe.ackMs, {
            beginMs: measured.fromMs,
            endMs: measured.toMs,
            intervalMs: probe.intervalMs,
          }),
    fanOut: fanOut(recorder),
    locks: locks(recorder),
    leadership: leadership(recorder),
    series: series(recorder, measured),
  };
}

function operations(recorder: Recorder, measured: MeasuredTime): OperationFigures[] {
  const seconds = (measured.toMs - measured.fromMs) / 1000;
  const figures: OperationFigures[] = [];
  for (const cell of recorder.cells) {
    if (cell.workload === SETUP) continue;
    figures.push({
      workload: cell.workload,
      op: cell.op,
      ok: cell.ok,
      fail: cell.fail,
      info: cell.info,
      perSecond: seconds > 0 ? cell.ok / seconds : 0,
      latency: cell.latency.toFile(),
      service: cell.service.toFile(),
    });
  }
  return figures;
}

function fanOut({ fanOut: figures }: Recorder): RunFile["fanOut"] {
  if (figures.watchers === 0) return null;
  return {
    watchers: figures.watchers,
    triggers: figures.triggers,
    deliveries: figures.deliveries,
    first: figures.first.toFile(),
    median: figures.median.toFile(),
    last: figures.last.toFile(),
  };
}

function locks({ locks: book }: Recorder): RunFile["locks"] {
  if (book.resources === 0) return null;
  return {
    clients: book.participants,
    locks: book.resources,
    acquired: book.acquired,
    handedOver: book.handedOver,
    handover: book.latency.toFile(),
  };
}

function leadership({ leadership: book }: Recorder): RunFile["leadership"] {
  if (book.resources === 0) return null;
  return {
    candidates: book.participants,
    elected: book.acquired,
    handover: book.latency.toFile(),
  };
}

/** Whole buckets within the measured time, as rates per second at each bucket's start. */
function series(recorder: Recorder, measured: MeasuredTime): SeriesFile["series"] {
  const { timeline } = recorder;
  const first = Math.ceil(measured.fromMs / BUCKET_MS);
  const end = Math.floor(measured.toMs / BUCKET_MS);
  const rate = (name: string, counts: readonly number[]): SeriesFile["series"][number] => {
    const points: [number, number][] = [];
    for (let bucket = first; bucket < end; bucket++) {
      points.push([bucket * BUCKET_MS, ((counts[bucket] ?? 0) * 1000) / BUCKET_MS]);
    }
    return { name, unit: "1/s", server: null, points };
  };
  return [
    rate("ops_per_second", timeline.ok),
    rate("write_ops_per_second", timeline.writes),
    rate("error_per_second", timeline.errors),
  ];
}
