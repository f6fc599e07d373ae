/**
 * Part of C2: the Stat of a reply, the ACL it shows, and the error it gives, at the state of its zxid.
 * Which znodes and values a read shows is for C5.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { ErrorCode, errorName } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import { answersTo, isForbidden } from "../model/model-answers.ts";
import type { ModelZnode } from "../model/model-znode.ts";
import { nameOp } from "./evidence.ts";
import { isWrite, STATE_CODES } from "./prepared-history.ts";
import { describeState, namesOf, report } from "./replay.ts";
import type { Replay } from "./replay.ts";
import { isOwn, requestOf, shownPath } from "./request-of.ts";
import { statDifference } from "./stat-difference.ts";

/** `txn`: the transaction of the reply's zxid; undefined: there is none. */
export function judgeReply(op: OpRecord, txn: ServerTxn | undefined, replay: Replay): void {
  if (isLook(op)) {
    const node = replay.model.get(op.path);
    if (node) replay.shownMultis.note(op, node, replay.history);
  }
  if (op.outcome === "ok") {
    judgeShown(op, replay);
    if (!isWrite(op)) judgeRight(op, replay);
  } else if (op.op !== "multi") judgeRefusal(op, txn, replay);
}

/** A read of one znode that was answered, be it with its absence. */
function isLook(op: OpRecord): boolean {
  if (op.op !== "getData" && op.op !== "exists") return false;
  return op.outcome === "ok" || op.code === ErrorCode.NoNode;
}

function judgeShown(op: OpRecord, replay: Replay): void {
  const { stat } = op;
  if (stat === undefined && op.op !== "getACL") return;
  const node = replay.model.get(shownPath(op));
  if (node === undefined) replay.counts.notKnown++;
  // That a read shows a znode where there is none is for C5.
  if (node === undefined || (node === null && op.op !== "getACL" && !isWrite(op))) return;
  replay.counts.stats++;
  const wrong = shownDifference(op, node);
  if (wrong === null) return;
  report(
    replay,
    () =>
      `Stat broke: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)}, but shows ${wrong}.`,
    op,
    lastChange(node?.mzxid, replay),
  );
}

/** Who has no right to read is shown nothing. */
function judgeRight(op: OpRecord, replay: Replay): void {
  if (replay.history.run.aclsBind !== true) return;
  const request = requestOf(op);
  if (request === null || !isForbidden(replay.model, request)) return;
  report(
    replay,
    () =>
      `Rights broke: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)}, though the ACL ` +
      `${replay.model.get(op.path)?.acl} keeps it from everybody.`,
    op,
    undefined,
  );
}

function shownDifference(op: OpRecord, node: ModelZnode | null): string | null {
  if (node === null) return "a znode, where there is none";
  return (
    (op.stat === undefined ? null : statDifference(op.stat, node)) ?? aclDifference(op, node.acl)
  );
}

function lastChange(mzxid: number | undefined, { history }: Replay): ServerTxn | undefined {
  return mzxid === undefined ? undefined : history.log.at(mzxid);
}

/** Hashes of passwords are hidden from those who may not change the ACL. */
function aclDifference(op: OpRecord, acl: string | undefined): string | null {
  if (op.op !== "getACL" || op.acl === undefined || acl === undefined) return null;
  if (op.acl === acl || acl.includes("digest:")) return null;
  return `the ACL ${op.acl} instead of ${acl}`;
}

function judgeRefusal(op: OpRecord, txn: ServerTxn | undefined, replay: Replay): void {
  const own = txn !== undefined && isOwn(op, txn, replay.history);
  if (own && txn.type !== "error") return;
  if (own && txn.code !== undefined && txn.code !== op.code) {
    report(
      replay,
      () =>
        `Error code broke: ${nameOp(op)} was refused with ${errorName(op.code)}, and has ` +
        `${errorName(txn.code ?? 0)} in the log.`,
      op,
      txn,
    );
    return;
  }
  if (!STATE_CODES.has(op.code) || isContent(op)) return;
  const request = requestOf(op);
  const answers = request === null ? null : answersTo(replay.model, request);
  if (request !== null && answers === null) replay.counts.notKnown++;
  if (answers === null) return;
  replay.counts.refusals++;
  if (answers.has(op.code)) return;
  report(
    replay,
    () =>
      `Error code broke: ${nameOp(op)} was refused with ${errorName(op.code)} as of zxid ` +
      `${formatZxid(op.zxid)}, where ${namesOf(answers)} is right.`,
    op,
    txn,
    () => describeState(op.path, replay),
  );
}

/** That a read finds no znode is what it shows. */
function isContent(op: OpRecord): boolean {
  return !isWrite(op) && op.op !== "getACL" && op.code === ErrorCode.NoNode;
}
