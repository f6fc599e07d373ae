/**
 * Time series made light enough for a page, without hiding what matters: the lowest and the highest
 * value of every interval stay.
 */
import type { ChartPoints } from "./chart-data.ts";

/** Time (ms) and value. */
export type SeriesPoint = readonly [atMs: number, value: number];

/** A pause longer than this many usual steps is a gap: nobody answered. */
const GAP_STEPS = 3;

/** At most `pointsMax` of the points, in order: lowest and highest of each of pointsMax / 2 intervals. */
export function downsample(
  points: readonly SeriesPoint[],
  pointsMax: number,
): readonly SeriesPoint[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length <= pointsMax) return points;
  const intervals = Math.max(1, Math.floor(pointsMax / 2));
  const widthMs = (last[0] - first[0]) / intervals || 1;
  const kept: SeriesPoint[] = [];
  let index = 0;
  for (let interval = 1; interval <= intervals && index < points.length; interval += 1) {
    const endMs = interval === intervals ? Infinity : first[0] + interval * widthMs;
    let low = points[index]!;
    if (low[0] >= endMs) continue;
    let high = low;
    for (; index < points.length && points[index]![0] < endMs; index += 1) {
      const point = points[index]!;
      if (point[1] < low[1]) low = point;
      if (point[1] > high[1]) high = point;
    }
    if (low === high) kept.push(low);
    else kept.push(...(low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

/** Points for a chart: seconds, few digits, at most `pointsMax`, and a null where a gap is. */
export function chartPoints(points: readonly SeriesPoint[], pointsMax: number): ChartPoints {
  const kept = downsample(points, pointsMax);
  const gapMs = GAP_STEPS * medianStepMs(kept);
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  let beforeMs: number | null = null;
  for (const [atMs, value] of kept) {
    if (beforeMs !== null && atMs - beforeMs > gapMs) {
      xs.push(seconds((beforeMs + atMs) / 2));
      ys.push(null);
    }
    xs.push(seconds(atMs));
    ys.push(Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
    beforeMs = atMs;
  }
  return [xs, ys];
}

/** The usual distance of two points; infinite where there is only one. */
export function medianStepMs(points: readonly SeriesPoint[]): number {
  const steps: number[] = [];
  for (let index = 1; index < points.length; index += 1) {
    steps.push(points[index]![0] - points[index - 1]![0]);
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? Infinity;
}

function seconds(ms: number): number {
  return Math.round(ms) / 1_000;
}
