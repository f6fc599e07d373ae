/** The last, least and greatest of the values seen; −1 before the first, as ZooKeeper's BufferStats. */
export class ValueRange {
  last = -1;
  min = -1;
  max = -1;

  observe(value: number): void {
    this.last = value;
    if (value > this.max) this.max = value;
    if (this.min < 0 || value < this.min) this.min = value;
  }
}
