/**
 * The time between a reconnect and the first reply on the new connection, in which a client is told
 * what its watches missed.
 */
import type { WatchRecord } from "../../results/history.ts";
import { missedCause } from "./missed-events.ts";
import type { MissedSpan } from "./missed-events.ts";
import { UNTOLD_ZXID } from "./standing-watch.ts";
import type { StandingWatch } from "./standing-watch.ts";
import type { WatchCause } from "./cause-list.ts";
import type { WatchCauses } from "./watch-causes.ts";
import type { WatchSlots } from "./watch-slots.ts";

/** An event that must have come before the first reply, and did not. */
export interface OwedEvent {
  readonly watch: StandingWatch;
  readonly cause: WatchCause;
}

export class WatchRecovery {
  readonly #slots: WatchSlots;
  readonly #causes: WatchCauses;
  readonly #span: MissedSpan;
  /** Paths whose deletion ZooKeeper tells once more: once for a data watch, once for a child watch. */
  readonly #echoes = new Set<string>();
  /** Of the last event that a one-time watch took, or may have taken. */
  #toldZxid = UNTOLD_ZXID;

  /** All watches of the client are set again. */
  constructor(slots: WatchSlots, causes: WatchCauses, span: MissedSpan) {
    this.#slots = slots;
    this.#causes = causes;
    this.#span = span;
    for (const watch of slots.all()) watch.recovering = true;
  }

  /**
   * Takes the event for those of the watches that wait to be told of what they missed, and returns its
   * cause; null when it is none of theirs. A persistent watch that is told of a change is told of all
   * that follow.
   */
  take(event: WatchRecord, watches: readonly StandingWatch[]): WatchCause | null {
    let missed: WatchCause | null = null;
    let taken = 0;
    for (const watch of watches) {
      if (!watch.recovering || !watch.isOneTime) continue;
      const cause = this.#firstChange(event, watch) ?? this.#missed(event, watch);
      if (cause === null) continue;
      missed ??= cause;
      taken++;
      watch.standing = false;
      watch.recovering = false;
    }
    if (taken > 1 && event.type === "deleted") this.#echoes.add(event.path);
    const { zxid } = event;
    if (missed !== null) {
      this.#toldZxid = zxid;
      return missed;
    }
    for (const watch of watches) {
      if (!watch.recovering || watch.isOneTime) continue;
      if (zxid === UNTOLD_ZXID) {
        // Which of the changes it was cannot be told; nor whether it was for a one-time watch that may be there.
        if (!this.#slots.mayHearOnce(event)) missed ??= this.#firstThatFits(event, watch);
      } else if (zxid > this.#span.seenZxid) {
        const cause = watch.causeOf(event);
        if (cause === undefined) continue;
        // A one-time watch that may be there may be what missed it.
        if (this.#slots.mayHearOnce(event)) this.#toldZxid = zxid;
        // A transaction has several changes: the first event was then for this watch, too, or not.
        if (zxid === this.#toldZxid) missed ??= cause;
        else watch.resumeFrom(zxid - 1);
      }
    }
    return missed;
  }

  /** Whether this is a deletion that was told for another watch already. */
  takeEcho({ type, path }: WatchRecord): boolean {
    return type === "deleted" && this.#echoes.delete(path);
  }

  /** The first reply came, with this zxid: returns what should have been told before it. */
  end(zxid: number): OwedEvent[] {
    const owed: OwedEvent[] = [];
    for (const watch of this.#slots.all()) {
      if (!watch.recovering) continue;
      const cause = watch.isOneTime ? this.#owed(watch, zxid) : null;
      if (cause === null) {
        watch.resumeFrom(zxid);
      } else if (this.#causes.wasHidden(watch.path)) {
        this.#slots.doubt(watch);
      } else {
        owed.push({ watch, cause });
        this.#slots.drop(watch);
      }
    }
    return owed;
  }

  /** The event is the first change since the watch was set: it has come as if nothing had been. */
  #firstChange({ type, zxid }: WatchRecord, { next }: StandingWatch): WatchCause | null {
    if (next === undefined || next.type !== type || next.zxid <= this.#span.seenZxid) return null;
    return zxid === UNTOLD_ZXID || zxid === next.zxid ? next : null;
  }

  #missed(event: WatchRecord, watch: StandingWatch): WatchCause | null {
    return missedCause(watch, event, this.#span, this.#causes);
  }

  #firstThatFits(event: WatchRecord, { causes }: StandingWatch): WatchCause | null {
    for (const cause of causes) if (this.#fits(event, cause)) return cause;
    return null;
  }

  #fits(event: WatchRecord, { type, path, zxid }: WatchCause): boolean {
    return type === event.type && path === event.path && zxid > this.#span.seenZxid;
  }

  /** What a one-time watch must have told of the time up to the zxid; null when nothing. */
  #owed(watch: StandingWatch, zxid: number): WatchCause | null {
    const { next } = watch;
    if (next === undefined || next.zxid > zxid) return null;
    if (watch.kind === "child" || watch.existed) return next;
    // It waits for a creation: of a znode that is gone again there is nothing to be told.
    let birth: WatchCause | null = null;
    for (const cause of watch.causes) {
      if (cause.zxid > zxid) break;
      if (cause.type === "created") birth = cause;
      else if (cause.type === "deleted") birth = null;
    }
    return birth;
  }
}
