/** Part of C4: a connection that its session has left is served no more. */
import type { OpRecord, SessionRecord } from "../../results/history.ts";
import { epochOf, formatZxid, type Zxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatTime, nameOp } from "./evidence.ts";
import { isWrite } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/**
 * Reports requests that a client sent after another one had been let in with its session, and that were
 * done all the same. The server that lets a session in closes the connection that it had there; a
 * connection elsewhere may read on until the news is there, but the leader knows already, and takes no
 * writes from it.
 */
export function judgeLeft(history: PreparedHistory, findings: Findings): void {
  const { connections } = history;
  const comers = letInBySession(history);
  for (const op of history.replies) {
    const session = connections.sessionOf(op);
    const others = comers.get(session);
    if (others === undefined || !connections.within(op)) continue;
    const sinceMs = connections.startMs(op.client, op.invokeMs);
    const next = others.find(
      (other) =>
        other.client !== op.client &&
        other.atMs > sinceMs &&
        other.atMs < op.invokeMs &&
        (other.server === op.server || isRefusedBy(other, op, history)),
    );
    if (next === undefined) continue;
    findings.add(() => ({
      message:
        `Session order broke: ${nameOp(op)} was answered by server ${op.server}, as of zxid ` +
        `${formatZxid(op.zxid)}, over a connection that session ${session} had left: client ` +
        `${next.client} had gone on with it at server ${next.server} before.`,
      evidence: [
        `${formatTime(next.atMs)} client ${next.client} session ${session} server ${next.server} ${next.event}`,
        describeOp(op),
      ],
      atMs: op.completeMs,
    }));
  }
}

/** Sessions that more than one client has had, and when each was let in. */
function letInBySession({ sessions }: PreparedHistory): Map<string, SessionRecord[]> {
  const letIn = new Map<string, SessionRecord[]>();
  for (const record of sessions) {
    if (record.event !== "created" && record.event !== "reconnected") continue;
    const list = letIn.get(record.session);
    if (list === undefined) letIn.set(record.session, [record]);
    else list.push(record);
  }
  for (const [session, records] of letIn) {
    if (new Set(records.map(({ client }) => client)).size < 2) letIn.delete(session);
  }
  return letIn;
}

/** It is a write, and the leader of its epoch is the one that let the other client in. */
function isRefusedBy(other: SessionRecord, op: OpRecord, { run }: PreparedHistory): boolean {
  if (!isWrite(op) || op.outcome !== "ok") return false;
  const sample = run.samples.findLast(
    ({ server, sentMs }) => server === other.server && sentMs <= other.atMs,
  );
  return sample?.epoch === epochOf(op.zxid as Zxid);
}
