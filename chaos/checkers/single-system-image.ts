/**
 * C5: a session never goes back in time, and every read is the state at the zxid it carries.
 */
import type { OpRecord, WatchRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatTime, nameOp } from "./evidence.ts";
import { isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { judgeReads } from "./read-contents.ts";

export const singleSystemImage = defineChecker(
  {
    id: "C5",
    name: "single system image",
    guarantee:
      "A session never sees an older state than it has seen, on any server; a read is the state at its zxid.",
  },
  (history, findings) => {
    const sessions = judgeMonotone(history, findings);
    const reads = judgeReads(history, findings);
    const looked: Record<string, number> = {
      replies: history.replies.length,
      sessions,
      "reads compared": reads.compared,
    };
    if (reads.beyondLog > 0) looked["reads beyond the final log (for C7)"] = reads.beyondLog;
    const hasLog = history.log.entries.length > 0;
    const undecided =
      history.replies.length > 0 && !hasLog
        ? "there was no final log to compare the reads with"
        : undefined;
    return { looked, undecided };
  },
);

/** What has shown a client a state: a reply, an event, or that a server has let it in. */
type Sight = OpRecord | WatchRecord;

/** The newest state that a client is known to have seen in a session. */
interface Seen {
  /** Of replies and reconnects; null: of none. */
  shown: Sight | null;
  /** Of events: one may overtake the acknowledgement of an earlier write, which shows no state; no read. */
  told: Sight | null;
}

/**
 * Goes through what each session was shown, in the order of arrival. Besides replies, a watch event
 * shows a state, and so does a reconnect: the server has refused it if it was behind what the client
 * said it had seen.
 */
function judgeMonotone(history: PreparedHistory, findings: Findings): number {
  const seen = new SeenBySession();
  const connects = history.operations.filter(isLetIn).sort((a, b) => a.completeMs - b.completeMs);
  const { watches } = history;
  let nextConnect = 0;
  let nextWatch = 0;
  // What has the time of the reply may have come after it.
  const markBefore = (atMs: number): void => {
    for (; nextConnect < connects.length; nextConnect++) {
      const op = connects[nextConnect] as OpRecord;
      if (op.completeMs >= atMs) break;
      const of = seen.of(op.client, op.session);
      of.shown = newer(op, of.shown);
    }
    for (; nextWatch < watches.length; nextWatch++) {
      const watch = watches[nextWatch] as WatchRecord;
      if (watch.atMs >= atMs) break;
      if (watch.zxid <= 0) continue;
      const of = seen.of(watch.client, watch.session);
      of.told = newer(watch, of.told);
    }
  };
  for (const op of history.replies) {
    markBefore(op.completeMs);
    const session = history.connections.sessionOf(op);
    const of = seen.of(op.client, session);
    const { shown, told } = of;
    const before = told !== null && !isWrite(op) ? newer(shown ?? told, told) : shown;
    if (before !== null && op.zxid < before.zxid) reportBackwards(op, session, before, findings);
    of.shown = newer(op, shown);
  }
  return seen.count;
}

class SeenBySession {
  readonly #clients = new Map<number, Map<string, Seen>>();

  of(client: number, session: string): Seen {
    let sessions = this.#clients.get(client);
    if (sessions === undefined) this.#clients.set(client, (sessions = new Map()));
    let seen = sessions.get(session);
    if (seen === undefined) sessions.set(session, (seen = { shown: null, told: null }));
    return seen;
  }

  /** Sessions in which more was seen than events. */
  get count(): number {
    let count = 0;
    for (const sessions of this.#clients.values()) {
      for (const { shown } of sessions.values()) if (shown !== null) count++;
    }
    return count;
  }
}

/** The later state; of two that are the same the first argument. */
function newer(a: Sight, b: Sight | null): Sight {
  return b !== null && b.zxid > a.zxid ? b : a;
}

function isLetIn(op: OpRecord): boolean {
  return op.op === "connect" && op.outcome === "ok" && op.zxid > 0;
}

function reportBackwards(op: OpRecord, session: string, before: Sight, findings: Findings): void {
  const where =
    before.server === op.server
      ? `server ${op.server} answered with`
      : `server ${op.server} answered, after server ${before.server}, with`;
  findings.add(() => ({
    message:
      `Single system image broke: session ${session} had seen zxid ${formatZxid(before.zxid)}, but ` +
      `${where} an older state to ${nameOp(op)}: zxid ${formatZxid(op.zxid)}.`,
    evidence: [describeSight(before), describeOp(op)],
    atMs: op.completeMs,
  }));
}

function describeSight(sight: Sight): string {
  const { client, session, server, zxid } = sight;
  if (sight.kind === "watch") {
    return (
      `${formatTime(sight.atMs)} client ${client} session ${session} server ${server} ` +
      `event ${sight.type} ${sight.path} (zxid ${formatZxid(zxid)})`
    );
  }
  if (sight.op !== "connect") return describeOp(sight);
  return (
    `${formatTime(sight.completeMs)} client ${client} session ${session} was let in by server ${server}, ` +
    `having seen zxid ${formatZxid(zxid)}`
  );
}
