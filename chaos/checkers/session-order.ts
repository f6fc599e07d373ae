/**
 * C4: a session's requests are answered, and its writes applied, in the order it sent them.
 */
import type { OpRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import { judgeLeft } from "./connections-left.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatTime, nameOp } from "./evidence.ts";
import { isTxnZxid, isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { judgeLog } from "./session-log-order.ts";

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
    judgeLeft(history, findings);
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
    let progress = clients.get(op.client);
    if (progress === undefined || progress.session !== session) {
      sessions.add(session);
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
  if (last !== undefined && op.xid <= last.xid) {
    report(
      op,
      last,
      () => `${nameOp(op)} (xid ${op.xid}) was answered after xid ${last.xid}.`,
      findings,
    );
  } else if (last !== undefined && op.zxid < last.zxid) {
    const message = () =>
      `the replies on client ${op.client}'s connection to server ${op.server} went back from zxid ` +
      `${formatZxid(last.zxid)} to ${formatZxid(op.zxid)}.`;
    report(op, last, message, findings);
  } else if (last !== undefined && op.zxid === last.zxid && isAppliedWrite(op)) {
    const message = () =>
      `${nameOp(last)} was answered as of zxid ${formatZxid(last.zxid)}, which is that of the ${op.op} ` +
      `${op.path} that was sent after it.`;
    report(op, last, message, findings);
  }
  if (lastWrite === undefined || op.outcome !== "ok" || op.zxid > lastWrite.zxid || !isWrite(op)) {
    return;
  }
  const message = () =>
    `${nameOp(op)} was sent after ${lastWrite.op} ${lastWrite.path}, but got zxid ` +
    `${formatZxid(op.zxid)}, not above ${formatZxid(lastWrite.zxid)}.`;
  report(op, lastWrite, message, findings);
}

/** It has a zxid that is its own. */
function isAppliedWrite(op: OpRecord): boolean {
  return op.outcome === "ok" && isWrite(op) && isTxnZxid(op.zxid);
}

function report(op: OpRecord, before: OpRecord, message: () => string, findings: Findings): void {
  findings.add(() => ({
    message: `Session order broke: ${message()}`,
    evidence: [describeOp(before), describeOp(op)],
    atMs: op.completeMs,
  }));
}
