/**
 * C4: a session's requests are answered, and its writes applied, in the order it sent them.
 */
import type { OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, formatTime, nameOp } from "./evidence.ts";
import { isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";

export const sessionOrder = defineChecker(
  {
    id: "C4",
    name: "session order",
    guarantee:
      "A session's requests are answered, and its writes applied, in the order it sent them.",
  },
  (history, findings) => {
    const sessions = judgeReplies(history, findings);
    judgeLog(history, findings);
    judgeProtocol(history, findings);
    return { looked: { replies: history.replies.length, sessions } };
  },
);

/** A client takes replies strictly in turn: one that comes out of turn ends the connection. */
function judgeProtocol(history: PreparedHistory, findings: Findings): void {
  for (const { client, session, server, problem, atMs } of history.protocolErrors) {
    findings.add(() => ({
      message: `Session order broke: server ${server} gave client ${client} what was not its turn: ${problem}.`,
      evidence: [
        `${formatTime(atMs)} client ${client} session ${session} server ${server}: ${problem}`,
      ],
      atMs,
    }));
  }
}

/** The last reply of a client's connection, and the last write of its session. */
interface Progress {
  connection: number;
  server: number;
  session: string;
  last: OpRecord | undefined;
  lastWrite: OpRecord | undefined;
}

function judgeReplies(history: PreparedHistory, findings: Findings): number {
  const clients = new Map<number, Progress>();
  const sessions = new Set<string>();
  for (const op of history.replies) {
    const connection = history.connections.indexAt(op.client, op.completeMs);
    const session = history.connections.sessionOf(op);
    sessions.add(session);
    let progress = clients.get(op.client);
    if (progress === undefined || progress.session !== session) {
      progress = { connection, server: op.server, session, last: undefined, lastWrite: undefined };
      clients.set(op.client, progress);
    }
    if (progress.connection !== connection || progress.server !== op.server) {
      progress.connection = connection;
      progress.server = op.server;
      progress.last = undefined;
    }
    judgeNext(progress, op, findings);
    progress.last = op;
    if (op.outcome === "ok" && isWrite(op)) progress.lastWrite = op;
  }
  return sessions.size;
}

function judgeNext(progress: Progress, op: OpRecord, findings: Findings): void {
  const { last, lastWrite } = progress;
  const report = (before: OpRecord, message: string): void =>
    findings.add(() => ({
      message: `Session order broke: ${message}`,
      evidence: [describeOp(before), describeOp(op)],
      atMs: op.completeMs,
    }));
  if (last !== undefined && op.xid <= last.xid) {
    report(last, `${nameOp(op)} (xid ${op.xid}) was answered after xid ${last.xid}.`);
  } else if (last !== undefined && op.zxid < last.zxid) {
    report(
      last,
      `the replies on client ${op.client}'s connection to server ${op.server} went back from zxid ` +
        `${formatZxid(last.zxid)} to ${formatZxid(op.zxid)}.`,
    );
  }
  if (lastWrite === undefined || op.outcome !== "ok" || !isWrite(op)) return;
  if (op.zxid <= lastWrite.zxid) {
    report(
      lastWrite,
      `${nameOp(op)} was sent after ${lastWrite.op} ${lastWrite.path}, but got zxid ` +
        `${formatZxid(op.zxid)}, not above ${formatZxid(lastWrite.zxid)}.`,
    );
  }
}

/**
 * Writes whose reply was lost are in the order too: among the requests of one connection, those that
 * the log has stand in the order of their xids.
 */
function judgeLog(history: PreparedHistory, findings: Findings): void {
  const sent = indexWrites(history);
  const highest = new Map<string, OpRecord>();
  for (const txn of history.log.entries) {
    if (txn.cxid === 0) continue;
    const op = sent.get(`${txn.session} ${txn.cxid}`);
    if (op === undefined || op === null) continue;
    const connection = `${op.client} ${history.connections.indexAt(op.client, op.completeMs)}`;
    const before = highest.get(connection);
    if (before === undefined || before.xid < op.xid) {
      highest.set(connection, op);
      continue;
    }
    // Two answered ones are the business of the replies' order.
    if (before.xid === op.xid || (before.zxid >= 0 && op.zxid >= 0)) continue;
    findings.add(() => ({
      message:
        `Session order broke: ${nameOp(op)} (xid ${op.xid}) was applied at zxid ` +
        `${formatZxid(txn.zxid)}, after the ${before.op} ${before.path} (xid ${before.xid}) that followed it.`,
      evidence: [describeOp(op), describeOp(before), describeTxn(txn)],
      atMs: op.completeMs,
    }));
  }
}

/**
 * Writes by session and xid; null where that says too little: a client used an xid again after it had
 * reconnected, or two clients that took a session from each other use the same ones.
 */
function indexWrites(history: PreparedHistory): Map<string, OpRecord | null> {
  const index = new Map<string, OpRecord | null>();
  for (const op of history.operations) {
    if (!isWrite(op) || op.server === 0) continue;
    for (const session of new Set([op.session, history.connections.sessionOf(op)])) {
      const key = `${session} ${op.xid}`;
      const isClear = session === op.session && history.connections.within(op);
      index.set(key, isClear && !index.has(key) ? op : null);
    }
  }
  return index;
}
