/**
 * C6: after a sync, a session sees everything that had been answered to anyone before it.
 */
import type { OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { describeShown, ShownBefore } from "./shown-before.ts";
import type { Shown } from "./shown-before.ts";
import { sortedBy } from "./sorted-by.ts";

export const syncs = defineChecker(
  {
    id: "C6",
    name: "sync",
    guarantee:
      "After a sync a session sees every state that had been shown to anyone before the sync was sent.",
  },
  (history, findings) => {
    const dues = duesOf(history);
    const after = judgeReplies(history, dues, findings);
    return { looked: { syncs: dues.size, "replies after a sync": after } };
  },
);

/** What a sync promises its session; null: nothing had been answered when it was sent. */
type Due = { readonly sync: OpRecord; readonly newest: Shown } | null;

/** Sweeps the time: for each successful sync, the newest state that was shown before it was invoked. */
function duesOf(history: PreparedHistory): Map<OpRecord, Due> {
  const answered = history.replies.filter((op) => op.op === "sync" && op.outcome === "ok");
  const syncs = sortedBy(answered, (op) => op.invokeMs);
  const dues = new Map<OpRecord, Due>();
  const shown = new ShownBefore(history);
  for (const sync of syncs) {
    const newest = shown.newestBefore(sync.invokeMs);
    dues.set(sync, newest === undefined ? null : { sync, newest });
  }
  return dues;
}

/** The sync's own reply counts as the first after it. Returns how many there were. */
function judgeReplies(
  history: PreparedHistory,
  dues: ReadonlyMap<OpRecord, Due>,
  findings: Findings,
): number {
  // Another client object may take a session over while replies to the first are on their way.
  const owed = new Map<number, Map<string, Due>>();
  let judged = 0;
  for (const op of history.replies) {
    const own = dues.get(op);
    let sessions = owed.get(op.client);
    if (sessions === undefined && own === undefined) continue;
    const session = history.connections.sessionOf(op);
    if (sessions === undefined) owed.set(op.client, (sessions = new Map()));
    if (own !== undefined) sessions.set(session, newer(sessions.get(session) ?? null, own));
    const due = sessions.get(session);
    if (due === undefined) continue;
    judged++;
    if (due !== null && op.zxid < due.newest.zxid) report(op, session, due, findings);
  }
  return judged;
}

function newer(a: Due, b: Due): Due {
  if (a === null || b === null) return a ?? b;
  return b.newest.zxid > a.newest.zxid ? b : a;
}

function report(
  op: OpRecord,
  session: string,
  { sync, newest }: NonNullable<Due>,
  findings: Findings,
): void {
  const what =
    op === sync
      ? `${nameOp(op)} was answered by server ${op.server} as of zxid ${formatZxid(op.zxid)}`
      : `session ${session} had a sync answered, but ${nameOp(op)} was then answered as of zxid ` +
        formatZxid(op.zxid);
  findings.add(() => ({
    message:
      `Sync broke: ${what}, though zxid ${formatZxid(newest.zxid)} had been shown to client ` +
      `${newest.client} before the sync was sent.`,
    evidence: [describeShown(newest), describeOp(sync), ...(op === sync ? [] : [describeOp(op)])],
    atMs: op.completeMs,
  }));
}
