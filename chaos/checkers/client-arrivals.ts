/**
 * What reached each client that has to do with watches, in the order of arrival.
 */
import type { OpRecord, RunHistory, SessionRecord, WatchRecord } from "../../results/history.ts";
import { tellsState } from "./prepared-history.ts";
import { askedWatch } from "./watch-requests.ts";

export type Arrival = OpRecord | SessionRecord | WatchRecord;

/**
 * By client, for clients that asked for a watch or got an event. Of operations those are kept whose
 * replies show a state, and those about watches. A history lists what reached a client in the order of
 * arrival; times decide only where it does not.
 */
export function arrivalsByClient({ records }: RunHistory): Map<number, Arrival[]> {
  const arrivals = new Map<number, Arrival[]>();
  for (const record of records) {
    if (record.kind === "watch" || (record.kind === "op" && asksForWatch(record))) {
      if (!arrivals.has(record.client)) arrivals.set(record.client, []);
    }
  }
  const disordered = new Set<number>();
  for (const record of records) {
    if (record.kind !== "op" && record.kind !== "watch" && record.kind !== "session") continue;
    if (record.kind === "op" && !matters(record)) continue;
    const list = arrivals.get(record.client);
    if (list === undefined) continue;
    const before = list.at(-1);
    if (before !== undefined && byTime(before, record) > 0) disordered.add(record.client);
    list.push(record);
  }
  for (const client of disordered) arrivals.get(client)?.sort(byTime);
  return arrivals;
}

function asksForWatch(op: OpRecord): boolean {
  return (op.watch === true || op.op === "addWatch") && askedWatch(op) !== null;
}

function matters(op: OpRecord): boolean {
  return tellsState(op) || op.op === "removeWatches" || asksForWatch(op);
}

function byTime(a: Arrival, b: Arrival): number {
  return arrivalMs(a) - arrivalMs(b);
}

function arrivalMs(arrival: Arrival): number {
  return arrival.kind === "op" ? arrival.completeMs : arrival.atMs;
}
