/**
 * Part of C2: a write is applied once at most, whatever becomes of its answer. Every write of a run
 * carries a value of its own: one that the log has more often than it was asked for was applied again.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { eachChange } from "./txn-changes.ts";

export class AppliedOnce {
  /** Values of transactions whose request nobody is known to have sent; few, if all is well. */
  readonly #doubtful = new Set<string>();

  /** A transaction of the log that no operation answers for. */
  noteUnasked(txn: ServerTxn): void {
    if (txn.cxid === 0) return;
    eachValue(txn, (value) => this.#doubtful.add(value));
  }

  judge({ log, operations }: PreparedHistory, findings: Findings): void {
    if (this.#doubtful.size === 0) return;
    const asked = new Map<string, OpRecord[]>();
    const add = (op: OpRecord, value: string | null | undefined): void => {
      if (typeof value !== "string" || !this.#doubtful.has(value)) return;
      const ops = asked.get(value);
      if (ops === undefined) asked.set(value, [op]);
      else ops.push(op);
    };
    for (const op of operations) {
      if (op.op === "create" || op.op === "setData") add(op, op.value);
      for (const part of op.parts ?? []) add(op, part.value);
    }
    const applied = new Map<string, ServerTxn[]>();
    for (const txn of log.entries) {
      eachValue(txn, (value) => {
        if (!asked.has(value)) return;
        const txns = applied.get(value);
        if (txns === undefined) applied.set(value, [txn]);
        else txns.push(txn);
      });
    }
    for (const [value, txns] of applied) {
      const ops = asked.get(value) ?? [];
      const [op] = ops;
      if (op === undefined || txns.length <= ops.length) continue;
      findings.add(() => ({
        message: `Atomicity broke: ${nameOp(op)} was applied ${txns.length} times.`,
        evidence: [describeOp(op), ...txns.map(describeTxn)],
        atMs: op.completeMs,
      }));
    }
  }
}

function eachValue(txn: ServerTxn, visit: (value: string) => void): void {
  eachChange(txn, ({ type, value }) => {
    if (type !== "create" && type !== "setData") return;
    if (typeof value === "string" && value !== "") visit(value);
  });
}
