/**
 * From everything that was recorded to the run's result: figures, checks, verdict.
 */
import type { RunHistory } from "../../results/history.ts";
import type {
  CheckResult,
  ElectionFigures,
  OperationFigures,
  RunFile,
  RunIdentity,
  SeriesFile,
} from "../../results/schema.ts";
import { loadFigures } from "../../loadgen/figures.ts";
import type { Recorder } from "../../loadgen/recorder.ts";
import type { Lateness } from "../../loadgen/run.ts";
import { composeVerdict } from "../checkers/check-all.ts";
import { steadyFigures } from "./steady-figures.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export interface RunParts {
  readonly identity: RunIdentity;
  readonly scenario: Scenario;
  readonly history: RunHistory;
  readonly checks: readonly CheckResult[];
  readonly recorder: Recorder;
  readonly lateness: Lateness;
  readonly elections: readonly ElectionFigures[];
  readonly hotZnodes: RunFile["hotZnodes"];
  readonly serverSeries: SeriesFile["series"];
  readonly phases: RunFile["phases"];
  /** What keeps the result from being worth anything: one sentence each. */
  readonly problems: readonly string[];
}

export function composeRun(parts: RunParts): { run: RunFile; series: SeriesFile } {
  const { identity, history, checks, recorder, lateness, phases } = parts;
  const steady = phases.find(({ name }) => name === "steady") ?? { fromMs: 0, toMs: 0 };
  const measured = {
    fromMs: steady.fromMs,
    toMs: phases.find(({ name }) => name === "stopping the load")?.fromMs ?? history.endMs,
  };
  // What came after the load had stopped was seen by no write probe: it has no outage.
  const underLoad = history.faults.filter(({ requestedMs }) => requestedMs < measured.toMs);
  const { series, ...figures } = loadFigures(recorder, measured, underLoad);
  const verdict = composeVerdict(checks, { invalidReasons: invalidReasons(parts) });
  const run: RunFile = {
    identity,
    durationMs: history.endMs,
    phases: [...phases],
    ...figures,
    operations: figures.operations.toSorted(mostTellingFirst),
    steady: steadyFigures(recorder, steady).toSorted(mostTellingFirst),
    elections: [...parts.elections],
    hotZnodes: [...parts.hotZnodes],
    figures: {
      history_records: recorder.records.length,
      server_samples: history.samples.length,
      arrivals: lateness.arrivals,
      arrivals_late: lateness.late,
      arrival_late_max_ms: lateness.lateMaxMs,
    },
    checks: [...checks],
    ...verdict,
  };
  return { run, series: { series: [...series, ...parts.serverSeries] } };
}

/** The load's own operations by their number, then what there was besides: connects and last words. */
function mostTellingFirst(a: OperationFigures, b: OperationFigures): number {
  const beside = ({ op, workload }: OperationFigures): number =>
    op === "connect" || op === "close" || workload === "canary" ? 1 : 0;
  return beside(a) - beside(b) || b.latency.count - a.latency.count;
}

/** Why the measurement deserves no trust, whatever the checkers say. */
function invalidReasons({ scenario, history, recorder, lateness, problems }: RunParts): string[] {
  const reasons = [...problems];
  for (const { name, effectiveMs, healedMs } of history.faults) {
    const said = problems.some((problem) => problem.includes(name));
    if (effectiveMs === null && !said) reasons.push(`The fault ${name} never fired.`);
    else if (healedMs === null && !said) reasons.push(`The fault ${name} was never healed.`);
  }
  let ok = 0;
  for (const cell of recorder.cells) ok += cell.ok;
  if (ok < scenario.minOperations)
    reasons.push(`Only ${ok} operations ended ok: ${scenario.minOperations} are needed.`);
  if (recorder.droppedRecords > 0)
    reasons.push(`${recorder.droppedRecords} records found no room in the history.`);
  const late = lateness.arrivals === 0 ? 0 : lateness.late / lateness.arrivals;
  if (late > scenario.lateShareMax)
    reasons.push(
      `The load generator was saturated: ${(100 * late).toFixed(1)} % of arrivals were late.`,
    );
  return reasons;
}
