/**
 * Part of C2: a write is applied once at most, whatever becomes of its answer, and only if somebody has
 * asked for it. Every write of a run carries a value of its own: one that the log has more often than it
 * was asked for was applied again.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { eachChange } from "./txn-changes.ts";

export class AppliedOnce {
  /** Values of transactions whose request nobody is known to have sent; few, if all is well. */
  readonly #doubtful = new Set<string>();

  /** Writes without an answer that the log has. */
  readonly #unanswered = new Set<OpRecord>();
  /** Changes that no operation answers for, by session. */
  readonly #unasked = new Map<string, ServerTxn[]>();

  /** A transaction of the log that no operation answers for. */
  noteUnasked(txn: ServerTxn): void {
    if (txn.cxid === 0) return;
    eachValue(txn, (value) => this.#doubtful.add(value));
    if (!isChange(txn)) return;
    const txns = this.#unasked.get(txn.session);
    if (txns === undefined) this.#unasked.set(txn.session, [txn]);
    else txns.push(txn);
  }

  /** A transaction of a write whose answer was lost: what is applied a second time has none either. */
  noteUnanswered(op: OpRecord, txn: ServerTxn): void {
    if (this.#unanswered.has(op)) eachValue(txn, (value) => this.#doubtful.add(value));
    this.#unanswered.add(op);
  }

  judge(history: PreparedHistory, findings: Findings): void {
    this.#judgeUnasked(history, findings);
    this.#judgeAgain(history, findings);
  }

  /**
   * In sessions whose clients are known each transaction has a request with its xid; or one for the same
   * change, which its client has sent again under another.
   */
  #judgeUnasked({ sessions, operations, connections }: PreparedHistory, findings: Findings): void {
    if (this.#unasked.size === 0) return;
    const suspects = new Map<string, Set<ServerTxn>>();
    for (const { session, event } of sessions) {
      const txns = this.#unasked.get(session);
      if (event === "created" && txns !== undefined) suspects.set(session, new Set(txns));
    }
    if (suspects.size === 0) return;
    for (const op of operations) {
      for (const session of new Set([op.session, connections.sessionOf(op)])) {
        const txns = suspects.get(session);
        if (txns === undefined) continue;
        for (const txn of txns) if (op.xid === txn.cxid || asksFor(op, txn)) txns.delete(txn);
      }
    }
    for (const [session, txns] of suspects) {
      for (const txn of txns) {
        findings.add(() => ({
          message:
            `Atomicity broke: zxid ${formatZxid(txn.zxid)} is a ${txn.type} by session ${session}, ` +
            `which nobody has asked for.`,
          evidence: [describeTxn(txn), `no request of the session had xid ${txn.cxid}`],
          atMs: null,
        }));
      }
    }
  }

  #judgeAgain({ log, operations }: PreparedHistory, findings: Findings): void {
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

function isChange({ type, parts }: ServerTxn): boolean {
  if (type === "multi") return parts?.some((part) => part.type === "error") !== true;
  return type === "create" || type === "delete" || type === "setData" || type === "setACL";
}

function asksFor(op: OpRecord, { type, path, value }: ServerTxn): boolean {
  if (op.op !== type) return false;
  if (type === "multi" || type === "delete" || type === "setACL") return op.path === path;
  const samePath = op.path === path || (type === "create" && path.startsWith(op.path));
  return samePath && (op.value === undefined || value === undefined || op.value === value);
}
