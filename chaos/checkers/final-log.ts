/**
 * The one history that the final logs of the servers agree on: what the checkers take for the truth.
 */
import type { ServerFinal, ServerTxn } from "../../results/history.ts";
import { ZxidIndex } from "./zxid-index.ts";

export interface FinalLog {
  /** Nothing is known of transactions at or below it: 0 when some server's log is whole. */
  readonly fromZxid: number;
  /** The zxid of the last agreed entry; `fromZxid` if there is none. */
  readonly endZxid: number;
  /** The agreed entries, zxids rising. */
  readonly entries: readonly ServerTxn[];
  /** Every server's log is just `entries`, and zxids rise in it. */
  readonly isCommon: boolean;
  /** The agreed entry of a zxid. */
  at(zxid: number): ServerTxn | undefined;
  /** Where in `entries` that of the zxid is; −1 when it is not agreed. */
  indexOf(zxid: number): number;
  /** The highest agreed zxid that is not above the given one; 0 if there is none. */
  floor(zxid: number): number;
}

/**
 * A transaction is agreed on when at least half of the servers whose log should have it (it begins
 * below) do have it, with the same bytes. Where servers disagree, that is for C1 to say.
 */
export function mergeLogs(finals: readonly ServerFinal[]): FinalLog {
  const starts = finals.map((final) => final.logFromZxid);
  const fromZxid = starts.length === 0 ? 0 : Math.min(...starts);
  const common = commonLog(finals);
  const entries = common ?? agreedEntries(finals, starts);
  const index = new ZxidIndex(Float64Array.from(entries, (txn) => txn.zxid));
  return {
    fromZxid,
    endZxid: entries.at(-1)?.zxid ?? fromZxid,
    entries,
    isCommon: common !== null,
    at: (zxid) => entries[index.indexOf(zxid)],
    indexOf: (zxid) => index.indexOf(zxid),
    floor: (zxid) => entries[index.countUpTo(zxid) - 1]?.zxid ?? 0,
  };
}

/** The log that all servers have, entry by entry, as they mostly do; null: theirs differ. */
function commonLog(finals: readonly ServerFinal[]): readonly ServerTxn[] | null {
  const [first, ...others] = finals;
  if (first === undefined) return [];
  const { log, logFromZxid } = first;
  const isCommon = others.every(
    (other) => other.logFromZxid === logFromZxid && other.log.length === log.length,
  );
  if (!isCommon) return null;
  let before = logFromZxid;
  for (const [index, txn] of log.entries()) {
    if (txn.zxid <= before) return null;
    before = txn.zxid;
    for (const other of others) {
      const same = other.log[index];
      if (same === txn) continue;
      if (same?.zxid !== txn.zxid || same.hash !== txn.hash) return null;
    }
  }
  return log;
}

function agreedEntries(
  finals: readonly ServerFinal[],
  starts: readonly number[],
): readonly ServerTxn[] {
  const entries: ServerTxn[] = [];
  for (const variants of countEntries(finals).values()) {
    const best = variants.reduce((a, b) => (b.count > a.count ? b : a));
    const expected = starts.filter((start) => start < best.txn.zxid).length;
    if (best.count * 2 >= expected) entries.push(best.txn);
  }
  return entries.sort((a, b) => a.zxid - b.zxid);
}

interface Variant {
  readonly txn: ServerTxn;
  count: number;
}

function countEntries(finals: readonly ServerFinal[]): Map<number, Variant[]> {
  const candidates = new Map<number, Variant[]>();
  for (const final of finals) {
    for (const txn of final.log) {
      const variants = candidates.get(txn.zxid);
      if (variants === undefined) {
        candidates.set(txn.zxid, [{ txn, count: 1 }]);
        continue;
      }
      const same = variants.find((variant) => variant.txn.hash === txn.hash);
      if (same === undefined) variants.push({ txn, count: 1 });
      else same.count++;
    }
  }
  return candidates;
}

/** How many of the items (keys rising) have a key that is not above `key`. */
export function upperBound<T>(
  items: readonly T[],
  key: number,
  keyOf: (item: T) => number,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(items[middle] as T) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
