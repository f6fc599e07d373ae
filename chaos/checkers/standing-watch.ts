/**
 * One watch that a client knows to have at its server, and what it must hear of next.
 */
import type { OpRecord, WatchRecord } from "../../results/history.ts";
import type { CauseList, WatchCause } from "./cause-list.ts";
import type { WatchKind } from "./watch-causes.ts";

/** In an event's place for the zxid of its cause: the server does not tell it. */
export const UNTOLD_ZXID = -1;

export type WatchEvent = Pick<WatchRecord, "type" | "path" | "zxid">;

export interface TakenEvent {
  /** What the event tells. */
  readonly cause: WatchCause;
  /** What should have been told before it, and was not. */
  readonly skipped: readonly WatchCause[];
}

export class StandingWatch {
  readonly kind: WatchKind;
  readonly path: string;
  /** data: the znode was there when the watch was set; else its creation is waited for. */
  readonly existed: boolean;
  /** The operation that set it. */
  readonly by: OpRecord;
  readonly causes: CauseList;
  /** Neither used up, nor removed, nor lost with its session. */
  standing = true;
  /** The client came back and set it again; as of which state is not known before the next reply. */
  recovering = false;
  #next: number;
  /** Those after `next` that were told already: the changes of one transaction may come in any order. */
  #told: Set<number> | null = null;

  constructor(kind: WatchKind, existed: boolean, by: OpRecord, causes: CauseList) {
    this.kind = kind;
    this.path = by.path;
    this.existed = existed;
    this.by = by;
    this.causes = causes;
    this.#next = causes.countUpTo(by.zxid);
  }

  get isOneTime(): boolean {
    return this.kind === "data" || this.kind === "child";
  }
  /** What it must hear of next. */
  get next(): WatchCause | undefined {
    return this.causes.at(this.#next);
  }
  /** A reply that shows this zxid, or a later one, must come after the next event. */
  get dueZxid(): number {
    if (!this.standing || this.recovering) return Number.POSITIVE_INFINITY;
    return this.causes.zxidAt(this.#next);
  }

  /** Whether a watch of this kind hears of such changes, on its path or below it. */
  hears({ type, path }: WatchEvent): boolean {
    switch (this.kind) {
      case "data":
        return path === this.path && type !== "childrenChanged";
      case "child":
        return path === this.path && (type === "childrenChanged" || type === "deleted");
      case "persistent":
        return path === this.path;
      case "recursive":
        return type !== "childrenChanged";
    }
  }

  /** The change that the event tells of, by its zxid. */
  causeOf({ type, path, zxid }: WatchEvent): WatchCause | undefined {
    const { causes } = this;
    for (let at = causes.countUpTo(zxid - 1); at < causes.length; at++) {
      const cause = causes.at(at) as WatchCause;
      if (cause.zxid !== zxid) return undefined;
      if (cause.type === type && cause.path === path) return cause;
    }
    return undefined;
  }

  /** Takes the event for what is next; null, and nothing changes, when it does not fit. */
  take(event: WatchEvent): TakenEvent | null {
    return this.isOneTime ? this.#takeOnce(event) : this.#takeOneOfMany(event);
  }

  /**
   * Gives up what is due up to the zxid, and returns it; what not everybody may read is left out. A
   * one-time watch is used up by it.
   */
  skipTo(zxid: number): WatchCause[] {
    const skipped: WatchCause[] = [];
    while (this.#next < this.causes.length && this.causes.zxidAt(this.#next) <= zxid) {
      const next = this.next as WatchCause;
      if (!next.hidden && this.#told?.delete(this.#next) !== true) skipped.push(next);
      this.#next++;
      if (!this.isOneTime) continue;
      this.standing = false;
      break;
    }
    return skipped;
  }

  /** It is set from this zxid on: what was before is not owed any more. */
  resumeFrom(zxid: number): void {
    this.recovering = false;
    this.#told = null;
    this.#next = this.causes.countUpTo(zxid);
  }

  #takeOnce(event: WatchEvent): TakenEvent | null {
    const { type, zxid } = event;
    const { next } = this;
    if (next === undefined || (zxid !== UNTOLD_ZXID && zxid < next.zxid)) return null;
    if (zxid === UNTOLD_ZXID || zxid === next.zxid) {
      if (next.type !== type) return null;
      this.standing = false;
      return { cause: next, skipped: [] };
    }
    // Who may not read the znode is told nothing, but the watch is used up.
    if (next.hidden) return null;
    const later = this.causeOf(event);
    if (later === undefined) return null;
    this.standing = false;
    return { cause: later, skipped: [next] };
  }

  /** On one path the changes of one transaction come in their order. */
  #takeOneOfMany({ type, path, zxid }: WatchEvent): TakenEvent | null {
    const { causes } = this;
    const begin =
      zxid === UNTOLD_ZXID ? this.#next : Math.max(this.#next, causes.countUpTo(zxid - 1));
    for (let at = begin; at < causes.length; at++) {
      const cause = causes.at(at) as WatchCause;
      if (zxid !== UNTOLD_ZXID && cause.zxid !== zxid) return null;
      if (cause.path !== path || this.#told?.has(at) === true) continue;
      if (cause.type !== type) {
        // It may have been told without a trace, or not been told for want of a permission.
        if (cause.hidden) continue;
        return null;
      }
      const skipped = this.skipTo(cause.zxid - 1);
      this.#told ??= new Set();
      this.#told.add(at);
      while (this.#told.delete(this.#next)) this.#next++;
      return { cause, skipped };
    }
    return null;
  }
}
