/** Width of a bucket of the time series. */
export const BUCKET_MS = 100;
/** Buckets that can be counted into: a day. Later ends are counted into the last. */
const BUCKETS_MAX = 864_000;

/** How many operations ended per 100 ms of the run. */
export class Timeline {
  /** Ended ok, by bucket. */
  readonly ok: number[] = [];
  /** Writes ended ok, by bucket. */
  readonly writes: number[] = [];
  /** Ended fail or info, by bucket. */
  readonly errors: number[] = [];

  /** An operation ended at `atMs` of the run. */
  ended(atMs: number, ok: boolean, isWrite: boolean): void {
    const bucket = Math.min(BUCKETS_MAX, Math.max(0, Math.floor(atMs / BUCKET_MS)));
    while (this.ok.length <= bucket) {
      this.ok.push(0);
      this.writes.push(0);
      this.errors.push(0);
    }
    if (!ok) this.errors[bucket] = (this.errors[bucket] as number) + 1;
    else {
      this.ok[bucket] = (this.ok[bucket] as number) + 1;
      if (isWrite) this.writes[bucket] = (this.writes[bucket] as number) + 1;
    }
  }

  /** Mean per second over the whole buckets of the `windowMs` before `nowMs`. */
  static perSecond(counts: readonly number[], nowMs: number, windowMs: number): number {
    const end = Math.floor(nowMs / BUCKET_MS);
    const start = Math.max(0, end - Math.round(windowMs / BUCKET_MS));
    if (end <= start) return 0;
    let sum = 0;
    for (let bucket = start; bucket < end; bucket++) sum += counts[bucket] ?? 0;
    return (sum * 1000) / ((end - start) * BUCKET_MS);
  }
}
