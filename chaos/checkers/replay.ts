/**
 * What the parts of C2 share: the model at the zxid that has been reached, and how they report.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { ErrorCode, errorName } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import type { TreeModel } from "../model/tree-model.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, listed } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import type { ShownMultis } from "./shown-multis.ts";
import { isSessionOwner } from "./txn-changes.ts";
import { parentOf } from "./znode-path.ts";

export interface Replay {
  readonly history: PreparedHistory;
  readonly findings: Findings;
  /** The tree after the last transaction that was reached. */
  readonly model: TreeModel;
  readonly shownMultis: ShownMultis;
  readonly counts: ReplayCounts;
}

/** What was looked at. */
export interface ReplayCounts {
  transactions: number;
  multis: number;
  stats: number;
  refusals: number;
  /** Replies about znodes of which the log does not tell, for it begins later. */
  notKnown: number;
  /** Replies at a zxid that the final log does not have: C7 judges them. */
  beyondLog: number;
}

/** `message` and `more`, for the end of the evidence, are asked only for a violation that is kept. */
export function report(
  replay: Replay,
  message: () => string,
  op: OpRecord | null,
  txn: ServerTxn | undefined,
  more: () => readonly string[] = () => [],
): void {
  replay.findings.add(() => ({
    message: message(),
    evidence: [
      ...(op === null ? [] : [describeOp(op)]),
      ...(txn === undefined ? [] : [describeTxn(txn)]),
      ...more(),
    ],
    atMs: op === null ? null : op.completeMs,
  }));
}

/**
 * What the model has of a znode: `by the log up to there: /a has version 1, numChildren 0, and was changed
 * last at zxid 0x100000002`, and that change; of one that is not there its parent, too.
 */
export function describeState(path: string, replay: Replay): string[] {
  const node = replay.model.get(path);
  const begin = `by the log up to there: ${path}`;
  if (node === undefined) return [`${begin} is older than the log`];
  if (node === null) {
    const parent = path === "/" ? [] : describeState(parentOf(path), replay);
    return [`${begin} is not there`, ...parent];
  }
  const { version = "?", numChildren = "?", acl, owner = "0x0", mzxid } = node;
  const parts = [`version ${version}`, `numChildren ${numChildren}`];
  if (acl !== undefined) parts.push(`ACL ${acl}`);
  if (isSessionOwner(owner)) parts.push(`owner ${owner}`);
  const last = mzxid === undefined ? undefined : replay.history.log.at(mzxid);
  const changed = mzxid === undefined ? "" : `, and was changed last at zxid ${formatZxid(mzxid)}`;
  return [
    `${begin} has ${parts.join(", ")}${changed}`,
    ...(last === undefined ? [] : [describeTxn(last)]),
  ];
}

/** `setData /a at zxid 0x100000002`. */
export function nameTxn(txn: ServerTxn): string {
  return `${`${txn.type} ${txn.path}`.trimEnd()} at zxid ${formatZxid(txn.zxid)}`;
}

/** `NoNode or NoAuth`; `Ok` reads as "success". */
export function namesOf(codes: ReadonlySet<number>): string {
  const names = [...codes].map((code) => (code === ErrorCode.Ok ? "success" : errorName(code)));
  return listed(names).replace(" and ", " or ");
}
