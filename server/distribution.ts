/**
 * A distribution of values in fixed buckets: cheap to fill on a hot path (no allocation, a scan of a
 * few doubles), and exact in count, sum and maximum.
 */
export class Distribution {
  /** Upper bounds of the buckets, inclusive, rising; above the last one there is one more bucket. */
  readonly bounds: Float64Array;
  /** How many values fell into each bucket: one more entry than `bounds`. Not cumulative. */
  readonly buckets: Float64Array;
  count = 0;
  sum = 0;
  max = 0;

  /** Throws a RangeError when `bounds` is empty or does not rise. */
  constructor(bounds: readonly number[]) {
    if (bounds.length === 0) throw new RangeError("a distribution needs at least one bucket bound");
    for (let index = 1; index < bounds.length; index++) {
      if ((bounds[index] as number) <= (bounds[index - 1] as number)) {
        throw new RangeError(`bucket bounds must rise: ${bounds.join(", ")}`);
      }
    }
    this.bounds = Float64Array.from(bounds);
    this.buckets = new Float64Array(bounds.length + 1);
  }

  /** Adds one value (≥ 0, in the unit of the bounds). */
  observe(value: number): void {
    const bounds = this.bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    (this.buckets[index] as number)++;
    this.count++;
    this.sum += value;
    if (value > this.max) this.max = value;
  }

  /**
   * An estimate of the quantile `q` (0 to 1): linear inside the bucket it falls into, never above the
   * maximum. NaN when nothing was observed, as Prometheus' summaries say it.
   */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = q * this.count;
    let below = 0;
    for (let index = 0; index < this.buckets.length; index++) {
      const inBucket = this.buckets[index] as number;
      if (inBucket > 0 && below + inBucket >= rank) {
        const from = index === 0 ? 0 : (this.bounds[index - 1] as number);
        const to = index < this.bounds.length ? (this.bounds[index] as number) : this.max;
        return Math.min(this.max, from + ((to - from) * (rank - below)) / inBucket);
      }
      below += inBucket;
    }
    return this.max;
  }
}

/** 0.05 ms to 10 s: from one fsync on a fast disk to an operator's nightmare. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
];

/** 1 to 100,000 things at once: entries per fsync, watchers per change. */
export const SIZE_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000,
];
