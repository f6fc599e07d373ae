/**
 * Test support: ways in which the events of a good history are made bad.
 */
import type { OpRecord, RunHistory, WatchRecord } from "../../results/history.ts";
import { logOf, pickOne, replaceRecord } from "./history-edits.ts";
import type { BrokenHistory } from "./history-edits.ts";
import { tellsState } from "./prepared-history.ts";

/** An event between two replies of one connection, of which the later one shows its cause. */
interface FramedEvent {
  readonly event: WatchRecord;
  readonly shownBy: OpRecord;
}

function framedEvents({ records }: RunHistory): FramedEvent[] {
  const framed: FramedEvent[] = [];
  /** By client, since the first reply on its connection. */
  const waiting = new Map<number, WatchRecord[]>();
  for (const record of records) {
    if (record.kind === "session") waiting.delete(record.client);
    if (record.kind === "watch") waiting.get(record.client)?.push(record);
    if (record.kind !== "op" || !tellsState(record) || record.op === "close") continue;
    for (const event of waiting.get(record.client) ?? []) {
      if (event.zxid <= record.zxid) framed.push({ event, shownBy: record });
    }
    waiting.set(record.client, []);
  }
  return framed;
}

function changeEvent(
  change: (framed: FramedEvent, history: RunHistory) => Partial<WatchRecord>,
): BrokenHistory["break"] {
  return (history, random) => {
    const framed = pickOne(framedEvents(history), random);
    if (framed === undefined) return null;
    const { event } = framed;
    return replaceRecord(history, event, { ...event, ...change(framed, history) });
  };
}

export const BROKEN_WATCHES: readonly BrokenHistory[] = [
  {
    name: "an event of a watch does not come",
    seenBy: ["C8"],
    break: (history, random) => {
      const framed = pickOne(framedEvents(history), random);
      if (framed === undefined) return null;
      return { ...history, records: history.records.filter((one) => one !== framed.event) };
    },
  },
  {
    name: "an event of a watch comes twice",
    seenBy: ["C8"],
    break: (history, random) => {
      const framed = pickOne(framedEvents(history), random);
      if (framed === undefined) return null;
      const { event } = framed;
      const records = history.records.flatMap((one) => (one === event ? [one, { ...one }] : [one]));
      return { ...history, records };
    },
  },
  {
    name: "an event of a watch comes after the reply that shows its cause",
    seenBy: ["C8"],
    break: changeEvent(({ shownBy }) => ({ atMs: shownBy.completeMs + 0.001 })),
  },
  {
    name: "an event of a watch tells what did not happen",
    seenBy: ["C8"],
    break: changeEvent(({ event }) => ({
      type: event.type === "childrenChanged" ? "created" : "childrenChanged",
    })),
  },
  {
    name: "an event of a watch tells the zxid of another change",
    seenBy: ["C8"],
    break: changeEvent((_, history) => {
      const opened = logOf(history).find((txn) => txn.type === "createSession");
      return { zxid: opened?.zxid ?? 0 };
    }),
  },
];
