/** Part of C9: a session that has ended is served no more. */
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeTxn, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/**
 * Reports replies to a session as of a later state than the one that its end made: a server that has
 * applied the end has closed the session's connection. Those that their client has closed are left out:
 * what it asked before that is still answered, though the session may have expired meanwhile.
 */
export function judgeServed(history: PreparedHistory, findings: Findings): void {
  const { ephemerals, connections, log } = history;
  const asked = new Set<string>();
  for (const op of history.operations) {
    if (op.op !== "close") continue;
    asked.add(op.session);
    asked.add(connections.sessionOf(op));
  }
  for (const op of history.replies) {
    const session = connections.sessionOf(op);
    const closedZxid = ephemerals.sessions.get(session)?.closedZxid ?? Number.POSITIVE_INFINITY;
    if (op.zxid <= closedZxid || op.session !== session || asked.has(session)) continue;
    const closing = log.at(closedZxid);
    findings.add(() => ({
      message:
        `Sessions broke: session ${session} was closed at zxid ${formatZxid(closedZxid)}, but server ` +
        `${op.server} went on to serve it: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)}.`,
      evidence: [describeOp(op), ...(closing === undefined ? [] : [describeTxn(closing)])],
      atMs: op.completeMs,
    }));
  }
}
