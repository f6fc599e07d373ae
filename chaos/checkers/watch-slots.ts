/**
 * The watches of one client by path: those that it knows to have, and those that it may have.
 */
import type { OpRecord, WatchRecord } from "../../results/history.ts";
import type { StandingWatch, WatchEvent } from "./standing-watch.ts";
import { parentOf } from "./znode-path.ts";
import type { WatchKind } from "./watch-causes.ts";

export interface WatchSlot {
  readonly standing: Map<WatchKind, StandingWatch>;
  /** How many more watches of a kind it may have: they are owed nothing, and allowed to fire. */
  possible: Map<WatchKind, number> | null;
  /** The last event of the path that a watch explained, and the last removal of watches. */
  lastEvent: WatchRecord | null;
  /** The watches that heard of that event. */
  lastHearing: readonly StandingWatch[];
  removedBy: OpRecord | null;
}

/** One-time ones first. */
const KINDS_OF_ONE_PATH = ["data", "child", "persistent"] as const;

export class WatchSlots {
  readonly #slots = new Map<string, WatchSlot>();
  /** Slots with recursive watches, possible ones included: without any, no path's ancestors are looked up. */
  #recursive = 0;

  get(path: string): WatchSlot | undefined {
    return this.#slots.get(path);
  }

  clear(): void {
    this.#slots.clear();
    this.#recursive = 0;
  }

  /** Puts a watch in its place, in that of an older one of the kind. */
  set(watch: StandingWatch): void {
    if (watch.kind === "recursive") this.#recursive++;
    this.#slot(watch.path).standing.set(watch.kind, watch);
  }

  /** Takes a watch out. */
  drop(watch: StandingWatch): void {
    watch.standing = false;
    this.#slots.get(watch.path)?.standing.delete(watch.kind);
  }

  /** There may be one more watch of the kind. */
  allow(kind: WatchKind, path: string): void {
    if (kind === "recursive") this.#recursive++;
    const slot = this.#slot(path);
    const possible = (slot.possible ??= new Map());
    possible.set(kind, (possible.get(kind) ?? 0) + 1);
  }

  /** A standing watch may be there, or not. */
  doubt(watch: StandingWatch): void {
    this.drop(watch);
    this.allow(watch.kind, watch.path);
  }

  /** No watch of the kind is there. */
  remove(kind: WatchKind, path: string, by: OpRecord): void {
    const slot = this.#slot(path);
    const watch = slot.standing.get(kind);
    if (watch !== undefined) this.drop(watch);
    slot.possible?.delete(kind);
    slot.removedBy = by;
  }

  /** Standing watches that hear of such a change, one-time ones first. */
  hearing(event: WatchEvent): StandingWatch[] {
    const watches: StandingWatch[] = [];
    const own = this.#slots.get(event.path)?.standing;
    if (own !== undefined && own.size > 0) {
      for (const kind of KINDS_OF_ONE_PATH) {
        const watch = own.get(kind);
        if (watch?.hears(event) === true) watches.push(watch);
      }
    }
    for (const slot of this.#above(event)) {
      const watch = slot.standing.get("recursive");
      if (watch !== undefined) watches.push(watch);
    }
    return watches;
  }

  /** Whether a possible watch explains the event; a one-time one is used up by it. */
  takePossible(event: WatchEvent): boolean {
    const { type, path } = event;
    const own = this.#slots.get(path)?.possible;
    if ((own?.get("persistent") ?? 0) > 0) return true;
    for (const slot of this.#above(event)) {
      if ((slot.possible?.get("recursive") ?? 0) > 0) return true;
    }
    for (const kind of oneTimeKinds(type)) {
      const left = own?.get(kind) ?? 0;
      if (left === 0) continue;
      own?.set(kind, left - 1);
      return true;
    }
    return false;
  }

  /** Whether a one-time watch that the client may have hears of the event. */
  mayHearOnce({ type, path }: WatchEvent): boolean {
    const own = this.#slots.get(path)?.possible;
    return oneTimeKinds(type).some((kind) => (own?.get(kind) ?? 0) > 0);
  }

  *all(): Iterable<StandingWatch> {
    for (const slot of this.#slots.values()) yield* slot.standing.values();
  }

  #slot(path: string): WatchSlot {
    let slot = this.#slots.get(path);
    if (slot === undefined) {
      const last = { lastEvent: null, lastHearing: [], removedBy: null };
      slot = { standing: new Map(), possible: null, ...last };
      this.#slots.set(path, slot);
    }
    return slot;
  }

  /** The slots of the event's path and of all above it, if recursive watches are anywhere. */
  *#above({ type, path }: WatchEvent): Iterable<WatchSlot> {
    if (this.#recursive === 0 || type === "childrenChanged") return;
    for (let at = path; ; at = parentOf(at)) {
      const slot = this.#slots.get(at);
      if (slot !== undefined) yield slot;
      if (at === "/") return;
    }
  }
}

function oneTimeKinds(type: WatchEvent["type"]): readonly WatchKind[] {
  if (type === "childrenChanged") return ["child"];
  return type === "deleted" ? ["data", "child"] : ["data"];
}
