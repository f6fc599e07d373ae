/**
 * C10: the names of sequential znodes are unique and rise in the order of creation.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { changesOf } from "./txn-changes.ts";
import { isSystemPath, parentOf } from "./znode-path.ts";

/** Create flag: the server appends the parent's counter. */
const SEQUENTIAL = 2;
/** From this create flag on a znode ends by itself: containers, and those with a time to live. */
const CONTAINER = 4;
/** The czxid of a znode that is older than the log. */
const UNKNOWN = -1;

/** Of the parent: the czxid of its creation, or what tells it from its other lives as well. */
type Life = number | "of old" | "never ends" | "before the log";

export const sequentialNames = defineChecker(
  {
    id: "C10",
    name: "sequential names",
    guarantee:
      "A sequential znode's number is its parent's count of creations: unique, and rising with the zxid.",
  },
  (history, findings) => {
    const byParent = new Map<string, OpRecord[]>();
    let created = 0;
    for (const op of history.okWrites) {
      if (op.op !== "create" || ((op.flags ?? 0) & SEQUENTIAL) === 0) continue;
      created++;
      const parent = parentOf(op.path);
      const siblings = byParent.get(parent);
      if (siblings === undefined) byParent.set(parent, [op]);
      else siblings.push(op);
    }
    for (const [parent, ops] of byParent) judgeSiblings(parent, ops, history, findings);
    return { looked: { "sequential creates": created, parents: byParent.size } };
  },
);

function judgeSiblings(
  parent: string,
  ops: OpRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  ops.sort((a, b) => a.zxid - b.zxid);
  const lastsWithoutLog = history.log.entries.length === 0 && !mayHaveGone(parent, history);
  let before:
    | { readonly op: OpRecord; readonly sequence: number; readonly birth: Life | null }
    | undefined;
  for (const op of ops) {
    const sequence = sequenceOf(op);
    if (sequence === null) {
      reportName(op, findings);
      continue;
    }
    judgeCount(op, sequence, parent, history, findings);
    const birth: Life | null = lastsWithoutLog ? "of old" : birthOf(parent, op, history);
    if (before !== undefined && birth !== null && before.birth === birth) {
      if (sequence <= before.sequence) reportOrder(before.op, op, findings);
    }
    before = { op, sequence, birth };
  }
}

/**
 * Tells one life of the parent from another: a parent that is deleted and created again counts from zero.
 * Null: the log does not tell which one it was.
 */
function birthOf(parent: string, { zxid }: OpRecord, { tree }: PreparedHistory): Life | null {
  if (isSystemPath(parent)) return "never ends";
  const node = tree.nodeAt(parent, zxid);
  if (node?.exists !== true) return null;
  // What the log has of a znode that was there before it is of one life.
  return node.czxid === UNKNOWN ? "before the log" : node.czxid;
}

/** Whether somebody may have deleted it: its client, or the server, if it is one that ends by itself. */
function mayHaveGone(path: string, history: PreparedHistory): boolean {
  return history.operations.some((op) => {
    if (op.outcome === "fail") return false;
    if (op.op === "multi")
      return op.parts?.some((part) => part.type === "delete" && part.path === path) ?? false;
    if (op.op === "create" && (op.created ?? op.path) === path) return (op.flags ?? 0) >= CONTAINER;
    return op.op === "delete" && op.path === path;
  });
}

/** The number that the server appended; null when it is not the path and ten digits. */
function sequenceOf(op: OpRecord): number | null {
  const created = op.created ?? "";
  const suffix = created.slice(op.path.length);
  if (!created.startsWith(op.path)) return null;
  // The counter is a signed 32-bit number: past its end it is negative, and not ten digits.
  return /^(?:\d{10}|-\d{9,10})$/.test(suffix) ? Number(suffix) : null;
}

function reportName(op: OpRecord, findings: Findings): void {
  findings.add(() => ({
    message:
      `Sequential names broke: ${nameOp(op)} was answered with ${op.created ?? "no path"}, ` +
      "which is not the path and a number of ten digits.",
    evidence: [describeOp(op)],
    atMs: op.completeMs,
  }));
}

function reportOrder(before: OpRecord, op: OpRecord, findings: Findings): void {
  findings.add(() => ({
    message:
      op.created === before.created
        ? `Sequential names broke: ${op.created ?? ""} was given twice: to client ${before.client} at ` +
          `zxid ${formatZxid(before.zxid)}, and to client ${op.client} at zxid ${formatZxid(op.zxid)}.`
        : `Sequential names broke: ${op.created ?? ""} (zxid ${formatZxid(op.zxid)}, client ` +
          `${op.client}) was created after ${before.created ?? ""} (zxid ${formatZxid(before.zxid)}, ` +
          `client ${before.client}), but its number is lower.`,
    evidence: [describeOp(before), describeOp(op)],
    atMs: op.completeMs,
  }));
}

/** The number is the parent's count of creations before this one, by the log. */
function judgeCount(
  op: OpRecord,
  sequence: number,
  parent: string,
  history: PreparedHistory,
  findings: Findings,
): void {
  // What was created under a system znode before the log begins is not known.
  if (isSystemPath(parent) || history.log.at(op.zxid)?.type !== "create") return;
  const counts = history.tree.countsAt(parent, op.zxid - 1);
  if (counts === undefined || sequence === counts.creations) return;
  findings.add(() => {
    const txn = history.log.at(op.zxid);
    const evidence = [describeOp(op)];
    if (txn !== undefined) evidence.push(describeTxn(txn));
    const before = lastCreation(parent, op.zxid, history);
    if (before !== undefined) evidence.push(`the one before: ${describeTxn(before)}`);
    const message =
      `Sequential names broke: ${nameOp(op)} got number ${sequence} at zxid ${formatZxid(op.zxid)}, ` +
      `which should be ${counts.creations}: so many children of ${parent} had been created before.`;
    return { message, evidence, atMs: op.completeMs };
  });
}

/** The last transaction before the zxid that created a child. */
function lastCreation(
  parent: string,
  zxid: number,
  { log }: PreparedHistory,
): ServerTxn | undefined {
  const isCreation = ({ type, path }: { readonly type: string; readonly path: string }): boolean =>
    type === "create" && parentOf(path) === parent;
  return log.entries.findLast((txn) => txn.zxid < zxid && changesOf(txn).some(isCreation));
}
