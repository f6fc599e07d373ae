import type { Histogram } from "hdr-histogram-js";
import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import type { HistogramFile } from "../results/schema.ts";

/** Longer latencies are recorded as this: ten minutes, in microseconds. */
export const LATENCY_MAX_US = 600_000_000;

/** Samples without which a percentile would be one sample's accident, and is not reported. */
const P50_SAMPLES_MIN = 2;
const P99_SAMPLES_MIN = 100;
const P999_SAMPLES_MIN = 1000;

/** A histogram of durations: microseconds, three significant digits, mergeable between runs. */
export class Latency {
  #histogram: Histogram | null = null;
  #maxUs = 0;

  get count(): number {
    return this.#histogram?.totalCount ?? 0;
  }

  /** Records a duration in milliseconds; below a microsecond (also negative) counts as one. */
  recordMs(durationMs: number): void {
    let us = Math.round(durationMs * 1000);
    if (!(us >= 1)) us = 1;
    else if (us > LATENCY_MAX_US) us = LATENCY_MAX_US;
    if (us > this.#maxUs) this.#maxUs = us;
    this.#ready().recordValue(us);
  }

  /** Adds all of another's samples. */
  add(other: Latency): void {
    if (other.#histogram === null) return;
    this.#ready().add(other.#histogram);
    this.#maxUs = Math.max(this.#maxUs, other.#maxUs);
  }

  /** A percentile (0 to 100) in microseconds, whatever the number of samples; 0 without any. */
  percentileUs(percentile: number): number {
    return this.#histogram?.getValueAtPercentile(percentile) ?? 0;
  }

  toFile(): HistogramFile {
    const count = this.count;
    const percentile = (at: number, samplesMin: number): number | null =>
      count < samplesMin ? null : Math.min(this.percentileUs(at), this.#maxUs);
    return {
      hdr: encodeIntoCompressedBase64(this.#ready()),
      count,
      p50: percentile(50, P50_SAMPLES_MIN),
      p99: percentile(99, P99_SAMPLES_MIN),
      p999: percentile(99.9, P999_SAMPLES_MIN),
      max: count === 0 ? null : this.#maxUs,
    };
  }

  /** The 80 KB of counters are made when the first sample comes: many histograms get none. */
  #ready(): Histogram {
    this.#histogram ??= build({
      bitBucketSize: 32,
      autoResize: false,
      lowestDiscernibleValue: 1,
      highestTrackableValue: LATENCY_MAX_US,
      numberOfSignificantValueDigits: 3,
    });
    return this.#histogram;
  }
}
