import { Latency } from "./latency.ts";

/** How long locks (or leaderships) were nobody's, between one holder and the next that waited. */
export class Handovers {
  readonly latency = new Latency();
  readonly #releasedMs = new Map<string, number>();
  /** Clients that compete, and what for: told by the workload. */
  participants = 0;
  resources = 0;
  acquired = 0;

  get handedOver(): number {
    return this.latency.count;
  }

  /** The holder let go by itself. */
  released(resource: string, atMs: number): void {
    this.#releasedMs.set(resource, atMs);
  }

  /** The holder lost it: since when is not known, so the next acquisition measures nothing. */
  lost(resource: string): void {
    this.#releasedMs.delete(resource);
  }

  /**
   * Somebody who had waited since `waitingSinceMs` acquired it. It is a handover if the wait began
   * before the release: otherwise the resource was free because nobody wanted it.
   */
  acquiredBy(resource: string, waitingSinceMs: number, atMs: number): void {
    this.acquired++;
    const releasedMs = this.#releasedMs.get(resource);
    if (releasedMs === undefined) return;
    this.#releasedMs.delete(resource);
    if (waitingSinceMs <= releasedMs) this.latency.recordMs(atMs - releasedMs);
  }
}
