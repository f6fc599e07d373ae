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

/** The newest state that a session is known to have seen, and by what. */
interface Seen {
  readonly zxid: number;
  readonly atMs: number;
  readonly server: number;
  readonly describe: () => string;
}

/**
 * Goes through what each session was shown, in the order of arrival. Besides replies, a watch event
 * shows a state, and so does a reconnect: the server has refused it if it was behind what the client
 * said it had seen.
 */
function judgeMonotone(history: PreparedHistory, findings: Findings): number {
  const seen = new Map<string, Seen>();
  // An event may overtake the acknowledgement of an earlier write, which shows no state; no read.
  const events = new Map<string, Seen>();
  const marks = marksOf(history);
  let mark = 0;
  for (const op of history.replies) {
    for (; mark < marks.length; mark++) {
      const { key, seen: next, isEvent } = marks[mark] as Mark;
      // What has the time of the reply may have come after it.
      if (next.atMs >= op.completeMs) break;
      const into = isEvent ? events : seen;
      into.set(key, newer(next, into.get(key)));
    }
    const session = history.connections.sessionOf(op);
    const key = `${op.client} ${session}`;
    let before = seen.get(key);
    if (!isWrite(op)) before = newer(before, events.get(key));
    if (before !== undefined && op.zxid < before.zxid) {
      reportBackwards(op, session, before, findings);
    }
    const { zxid, completeMs: atMs, server } = op;
    const shown: Seen = { zxid, atMs, server, describe: () => describeOp(op) };
    seen.set(key, newer(shown, seen.get(key)));
  }
  return seen.size;
}

function newer(a: Seen, b: Seen | undefined): Seen;
function newer(a: Seen | undefined, b: Seen | undefined): Seen | undefined;
function newer(a: Seen | undefined, b: Seen | undefined): Seen | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.zxid > a.zxid ? b : a;
}

function reportBackwards(op: OpRecord, session: string, before: Seen, findings: Findings): void {
  const where =
    before.server === op.server
      ? `server ${op.server} answered with`
      : `server ${op.server} answered, after server ${before.server}, with`;
  findings.add(() => ({
    message:
      `Single system image broke: session ${session} had seen zxid ${formatZxid(before.zxid)}, but ` +
      `${where} an older state to ${nameOp(op)}: zxid ${formatZxid(op.zxid)}.`,
    evidence: [before.describe(), describeOp(op)],
    atMs: op.completeMs,
  }));
}

interface Mark {
  readonly key: string;
  readonly seen: Seen;
  readonly isEvent: boolean;
}

function marksOf(history: PreparedHistory): Mark[] {
  const marks: Mark[] = [];
  for (const op of history.operations) {
    if (op.op !== "connect" || op.outcome !== "ok" || op.zxid <= 0) continue;
    const { zxid, completeMs: atMs, server } = op;
    const describe = (): string =>
      `${formatTime(atMs)} client ${op.client} session ${op.session} was let in by server ${server}, ` +
      `having seen zxid ${formatZxid(zxid)}`;
    const key = `${op.client} ${op.session}`;
    marks.push({ key, seen: { zxid, atMs, server, describe }, isEvent: false });
  }
  for (const watch of history.watches) {
    if (watch.zxid <= 0) continue;
    const { zxid, atMs, server } = watch;
    const describe = (): string => describeWatch(watch);
    const key = `${watch.client} ${watch.session}`;
    marks.push({ key, seen: { zxid, atMs, server, describe }, isEvent: true });
  }
  return marks.sort((a, b) => a.seen.atMs - b.seen.atMs);
}

function describeWatch(watch: WatchRecord): string {
  return (
    `${formatTime(watch.atMs)} client ${watch.client} session ${watch.session} server ${watch.server} ` +
    `event ${watch.type} ${watch.path} (zxid ${formatZxid(watch.zxid)})`
  );
}
