/**
 * Part of C4: what the final log says of the order in which a session sent its writes. It tells of
 * those, too, whose replies were lost.
 */
import type { OpRecord, ServerTxn } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, nameOp, overlaps } from "./evidence.ts";
import { isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { SentWrites } from "./sent-writes.ts";

/** A write and the transaction that it became. */
interface Applied {
  readonly op: OpRecord;
  readonly txn: ServerTxn;
}

/** The write with the highest xid that the log has of each connection, by client and connection. */
type Highest = Map<number, Map<number, Applied>>;

/**
 * Reports writes of one connection that stand in another order than that of their xids; writes that
 * were taken for a connection after the session had gone on with another one; and writes that were left
 * out although a later one of their connection was taken.
 */
export function judgeLog(history: PreparedHistory, findings: Findings): void {
  const { log, connections } = history;
  const sent = new SentWrites();
  for (const op of history.operations) {
    if (op.server !== 0 && isWrite(op)) sent.add(op, true, history);
  }
  const highest: Highest = new Map();
  const latest = new Map<string, Applied>();
  const unanswered = new Set<OpRecord>();
  for (const txn of log.entries) {
    if (txn.cxid === 0) continue;
    const op = sent.get(txn.session, txn.cxid);
    if (op === null) continue;
    if (op.zxid < 0) unanswered.add(op);
    // What came after the session's end has no order any more: what came before it may have been refused
    // without a trace, because the session was another server's by then.
    if (isRefusedAfterTheEnd(txn)) continue;
    const applied = { op, txn };
    judgeMoved(applied, latest, history, findings);
    let ofClient = highest.get(op.client);
    if (ofClient === undefined) highest.set(op.client, (ofClient = new Map()));
    const connection = connections.indexAt(op.client, op.completeMs);
    const before = ofClient.get(connection)?.op;
    if (before === undefined || before.xid < op.xid) ofClient.set(connection, applied);
    // Two answered ones are the business of the replies' order.
    else if (before.xid > op.xid && (before.zxid < 0 || op.zxid < 0))
      reportLate(applied, before, findings);
  }
  // Only a whole log says of a write that it was not applied.
  if (log.fromZxid > 0) return;
  for (const op of history.operations) {
    if (op.outcome !== "info" || op.zxid >= 0 || unanswered.has(op)) continue;
    if (sent.get(op.session, op.xid) !== op) continue;
    judgeLeftOut(op, highest, history, findings);
  }
}

function isRefusedAfterTheEnd({ type, code, parts = [] }: ServerTxn): boolean {
  const isExpired = (one: number | undefined): boolean => one === ErrorCode.SessionExpired;
  return (type === "error" && isExpired(code)) || parts.some((part) => isExpired(part.code));
}

function reportLate({ op, txn }: Applied, before: OpRecord, findings: Findings): void {
  findings.add(() => ({
    message:
      `Session order broke: ${nameOp(op)} (xid ${op.xid}) was applied at zxid ` +
      `${formatZxid(txn.zxid)}, after the ${before.op} ${before.path} (xid ${before.xid}) that followed it.`,
    evidence: [describeOp(op), describeOp(before), describeTxn(txn)],
    atMs: op.completeMs,
  }));
}

/** Who has gone on with a session over another connection has nothing done for the one before any more. */
function judgeMoved(
  applied: Applied,
  latest: Map<string, Applied>,
  { connections }: PreparedHistory,
  findings: Findings,
): void {
  const { op, txn } = applied;
  // A refusal changes nothing, whenever it comes.
  if (txn.type === "error" || txn.parts?.some(({ type }) => type === "error") === true) return;
  const last = latest.get(txn.session)?.op;
  const startMs = connections.startMs(op.client, op.invokeMs);
  if (last === undefined || connections.startMs(last.client, last.invokeMs) <= startMs) {
    latest.set(txn.session, applied);
    return;
  }
  findings.add(() => ({
    message:
      `Session order broke: ${nameOp(op)} was applied at zxid ${formatZxid(txn.zxid)} for a connection ` +
      `to server ${op.server} that session ${txn.session} had left: the ${last.op} ${last.path} that it ` +
      `sent over its next one was applied before.`,
    evidence: [describeOp(op), describeOp(last), describeTxn(txn)],
    atMs: op.completeMs,
  }));
}

/** Some server's disk was full while the operation waited: the leader then refuses writes. */
function wasFull({ invokeMs, completeMs }: OpRecord, { run }: PreparedHistory): boolean {
  return run.faults.some(
    (each) => each.name === "disk-full" && overlaps(each, invokeMs, completeMs),
  );
}

/** A connection brings everything to the leader, in order: it cannot lose one and bring the next. */
function judgeLeftOut(
  op: OpRecord,
  highest: Highest,
  history: PreparedHistory,
  findings: Findings,
): void {
  const { connections } = history;
  const connection = connections.indexAt(op.client, op.completeMs);
  const next = highest.get(op.client)?.get(connection);
  if (next === undefined || next.op.xid <= op.xid || next.op.session !== op.session) return;
  // It may have been refused for lack of room, in an answer that came after its client had given up.
  if (op.code === ErrorCode.OperationTimeout && wasFull(op, history)) return;
  // Where nobody tells of connections, another server says that it is another one.
  if (next.op.server !== op.server) return;
  findings.add(() => ({
    message:
      `Session order broke: ${nameOp(next.op)} (xid ${next.op.xid}) was applied at zxid ` +
      `${formatZxid(next.txn.zxid)}, but ${op.op} ${op.path} (xid ${op.xid}), which was sent before ` +
      `it over the same connection, never was.`,
    evidence: [describeOp(op), describeOp(next.op), describeTxn(next.txn)],
    atMs: op.completeMs,
  }));
}
