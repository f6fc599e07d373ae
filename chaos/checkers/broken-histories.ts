/**
 * Test support: all the ways in which good histories are broken in one place, and which checkers must
 * say so. A checker that a row does not name must not: add a row for every new kind of violation.
 */
import { BROKEN_LOGS } from "./broken-logs.ts";
import { BROKEN_REPLIES } from "./broken-replies.ts";
import { BROKEN_WATCHES } from "./broken-watches.ts";
import { opsOf, pickOne, replaceRecord } from "./history-edits.ts";
import type { BrokenHistory } from "./history-edits.ts";

const RUNS: readonly BrokenHistory[] = [
  {
    name: "the resource of a lock takes a token after a higher one",
    seenBy: ["C11"],
    break: (history, random) => {
      const fences = history.records.filter((record) => record.kind === "fence");
      const old = pickOne(fences.slice(0, -1), random);
      if (old === undefined) return null;
      return { ...history, records: [...history.records, { ...old, atMs: history.endMs }] };
    },
  },
  {
    name: "a lock is granted twice with one token",
    seenBy: ["C11"],
    break: (history, random) => {
      const grant = pickOne(
        history.records.filter((record) => record.kind === "grant"),
        random,
      );
      if (grant === undefined) return null;
      const again = { ...grant, client: 999, session: "0xdead", atMs: grant.atMs + 1 };
      return { ...history, records: [...history.records, again] };
    },
  },
  {
    name: "two servers lead one epoch",
    seenBy: ["C1", "C11"],
    break: (history, random) => {
      const victim = pickOne(
        history.samples.filter(({ state }) => state !== "LEADING"),
        random,
      );
      if (victim === undefined) return null;
      const samples = history.samples.map((sample) =>
        sample === victim ? { ...sample, state: "LEADING" as const } : sample,
      );
      return { ...history, samples };
    },
  },
  {
    name: "a server shows what it does not know to be committed",
    seenBy: ["C1"],
    break: (history, random) => {
      const victim = pickOne(
        history.samples.filter(({ state, appliedZxid }) => state !== "LEADING" && appliedZxid > 0),
        random,
      );
      if (victim === undefined) return null;
      const samples = history.samples.map((sample) =>
        sample === victim ? { ...sample, committedZxid: sample.appliedZxid - 1 } : sample,
      );
      return { ...history, samples };
    },
  },
  {
    name: "a server answers out of turn",
    seenBy: ["C4"],
    break: (history, random) => {
      const op = pickOne(opsOf(history), random);
      if (op === undefined) return null;
      const { client, session, server, completeMs: atMs } = op;
      const problem = "xid 7 instead of 6";
      const record = { kind: "protocol", client, session, server, problem, atMs } as const;
      return { ...history, records: [...history.records, record] };
    },
  },
  {
    name: "a watch tells of a path where nothing happened",
    seenBy: ["C8"],
    break: (history, random) => {
      const event = pickOne(
        history.records.filter((record) => record.kind === "watch"),
        random,
      );
      return event ? replaceRecord(history, event, { ...event, path: "/never" }) : null;
    },
  },
  {
    name: "an operation ends long after all was healed",
    seenBy: ["C12"],
    break: (history, random) => {
      const victim = pickOne(
        opsOf(history).filter(({ outcome }) => outcome === "info"),
        random,
      );
      if (victim === undefined) return null;
      const completeMs = victim.invokeMs + history.healedMs + history.livenessBoundMs + 1;
      return replaceRecord(history, victim, { ...victim, completeMs });
    },
  },
  {
    name: "a server stops by itself",
    seenBy: ["C12"],
    break: (history) => ({
      ...history,
      crashes: [{ server: 1, atMs: 5_000, exit: "exit code 1", lastLines: ["why"] }],
    }),
  },
];

export const BROKEN_HISTORIES: readonly BrokenHistory[] = [
  ...BROKEN_REPLIES,
  ...BROKEN_LOGS,
  ...BROKEN_WATCHES,
  ...RUNS,
];
