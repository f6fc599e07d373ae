/**
 * C8: watches fire once for each time they were set, for what happened, in its order, before any reply
 * that shows it, and none is lost when a client moves.
 */
import type { OpRecord } from "../../results/history.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { arrivalsByClient } from "./client-arrivals.ts";
import type { Arrival } from "./client-arrivals.ts";
import { tellsState } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { WatchCauses } from "./watch-causes.ts";
import type { WatchedPaths } from "./watch-causes.ts";
import { WatchComplaints } from "./watch-complaints.ts";
import { WatchLedger } from "./watch-ledger.ts";
import { askedWatch, foundNoWatch } from "./watch-requests.ts";

export const watches = defineChecker(
  {
    id: "C8",
    name: "watches",
    guarantee:
      "A watch tells what happened, in its order, before any reply that shows it; a one-time watch " +
      "fires once; none is lost when a session moves, and none is invented.",
  },
  (history, findings) => {
    const arrivals = arrivalsByClient(history.run);
    const { watched, registrations, sessions } = survey(arrivals, history);
    const events = history.watches.length;
    const looked: Record<string, number> = { registrations, events, sessions };
    if (registrations + events > 0 && history.log.entries.length === 0) {
      return { looked, undecided: "there was no final log to compare the events with" };
    }
    const causes = new WatchCauses(history.log, history.ephemerals, watched);
    const beyondLog = judge(arrivals, causes, history, findings);
    if (beyondLog > 0) looked["events beyond the final log (for C7)"] = beyondLog;
    return { looked };
  },
);

/** What was watched, how often that was asked for, and by how many sessions. */
function survey(
  arrivals: ReadonlyMap<number, readonly Arrival[]>,
  history: PreparedHistory,
): { watched: WatchedPaths; registrations: number; sessions: number } {
  const watched: WatchedPaths = {
    data: new Set(),
    child: new Set(),
    persistent: new Set(),
    recursive: new Set(),
  };
  const sessions = new Set<string>();
  let registrations = 0;
  for (const list of arrivals.values()) {
    let last = "";
    for (const arrival of list) {
      const asked = arrival.kind === "op" ? askedWatch(arrival) : null;
      if (asked === null || arrival.kind !== "op") continue;
      watched[asked.kind].add(arrival.path);
      if (!asked.certain) continue;
      registrations++;
      const session = history.connections.sessionOf(arrival);
      if (session !== last) sessions.add(session);
      last = session;
    }
  }
  return { watched, registrations, sessions: sessions.size };
}

/** Returns how many events are at zxids that the final log does not have. */
function judge(
  arrivals: ReadonlyMap<number, readonly Arrival[]>,
  causes: WatchCauses,
  { log }: PreparedHistory,
  findings: Findings,
): number {
  const complaints = new WatchComplaints(findings, log);
  let beyondLog = 0;
  for (const list of arrivals.values()) {
    const ledger = new WatchLedger(causes, log, complaints);
    for (const arrival of list) {
      if (arrival.kind === "session") ledger.session(arrival);
      else if (arrival.kind === "watch") ledger.event(arrival);
      else if (isReply(arrival)) ledger.reply(arrival);
      else ledger.unanswered(arrival);
    }
    ledger.end();
    beyondLog += ledger.beyondLog;
  }
  return beyondLog;
}

function isReply(op: OpRecord): boolean {
  return tellsState(op) || foundNoWatch(op);
}
