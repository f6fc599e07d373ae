/**
 * The whole latency distribution as a line: the latency at every percentile that the samples support.
 */
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import type { HistogramFile } from "../../results/schema.ts";
import type { ChartPoints } from "./chart-data.ts";

/** Points per factor of ten of 1 / (1 − percentile). */
const POINTS_PER_DECADE = 16;

/**
 * x: 1 / (1 − percentile), from 1 (the lowest sample) to the number of samples (the highest: with n
 * samples there is nothing beyond 1 − 1/n); y: milliseconds. Null if the histogram cannot be decoded
 * or is empty.
 */
export function percentileCurve(histogram: HistogramFile): ChartPoints | null {
  if (histogram.count === 0) return null;
  let hdr;
  try {
    hdr = decodeFromCompressedBase64(histogram.hdr);
  } catch {
    // The table still has the figures; the caller says that the curve is missing.
    return null;
  }
  const xs: number[] = [];
  const ys: number[] = [];
  const end = histogram.count;
  const steps = Math.ceil(Math.log10(end) * POINTS_PER_DECADE);
  for (let step = 0; step <= steps; step += 1) {
    // The grid is the same for all curves, so that the page has one x axis for them.
    const x = step === steps ? end : 10 ** (step / POINTS_PER_DECADE);
    const percentile = step === steps ? 100 : 100 * (1 - 1 / x);
    xs.push(Number(x.toPrecision(6)));
    ys.push(Number((hdr.getValueAtPercentile(percentile) / 1_000).toPrecision(4)));
  }
  return [xs, ys];
}
