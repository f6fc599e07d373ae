/**
 * The end of the log, in memory: everything that is not yet delivered, and as much of what is
 * delivered as followers that were away shortly may need (DIFF instead of SNAP). The whole log is on
 * disk; this is the part of it that the protocol reasons about.
 */
import type { Zxid } from "../ids.ts";
import type { LogEntry } from "../storage/storage.ts";
import { InvariantError } from "../errors.ts";

export interface HistoryLimits {
  /** Delivered entries kept for followers that come back. */
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export class History {
  /** Entries from `#first` on are valid; those before are dropped in bulk. */
  #entries: LogEntry[] = [];
  #first = 0;
  #bytes = 0;
  #base: Zxid;
  readonly #limits: HistoryLimits;

  constructor(base: Zxid, limits: HistoryLimits) {
    this.#base = base;
    this.#limits = limits;
  }

  /** The zxid just before the first entry held: nothing is known of what comes before. */
  get base(): Zxid {
    return this.#base;
  }

  /** The zxid of the last entry of the log. */
  get last(): Zxid {
    const entry = this.#entries[this.#entries.length - 1];
    return this.#entries.length > this.#first && entry ? entry.zxid : this.#base;
  }

  get length(): number {
    return this.#entries.length - this.#first;
  }

  append(entry: LogEntry): void {
    if (entry.zxid <= this.last)
      throw new InvariantError(`entry ${entry.zxid} does not follow ${this.last} in the log`);
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length;
  }

  /** True if an entry with this zxid is held, or it is the base itself. */
  holds(zxid: Zxid): boolean {
    return this.floor(zxid) === zxid;
  }

  /** The highest zxid held that is not above `zxid`; null if that would be before the base. */
  floor(zxid: Zxid): Zxid | null {
    if (zxid < this.#base) return null;
    const index = this.#indexAfter(zxid) - 1;
    return index < this.#first ? this.#base : (this.#entries[index]?.zxid ?? this.#base);
  }

  /** Calls `visit` for each entry above `from` and not above `to`, in order. */
  forEach(from: Zxid, to: Zxid, visit: (entry: LogEntry) => void): void {
    if (from < this.#base)
      throw new InvariantError(
        `history begins at ${this.#base}, after ${from}: entries are missing`,
      );
    for (let index = this.#indexAfter(from); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (!entry || entry.zxid > to) return;
      visit(entry);
    }
  }

  /** Removes everything above `zxid`, which must be held. */
  truncateAfter(zxid: Zxid): void {
    if (!this.holds(zxid))
      throw new InvariantError(`the log cannot be cut at ${zxid}: it has no such entry`);
    const end = this.#indexAfter(zxid);
    for (let index = end; index < this.#entries.length; index++)
      this.#bytes -= this.#entries[index]?.bytes.length ?? 0;
    this.#entries.length = end;
  }

  /** Forgets everything: the log now begins after a snapshot of the state at `zxid`. */
  reset(zxid: Zxid): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#base = zxid;
  }

  /** Drops the oldest entries beyond the limits, never one above `delivered`. */
  prune(delivered: Zxid): void {
    const { maxEntries, maxBytes } = this.#limits;
    while (this.length > maxEntries || this.#bytes > maxBytes) {
      const entry = this.#entries[this.#first];
      if (!entry || entry.zxid > delivered) break;
      this.#bytes -= entry.bytes.length;
      this.#base = entry.zxid;
      this.#first++;
    }
    // Moving the rest down costs its length: done only when as much was dropped, it costs nothing each.
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The index of the first entry above `zxid` (binary search; the end is the common case). */
  #indexAfter(zxid: Zxid): number {
    let low = this.#first;
    let high = this.#entries.length;
    const last = this.#entries[high - 1];
    if (last && last.zxid <= zxid) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry && entry.zxid <= zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
