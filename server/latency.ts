/** How long requests waited, in whole milliseconds. */
export class LatencySummary {
  /** Requests that waited for something; most reads are answered as they come, and not among them. */
  count = 0;
  totalMs = 0;
  lastMs = 0;
  minMs = 0;
  maxMs = 0;

  observe(ms: number): void {
    if (this.count === 0 || ms < this.minMs) this.minMs = ms;
    if (ms > this.maxMs) this.maxMs = ms;
    this.count++;
    this.totalMs += ms;
    this.lastMs = ms;
  }

  reset(): void {
    this.count = this.totalMs = this.lastMs = this.minMs = this.maxMs = 0;
  }
}
