/**
 * C7: what was acknowledged, or shown to anyone, is never rolled back.
 */
import type { OpRecord, ServerTxn, WatchRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import {
  describeEvent,
  describeOp,
  describeTxn,
  formatTime,
  formatValue,
  listed,
  nameOp,
} from "./evidence.ts";
import type { FinalLog } from "./final-log.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";

export const reliability = defineChecker(
  {
    id: "C7",
    name: "reliability",
    guarantee:
      "An update that was acknowledged, or observed by any read, is in the final history for ever.",
  },
  (history, findings) => {
    const { okWrites, replies, log, run } = history;
    if (run.finals.length === 0) {
      return {
        looked: { replies: replies.length },
        undecided: "no server's final log was recorded",
      };
    }
    for (const op of okWrites) judgeWrite(op, history, findings);
    const observed = judgeObserved(history, findings);
    judgeOpened(history, findings);
    return {
      looked: {
        "acknowledged writes": okWrites.length,
        "observed zxids": observed,
        transactions: log.entries.length,
      },
      // An empty run has nothing that could have been lost.
      undecided: replies.length === 0 ? "no operation was answered" : undefined,
    };
  },
);

/** Whether the final history should have the zxid: above its known begin, and a transaction's. */
function isDue(zxid: number, history: PreparedHistory): boolean {
  return isTxnZxid(zxid) && zxid > history.log.fromZxid;
}

/** Says which servers' final logs have the zxid, and where each of the others ends. */
function whoHas(zxid: number, history: PreparedHistory): { message: string; evidence: string[] } {
  const due = history.run.finals.filter((final) => final.logFromZxid < zxid);
  const having = due.filter((final) => final.log.some((txn) => txn.zxid === zxid));
  const lacking = due.filter((final) => !having.includes(final));
  const message =
    having.length === 0
      ? "no server's final log has it"
      : `only the final log of server ${listed(having.map((final) => final.server))} has it`;
  const evidence = lacking.map((final) => {
    const end = final.log.at(-1)?.zxid ?? final.logFromZxid;
    return `server ${final.server}'s final log ends at ${formatZxid(end)} without ${formatZxid(zxid)}`;
  });
  return { message, evidence };
}

function judgeWrite(op: OpRecord, history: PreparedHistory, findings: Findings): void {
  if (!isDue(op.zxid, history)) return;
  const txn = history.log.at(op.zxid);
  if (txn === undefined) {
    findings.add(() => {
      const { message, evidence } = whoHas(op.zxid, history);
      return {
        message:
          `Reliability broke: ${nameOp(op)} was acknowledged with zxid ${formatZxid(op.zxid)}, ` +
          `but ${message}.`,
        evidence: [describeOp(op), ...evidence],
        atMs: op.completeMs,
      };
    });
    return;
  }
  const difference = differenceOf(op, txn, history);
  if (difference === null) return;
  findings.add(() => ({
    message:
      `Reliability broke: ${nameOp(op)} was acknowledged with zxid ${formatZxid(op.zxid)}, but the ` +
      `final log has ${difference} there.`,
    evidence: [describeOp(op), describeTxn(txn)],
    atMs: op.completeMs,
  }));
}

/** What the log has in the place of the acknowledged write; null when it is that write. */
function differenceOf(op: OpRecord, txn: ServerTxn, history: PreparedHistory): string | null {
  const type = op.op === "close" ? "closeSession" : op.op;
  const path = op.op === "close" || op.op === "reconfig" ? "" : (op.created ?? op.path);
  if (txn.type !== type || (path !== "" && txn.path !== path)) {
    return `a ${txn.type} ${txn.path}`.trimEnd();
  }
  // A client that waited for a connection may have sent the request in its next session.
  const session = history.connections.sessionOf(op);
  if (txn.session !== op.session && txn.session !== session) {
    return `session ${txn.session}'s ${txn.type}, not session ${op.session}'s,`;
  }
  // A close may have been overtaken by the session's expiry, which is asked for by nobody.
  if (txn.cxid !== op.xid && !(op.op === "close" && txn.cxid === 0)) {
    return `the ${txn.type} of the request with xid ${txn.cxid}, not ${op.xid},`;
  }
  if (op.op === "create" || op.op === "setData") return effectDifference(op, txn);
  return null;
}

function effectDifference(op: OpRecord, txn: ServerTxn): string | null {
  if (op.value !== undefined && txn.value !== undefined && op.value !== txn.value) {
    return `value ${formatValue(txn.value)} instead of ${formatValue(op.value)}`;
  }
  // Flags from 4 on ask for containers and times to live, whose owners are numbers of their own.
  if (op.op === "create" && (op.flags ?? 4) < 4 && txn.ephemeralOwner !== undefined) {
    const ephemeral = ((op.flags ?? 0) & 1) !== 0;
    const expected = ephemeral ? txn.session : "0x0";
    if (txn.ephemeralOwner !== expected) {
      return `a znode with ephemeralOwner ${txn.ephemeralOwner} instead of ${expected}`;
    }
  }
  if (op.op === "setData" && op.expectedVersion !== undefined && op.expectedVersion >= 0) {
    if (txn.version !== undefined && txn.version !== op.expectedVersion + 1) {
      return `version ${txn.version} instead of ${op.expectedVersion + 1}`;
    }
  }
  return null;
}

/**
 * Judges what was seen without being one's own write, once per zxid: the first to have seen it is the
 * evidence. Returns the number of zxids.
 */
function judgeObserved(history: PreparedHistory, findings: Findings): number {
  const observed = new ObservedZxids(history.log);
  for (const op of history.okWrites) observed.add(op.zxid);
  let seen = 0;
  const judge = (zxid: number, by: OpRecord | WatchRecord): void => {
    if (!isDue(zxid, history) || !observed.add(zxid)) return;
    seen++;
    if (history.log.indexOf(zxid) < 0) reportRolledBack(zxid, by, history, findings);
  };
  for (const op of history.replies) {
    const { zxid, stat } = op;
    judge(zxid, op);
    if (stat === undefined) continue;
    judge(stat.czxid, op);
    judge(stat.mzxid, op);
    judge(stat.pzxid, op);
  }
  for (const watch of history.watches) judge(watch.zxid, watch);
  return seen;
}

/** A set of zxids: one byte for each that the final log has, for there are as many as writes. */
class ObservedZxids {
  readonly #log: FinalLog;
  readonly #logged: Uint8Array;
  readonly #others = new Set<number>();

  constructor(log: FinalLog) {
    this.#log = log;
    this.#logged = new Uint8Array(log.entries.length);
  }

  /** Whether it was not there before. */
  add(zxid: number): boolean {
    const at = this.#log.indexOf(zxid);
    if (at < 0) {
      const { size } = this.#others;
      return this.#others.add(zxid).size > size;
    }
    if (this.#logged[at] === 1) return false;
    this.#logged[at] = 1;
    return true;
  }
}

function reportRolledBack(
  zxid: number,
  by: OpRecord | WatchRecord,
  history: PreparedHistory,
  findings: Findings,
): void {
  findings.add(() => {
    const { message, evidence } = whoHas(zxid, history);
    const observer = by.kind === "op" ? nameOp(by) : `client ${by.client}'s watch on ${by.path}`;
    const line = by.kind === "op" ? describeOp(by) : describeEvent(by);
    return {
      message: `Reliability broke: ${observer} saw zxid ${formatZxid(zxid)}, but ${message}.`,
      evidence: [line, ...evidence],
      atMs: by.kind === "op" ? by.completeMs : by.atMs,
    };
  });
}

/** A session that a client was given is in the log: opening one is a transaction too. */
function judgeOpened(history: PreparedHistory, findings: Findings): void {
  if (history.log.fromZxid > 0) return;
  for (const record of history.sessions) {
    if (record.event !== "created") continue;
    const life = history.ephemerals.sessions.get(record.session);
    if (life !== undefined && life.openedZxid > 0) continue;
    findings.add(() => ({
      message:
        `Reliability broke: client ${record.client} was given session ${record.session} by server ` +
        `${record.server}, but the final log has no createSession for it.`,
      evidence: [
        `${formatTime(record.atMs)} client ${record.client} session ${record.session} created on server ${record.server}`,
      ],
      atMs: record.atMs,
    }));
  }
}
