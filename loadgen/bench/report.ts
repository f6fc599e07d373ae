import type { OperationFigures } from "../../results/schema.ts";
import type { Trial } from "./trial.ts";

/** Above this the load generator, not the servers, may have set the pace. */
export const BUSY_LIMIT = 0.97;
const MIB = 1024 * 1024;

/** The lines that sum one target's trials up: the median trial by throughput. */
export function reportLines(name: string, trials: readonly Trial[]): string[] {
  const trial = medianTrial(trials);
  const lines = [`${name}: ${count(trial.opsPerSecond)} ops/s${spread(trials)}`];
  const cpu = trial.cpuUsPerOp === null ? "not known" : `${trial.cpuUsPerOp.toFixed(1)} µs/op`;
  const rss = trial.rssBytes === null ? "not known" : `${Math.round(trial.rssBytes / MIB)} MB`;
  lines.push(`  servers' CPU ${cpu}, resident memory ${rss}, errors ${trial.errors}`);
  for (const operation of trial.figures.operations) {
    if (operation.op === "getData" || operation.op === "setData")
      lines.push(operationLine(operation));
  }
  if (trial.checks !== null) {
    const { fifo, monotonic, violationCount } = trial.checks;
    lines.push(
      `  checked as they came: order of ${count(fifo)} replies, ${count(monotonic)} zxids; violations ${violationCount}`,
    );
    for (const violation of trial.checks.violations) lines.push(`    ${violation}`);
  }
  return lines;
}

/** The trial in the middle by throughput; the lower of two. There must be one. */
export function medianTrial(trials: readonly Trial[]): Trial {
  const sorted = trials.toSorted((a, b) => a.opsPerSecond - b.opsPerSecond);
  const middle = sorted[(sorted.length - 1) >> 1];
  if (middle === undefined) throw new Error("no trial to report");
  return middle;
}

/** One line that compares two targets. */
export function comparisonLine(
  name: string,
  trials: readonly Trial[],
  otherName: string,
  others: readonly Trial[],
): string {
  const own = medianTrial(trials);
  const other = medianTrial(others);
  const ratio = own.opsPerSecond / other.opsPerSecond;
  const cpu =
    own.cpuUsPerOp === null || other.cpuUsPerOp === null
      ? ""
      : `, ${(other.cpuUsPerOp / own.cpuUsPerOp).toFixed(2)} × less CPU per operation`;
  return `${name} does ${ratio.toFixed(2)} × the operations of ${otherName}${cpu}`;
}

/** Why a trial does not deserve trust; empty when it does. */
export function doubts(trial: Trial): string[] {
  const found: string[] = [];
  const { late, arrivals, lateMaxMs } = trial.lateness;
  if (late > arrivals / 100) {
    found.push(
      `${late} of ${arrivals} arrivals were sent late, by up to ${Math.round(lateMaxMs)} ms`,
    );
  }
  if (trial.opsPerSecond === 0) found.push("no operation ended ok");
  return found;
}

function operationLine(operation: OperationFigures): string {
  const { p50, p99, p999, max } = operation.latency;
  const times = [p50, p99, p999, max].map(milliseconds).join(" / ");
  return `  ${operation.op}: ${count(operation.ok)} ok, p50 / p99 / p99.9 / max ${times} ms`;
}

function spread(trials: readonly Trial[]): string {
  if (trials.length < 2) return "";
  const rates = trials.map((trial) => trial.opsPerSecond);
  return ` (median of ${trials.length}: ${count(Math.min(...rates))} to ${count(Math.max(...rates))})`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function milliseconds(us: number | null): string {
  return us === null ? "–" : (us / 1000).toFixed(us < 10_000 ? 2 : 1);
}
