/**
 * Part of C2: a server that shows one part of a multi does not lack another. That a read does not show
 * what it should is for C5 to say; that a multi was torn in two is for here.
 */
import type { OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { ModelZnode } from "../model/model-znode.ts";
import { describeOp, describeTxn, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import type { Replay } from "./replay.ts";

interface Lacking {
  readonly op: OpRecord;
  readonly multiZxid: number;
}

export class ShownMultis {
  /** By server and zxid of the multi: a read that shows it. */
  readonly #shown = new Map<string, OpRecord>();
  readonly #lacking: Lacking[] = [];

  /** A read of the znode; the model has reached its zxid. */
  note(op: OpRecord, node: ModelZnode, history: PreparedHistory): void {
    const { mzxid } = node;
    if (mzxid === undefined || history.log.at(mzxid)?.type !== "multi") return;
    const shows = showsLastChange(op, node);
    if (shows === false) this.#lacking.push({ op, multiZxid: mzxid });
    else if (shows === true) {
      const key = `${op.server} ${mzxid}`;
      if (!this.#shown.has(key)) this.#shown.set(key, op);
    }
  }

  judge({ findings, history }: Replay): void {
    for (const { op, multiZxid } of this.#lacking) {
      const other = this.#shown.get(`${op.server} ${multiZxid}`);
      if (other === undefined) continue;
      const txn = history.log.at(multiZxid);
      findings.add(() => ({
        message:
          `Atomicity broke: server ${op.server} showed half of the multi at zxid ${formatZxid(multiZxid)}: ` +
          `${nameOp(op)}, answered as of zxid ${formatZxid(op.zxid)}, lacks what it did there.`,
        evidence: [
          describeOp(op),
          describeOp(other),
          ...(txn === undefined ? [] : [describeTxn(txn)]),
        ],
        atMs: op.completeMs,
      }));
    }
  }
}

/** Whether the read shows the znode as its last change left it; undefined: it does not tell. */
function showsLastChange(op: OpRecord, node: ModelZnode): boolean | undefined {
  if (op.outcome !== "ok") return false;
  if (op.stat !== undefined) return op.stat.mzxid === node.mzxid;
  if (op.op !== "getData" || op.value === undefined || node.value === undefined) return undefined;
  return op.value === node.value;
}
