/**
 * What reached each client that has to do with watches, in the order of arrival.
 */
import type { OpRecord, RunHistory, SessionRecord, WatchRecord } from "../../results/history.ts";
import { tellsState } from "./prepared-history.ts";
import { askedWatch, foundNoWatch } from "./watch-requests.ts";

export type Arrival = OpRecord | SessionRecord | WatchRecord;

/**
 * By client, for clients that asked for a watch or got an event. Of operations those are kept whose
 * replies show a state, and those about watches. A history lists what reached a client in the order of
 * arrival; times decide only where it does not.
 */
export function arrivalsByClient({ records }: RunHistory): Map<number, Arrival[]> {
  const arrivals = new Map<number, Arrival[]>();
  for (const record of records) {
    if (record.kind === "watch" || (record.kind === "op" && askedWatch(record) !== null)) {
      if (!arrivals.has(record.client)) arrivals.set(record.client, []);
    }
  }
  for (const record of records) {
    if (record.kind !== "op" && record.kind !== "watch" && record.kind !== "session") continue;
    if (record.kind === "op" && !matters(record)) continue;
    arrivals.get(record.client)?.push(record);
  }
  for (const list of arrivals.values()) if (!isInOrder(list)) list.sort(byTime);
  return arrivals;
}

export function arrivalMs(arrival: Arrival): number {
  return arrival.kind === "op" ? arrival.completeMs : arrival.atMs;
}

function matters(op: OpRecord): boolean {
  if (tellsState(op) || foundNoWatch(op)) return true;
  return op.op === "removeWatches" || askedWatch(op) !== null;
}

function byTime(a: Arrival, b: Arrival): number {
  return arrivalMs(a) - arrivalMs(b);
}

function isInOrder(arrivals: readonly Arrival[]): boolean {
  for (let i = 1; i < arrivals.length; i++) {
    if (byTime(arrivals[i - 1] as Arrival, arrivals[i] as Arrival) > 0) return false;
  }
  return true;
}
