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

/** `message` is asked only for a violation that is kept. */
export function report(
  replay: Replay,
  message: () => string,
  op: OpRecord | null,
  txn: ServerTxn | undefined,
): void {
  replay.findings.add(() => ({
    message: message(),
    evidence: [
      ...(op === null ? [] : [describeOp(op)]),
      ...(txn === undefined ? [] : [describeTxn(txn)]),
    ],
    atMs: op === null ? null : op.completeMs,
  }));
}

/** `setData /a at zxid 0x100000002`. */
export function nameTxn(txn: ServerTxn): string {
  return `${`${txn.type} ${txn.path}`.trimEnd()} at zxid ${formatZxid(txn.zxid)}`;
}

/** `NoNode or NoAuth`; `Ok` reads as "none". */
export function namesOf(codes: ReadonlySet<number>): string {
  const names = [...codes].map((code) => (code === ErrorCode.Ok ? "none" : errorName(code)));
  return listed(names).replace(" and ", " or ");
}
