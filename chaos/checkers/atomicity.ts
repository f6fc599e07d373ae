/**
 * C2: an update applies whole or not at all, every Stat and error code is right, and versions rise as
 * they must. The final log is replayed on a model of the tree, and every reply is judged at its zxid.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { TreeModel } from "../model/tree-model.ts";
import { AppliedOnce } from "./applied-once.ts";
import { defineChecker } from "./checker.ts";
import { judgeMulti } from "./multi-effects.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import type { Replay } from "./replay.ts";
import { judgeReply } from "./reply-effects.ts";
import { isOwn, UnansweredWrites } from "./request-of.ts";
import { ShownMultis } from "./shown-multis.ts";
import { judgeTransaction } from "./txn-effects.ts";

export const atomicity = defineChecker(
  {
    id: "C2",
    name: "atomicity, versions, errors",
    guarantee:
      "An update applies whole or not at all; Stats, versions and error codes are those of the state at their zxid.",
  },
  (history, findings) => {
    if (history.run.finals.length === 0) {
      return { looked: {}, undecided: "no server's final log was recorded" };
    }
    const counts = {
      transactions: 0,
      multis: 0,
      stats: 0,
      refusals: 0,
      notKnown: 0,
      beyondLog: 0,
    };
    const model = new TreeModel(history.log.fromZxid === 0);
    const replay = { history, findings, model, shownMultis: new ShownMultis(), counts };
    replayLog(replay);
    replay.shownMultis.judge(replay);
    const { transactions, multis, stats, refusals, notKnown, beyondLog } = counts;
    const looked: Record<string, number> = { transactions, multis, "Stats compared": stats };
    looked["refusals"] = refusals;
    if (notKnown > 0) looked["replies about what is older than the log (undecided)"] = notKnown;
    if (beyondLog > 0) looked["replies beyond the final log (for C7)"] = beyondLog;
    const undecided =
      notKnown > 0 && stats + refusals === 0
        ? "the final logs begin above a snapshot: of no reply's znode the state is known"
        : undefined;
    return { looked, undecided };
  },
);

/** Transactions and replies in the order of zxids: what has the same zxid sees the transaction's effect. */
function replayLog(replay: Replay): void {
  const { history, counts } = replay;
  const replies = history.repliesByZxid;
  const unanswered = new UnansweredWrites(history);
  const once = new AppliedOnce();
  let next = 0;
  for (const txn of history.log.entries) {
    next = judgeBelow(txn.zxid, next, replay);
    let end = next;
    while (replies[end]?.zxid === txn.zxid) end++;
    const answered = ownerAmong(replies, next, end, txn, history);
    const own = answered ?? unanswered.of(txn);
    counts.transactions++;
    if (own === null) once.noteUnasked(txn);
    else if (answered === null) once.noteUnanswered(own, txn);
    if (txn.type === "multi") judgeMulti(txn, own, replay);
    else judgeTransaction(txn, own, replay);
    for (; next < end; next++) judgeReply(replies[next] as OpRecord, txn, replay);
  }
  judgeBelow(Number.POSITIVE_INFINITY, next, replay);
  once.judge(history, replay.findings);
}

/** Replies between two transactions: an epoch may have begun there, and nothing else. */
function judgeBelow(zxid: number, from: number, replay: Replay): number {
  const { history, counts } = replay;
  const replies = history.repliesByZxid;
  let next = from;
  for (; next < replies.length; next++) {
    const op = replies[next] as OpRecord;
    if (op.zxid >= zxid) break;
    if (op.zxid < history.log.fromZxid) counts.notKnown++;
    else if (isTxnZxid(op.zxid) && op.zxid > history.log.fromZxid) counts.beyondLog++;
    else judgeReply(op, undefined, replay);
  }
  return next;
}

function ownerAmong(
  replies: readonly OpRecord[],
  from: number,
  end: number,
  txn: ServerTxn,
  history: PreparedHistory,
): OpRecord | null {
  if (txn.cxid === 0) return null;
  for (let index = from; index < end; index++) {
    const op = replies[index] as OpRecord;
    if (isOwn(op, txn, history)) return op;
  }
  return null;
}
