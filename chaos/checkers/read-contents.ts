/**
 * Part of C5: what a read shows is the state at the zxid it carries, by the final log: whether there is
 * a znode, its value, and its children. Its Stat is for C2.
 */
import type { OpRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, formatValue, listed, nameOp } from "./evidence.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { sortedBy } from "./sorted-by.ts";
import type { NodeVersion } from "./node-versions.ts";

export interface ReadsJudged {
  /** Replies whose content was compared with the log's state. */
  compared: number;
  /** Replies at a zxid that the final log does not have: C7 judges them. */
  beyondLog: number;
}

export function judgeReads(history: PreparedHistory, findings: Findings): ReadsJudged {
  const judged: ReadsJudged = { compared: 0, beyondLog: 0 };
  if (history.log.entries.length === 0) return judged;
  const listings = new Map<string, OpRecord[]>();
  for (const op of history.replies) {
    if (!showsNode(op) || op.zxid < history.log.fromZxid) continue;
    if (isTxnZxid(op.zxid) && op.zxid > history.log.fromZxid && !history.log.at(op.zxid)) {
      judged.beyondLog++;
      continue;
    }
    const node = history.tree.nodeAt(op.path, op.zxid);
    if (node !== undefined) {
      judged.compared++;
      const difference = differenceFrom(op, node);
      if (difference !== null) reportDifference(op, difference, node, history, findings);
    }
    if (op.op === "getChildren" && op.outcome === "ok" && op.children !== undefined) {
      const sameParent = listings.get(op.path);
      if (sameParent === undefined) listings.set(op.path, [op]);
      else sameParent.push(op);
    }
  }
  for (const [path, ops] of listings) judgeListings(path, ops, history, findings, judged);
  return judged;
}

function showsNode(op: OpRecord): boolean {
  switch (op.op) {
    case "getData":
    case "exists":
    case "getChildren":
      return op.outcome === "ok" || op.code === ErrorCode.NoNode;
    case "create":
    case "setData":
    case "connect":
    case "close":
    case "delete":
    case "sync":
    case "multi":
    case "setACL":
    case "getACL":
    case "reconfig":
    case "addWatch":
    case "removeWatches":
      return false;
  }
}

/** In words, what the reply shows against what it should; null when nothing differs. */
function differenceFrom(op: OpRecord, node: NodeVersion): string | null {
  if (op.outcome !== "ok") return node.exists ? "no znode, where there is one" : null;
  if (!node.exists) return "a znode, where there is none";
  if (op.op === "getData" && op.value !== undefined && node.value !== undefined) {
    if (op.value !== node.value) {
      return `value ${formatValue(op.value)} instead of ${formatValue(node.value)}`;
    }
  }
  return null;
}

function reportDifference(
  op: OpRecord,
  difference: string,
  node: NodeVersion,
  history: PreparedHistory,
  findings: Findings,
): void {
  findings.add(() => {
    const cause = history.log.at(node.zxid);
    const evidence = [describeOp(op)];
    if (cause !== undefined) evidence.push(`the log's last change of it: ${describeTxn(cause)}`);
    const message =
      `Single system image broke: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)}, ` +
      `but shows ${difference}.`;
    return { message, evidence, atMs: op.completeMs };
  });
}

/** Sweeps one parent's changes and its listings together, both in the order of zxids. */
function judgeListings(
  path: string,
  ops: readonly OpRecord[],
  history: PreparedHistory,
  findings: Findings,
  judged: ReadsJudged,
): void {
  const namesAt = history.tree.childSweep(path);
  if (namesAt === undefined) return;
  for (const op of sortedBy(ops, (listing) => listing.zxid)) {
    const names = namesAt(op.zxid);
    judged.compared++;
    const { children = [] } = op;
    const shown = path === "/" ? children.filter((name) => name !== "zookeeper") : children;
    if (shown.length === names.size && shown.every((name) => names.has(name))) continue;
    const expected = new Set(names);
    findings.add(() => ({
      message:
        `Single system image broke: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)}, ` +
        `but ${listingDifference(shown, expected)}.`,
      evidence: [describeOp(op), ...changesOfNames(op, shown, expected, history)],
      atMs: op.completeMs,
    }));
  }
}

/** By the log, how the first names came or went that a list lacks, or has too many. */
function changesOfNames(
  { path, zxid }: OpRecord,
  shown: readonly string[],
  expected: ReadonlySet<string>,
  { tree, log }: PreparedHistory,
): string[] {
  const has = new Set(shown);
  const names = [
    ...[...expected].filter((name) => !has.has(name)),
    ...shown.filter((name) => !expected.has(name)),
  ];
  const begin = path === "/" ? "/" : `${path}/`;
  return names.slice(0, NAMES_SHOWN).map((name) => {
    const node = tree.nodeAt(begin + name, zxid);
    const cause = node === undefined ? undefined : log.at(node.zxid);
    const change = cause === undefined ? "nothing up to that zxid" : describeTxn(cause);
    return `the log's last change of ${begin}${name}: ${change}`;
  });
}

const NAMES_SHOWN = 3;

function listingDifference(shown: readonly string[], expected: ReadonlySet<string>): string {
  const has = new Set(shown);
  const extra = shown.filter((name) => !expected.has(name));
  const missing = [...expected].filter((name) => !has.has(name));
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`lacks ${someOf(missing)}`);
  if (extra.length > 0) parts.push(`shows ${someOf(extra)}, where there is no such znode`);
  return parts.join(", and ") || "shows a name twice";
}

function someOf(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return more > 0
    ? `${names.slice(0, NAMES_SHOWN).join(", ")} and ${more} more`
    : listed(names.slice(0, NAMES_SHOWN));
}
