/**
 * What a client may be told of one-time watches that it has set again (ZooKeeper's setWatches): the
 * server compares the znode as it is with the last zxid that the client has seen in a reply. It tells
 * one event, whatever happened in between:
 *
 * | watch | the znode now | event, its zxid |
 * | --- | --- | --- |
 * | data, on a znode | gone | deleted, not told |
 * | | mzxid is later | dataChanged, mzxid |
 * | data, on none | there | created, czxid |
 * | child | gone | deleted, not told |
 * | | pzxid is later | childrenChanged, pzxid (czxid, when created anew and without children) |
 *
 * So a znode that was created and deleted while nobody looked is not told to who waited for its
 * creation, and one that was deleted and created again has changed.
 */
import type { CauseList, WatchCause } from "./cause-list.ts";
import { UNTOLD_ZXID } from "./standing-watch.ts";
import type { StandingWatch, WatchEvent } from "./standing-watch.ts";
import type { WatchCauses } from "./watch-causes.ts";

/** What is known of the state with which the server compared. */
export interface MissedSpan {
  /** The last zxid that the client had seen in a reply: what it had missed is later. */
  readonly repliedZxid: number;
  /** The last that it had seen at all: the server's state was not earlier. */
  readonly seenZxid: number;
}

/** The change that makes the event one that was missed; null when there is none. */
export function missedCause(
  watch: StandingWatch,
  { type, zxid }: WatchEvent,
  span: MissedSpan,
  causes: WatchCauses,
): WatchCause | null {
  const node = causes.of("data", watch.path);
  if (type === "deleted") {
    return watch.existed ? lastingChange(node, zxid, span, (one) => one.type === "deleted") : null;
  }
  if (watch.kind === "child") {
    if (type !== "childrenChanged") return null;
    const shown = lastingChange(watch.causes, zxid, span, (one) => one.type === "childrenChanged");
    return shown ?? lastingBirth(node, zxid, span);
  }
  if (!watch.existed) return type === "created" ? lastingBirth(node, zxid, span) : null;
  if (type !== "dataChanged") return null;
  return lastingChange(node, zxid, span, (one) => one.type !== "deleted");
}

/** A missed change of the kind that was the last one in some state that the server may have had. */
function lastingChange(
  changes: CauseList,
  zxid: number,
  span: MissedSpan,
  isOfKind: (change: WatchCause) => boolean,
): WatchCause | null {
  const told = zxid !== UNTOLD_ZXID;
  let at = told ? changes.countUpTo(zxid) - 1 : firstLasting(changes, span);
  for (; at >= 0 && at < changes.length; at++) {
    const change = changes.at(at) as WatchCause;
    if (told && change.zxid !== zxid) return null;
    const nextZxid = changes.zxidAt(at + 1);
    // Between the changes of one transaction there is no state.
    const lasts = nextZxid > change.zxid && nextZxid > span.seenZxid;
    if (lasts && change.zxid > span.repliedZxid && isOfKind(change)) return change;
    if (told) return null;
  }
  return null;
}

/** A missed creation of a znode that was there in some state that the server may have had. */
function lastingBirth(changes: CauseList, zxid: number, span: MissedSpan): WatchCause | null {
  const told = zxid !== UNTOLD_ZXID;
  const afterZxid = told ? Math.max(zxid - 1, span.repliedZxid) : span.repliedZxid;
  let birth: WatchCause | null = null;
  for (let at = changes.countUpTo(afterZxid); at < changes.length; at++) {
    const change = changes.at(at) as WatchCause;
    if (birth !== null && change.zxid > span.seenZxid) return birth;
    if (change.type === "deleted") birth = null;
    if (birth === null && told && change.zxid !== zxid) return null;
    if (change.type === "created") birth = change;
  }
  return birth;
}

/** Where the changes begin that a state may show which is not before the seen one. */
function firstLasting(changes: CauseList, span: MissedSpan): number {
  const replied = changes.countUpTo(span.repliedZxid);
  return Math.max(replied, changes.countUpTo(span.seenZxid) - 1);
}
