/**
 * Keeps those who are refused from filling the log: of each address one line in an interval, which says
 * how many there were since the last one, and no more than so many lines of all addresses together.
 */
import type { Clock, LogFields } from "../env.ts";

const INTERVAL_MS = 10_000;
/** Addresses that are remembered, and so lines in an interval. */
const MAX_ADDRESSES = 1_000;

interface Said {
  readonly atMs: number;
  unsaid: number;
}

export class StrangerLog {
  readonly #clock: Clock;
  readonly #write: (fields: LogFields) => void;
  /** By address, the one that was said last at the end. */
  readonly #said = new Map<string, Said>();

  constructor(clock: Clock, write: (fields: LogFields) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Says, or counts, that `who` (an address without a port, or a name) was refused for this reason. */
  refused(who: string, fields: LogFields): void {
    const nowMs = this.#clock.nowMs();
    const last = this.#said.get(who);
    if (last !== undefined && nowMs - last.atMs < INTERVAL_MS) {
      last.unsaid++;
      return;
    }
    if (last === undefined && !this.#hasRoom(nowMs)) return;
    this.#said.delete(who);
    this.#said.set(who, { atMs: nowMs, unsaid: 0 });
    const unsaid = last?.unsaid ?? 0;
    this.#write(unsaid === 0 ? fields : { ...fields, moreBefore: unsaid });
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#said.size < MAX_ADDRESSES) return true;
    // The oldest is the first one.
    for (const [who, { atMs }] of this.#said) {
      if (nowMs - atMs < INTERVAL_MS) return false;
      this.#said.delete(who);
      return true;
    }
    return true;
  }
}
