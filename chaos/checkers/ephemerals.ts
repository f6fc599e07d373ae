/**
 * C9: an ephemeral znode lives exactly as long as its session, and a session as long as it should.
 */
import type { OpRecord, ServerFinal } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import type { EphemeralLedger, EphemeralLife } from "./ephemeral-ledger.ts";
import { describeOp, describeTxn, listed, nameOp } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { judgeServed } from "./served-after-close.ts";
import { nameOf, parentOf } from "./znode-path.ts";
import { judgeLateExpiry, judgeToldExpiry } from "./session-expiry-late.ts";
import { judgeExpiry } from "./session-expiry.ts";

export const ephemerals = defineChecker(
  {
    id: "C9",
    name: "sessions and ephemerals",
    guarantee:
      "An ephemeral lives exactly as long as its session; a session expires neither early nor too late.",
  },
  (history, findings) => {
    if (history.run.finals.length === 0) {
      return { looked: {}, undecided: "no server's final log was recorded" };
    }
    const ledger = history.ephemerals;
    judgeClosings(ledger, findings);
    judgeReads(history, findings);
    for (const final of history.run.finals) judgeFinal(final, history, findings);
    const expiries = judgeExpiry(history, findings);
    judgeLateExpiry(history, findings);
    judgeToldExpiry(history, findings);
    judgeServed(history, findings);
    return {
      looked: {
        sessions: ledger.sessions.size,
        ephemerals: ledger.lives,
        expiries: expiries.all,
        "expiries judged for lateness": expiries.judgedForLateness,
      },
    };
  },
);

function judgeClosings(ledger: EphemeralLedger, findings: Findings): void {
  for (const { txn, leftBehind, notItsOwn } of ledger.wrongRemovals) {
    const wrong: string[] = [];
    if (leftBehind.length > 0) wrong.push(`left its ephemeral ${some(leftBehind)} behind`);
    if (notItsOwn.length > 0) wrong.push(`removed ${some(notItsOwn)}, which was not its ephemeral`);
    findings.add(() => ({
      message: `Ephemerals broke: the close of session ${txn.session} ${wrong.join(" and ")}.`,
      evidence: [describeTxn(txn)],
      atMs: null,
    }));
  }
  for (const txn of ledger.openedAgain) {
    findings.add(() => ({
      message:
        `Sessions broke: session ${txn.session} was opened at zxid ${formatZxid(txn.zxid)}, though its id ` +
        `had been given out before.`,
      evidence: [describeTxn(txn)],
      atMs: null,
    }));
  }
  for (const { txn, session } of ledger.afterClose) {
    findings.add(() => ({
      message:
        `Ephemerals broke: session ${session.session} was closed at zxid ` +
        `${formatZxid(session.closedZxid)}, but ${`${txn.type} ${txn.path}`.trimEnd()} was done for it afterwards.`,
      evidence: [describeTxn(txn)],
      atMs: null,
    }));
  }
}

function some(paths: readonly string[]): string {
  const more = paths.length - 3;
  return more > 0 ? `${paths.slice(0, 3).join(", ")} and ${more} more` : listed(paths);
}

/** No read at or after the close of a session shows an ephemeral of it. */
function judgeReads(history: PreparedHistory, findings: Findings): void {
  const { byParent } = history.ephemerals;
  for (const op of history.replies) {
    if (op.outcome !== "ok") continue;
    if (op.op === "getChildren") {
      const siblings = byParent.get(op.path);
      if (siblings === undefined) continue;
      for (const name of op.children ?? []) {
        judgeShown(op, siblings.lastByName.get(name), history, findings);
      }
    } else if (op.op === "getData" || op.op === "exists") {
      const { path } = op;
      const last = byParent.get(parentOf(path))?.lastByName.get(nameOf(path));
      judgeShown(op, last, history, findings);
    }
  }
}

function judgeShown(
  op: OpRecord,
  last: EphemeralLife | undefined,
  history: PreparedHistory,
  findings: Findings,
): void {
  const life = lifeAt(last, op);
  if (life === null || op.zxid < life.endZxid) return;
  const { path } = life;
  const closedZxid = history.ephemerals.sessions.get(life.owner)?.closedZxid;
  // A removal that was asked for is no matter of sessions: C5 compares the contents.
  if (closedZxid !== life.endZxid) return;
  const version = history.tree.nodeAt(path, op.zxid);
  if (version?.exists === true && version.czxid !== life.czxid) return;
  findings.add(() => {
    const evidence = [describeOp(op)];
    const closing = history.log.at(life.endZxid);
    if (closing !== undefined) evidence.push(describeTxn(closing));
    const message =
      `Ephemerals broke: ${nameOp(op)} was answered as of zxid ${formatZxid(op.zxid)} and shows ${path}, ` +
      `though its session ${life.owner} was closed at ${formatZxid(life.endZxid)}.`;
    return { message, evidence, atMs: op.completeMs };
  });
}

/** The ephemeral that the reply shows: the last one that was created on the path by then. */
function lifeAt(last: EphemeralLife | undefined, op: OpRecord): EphemeralLife | null {
  if (last === undefined) return null;
  // The Stat of a listing is the parent's.
  const czxid = op.op === "getChildren" ? undefined : op.stat?.czxid;
  for (let life: EphemeralLife | null = last; life !== null; life = life.before) {
    if (czxid === undefined ? life.czxid <= op.zxid : life.czxid === czxid) return life;
  }
  return null;
}

/** The final state has the sessions that are open by the log, and their ephemerals, and no others. */
function judgeFinal(final: ServerFinal, history: PreparedHistory, findings: Findings): void {
  const { sessions } = history.ephemerals;
  const at = final.appliedZxid;
  const open = new Set(final.sessions);
  const report = (message: string, evidence: string[]): void =>
    findings.add(() => ({
      message: `Ephemerals broke: ${message}`,
      evidence: [`server ${final.server}'s final state, as of zxid ${formatZxid(at)}`, ...evidence],
      atMs: null,
    }));
  for (const [owner, paths] of Object.entries(final.ephemerals)) {
    if (open.has(owner) || paths.length === 0) continue;
    const closed = sessions.get(owner)?.closedZxid ?? Number.POSITIVE_INFINITY;
    const why = Number.isFinite(closed)
      ? `was closed at zxid ${formatZxid(closed)}`
      : "is not open";
    report(`server ${final.server} ended with ${some(paths)}, whose session ${owner} ${why}.`, []);
  }
  for (const session of final.sessions) {
    const closed = sessions.get(session)?.closedZxid ?? Number.POSITIVE_INFINITY;
    if (closed > at) continue;
    report(
      `server ${final.server} ended with session ${session} open, which was closed at zxid ${formatZxid(closed)}.`,
      [],
    );
  }
  if (history.log.fromZxid > 0) return;
  for (const life of sessions.values()) {
    if (life.openedZxid === 0 || life.openedZxid > at || life.closedZxid <= at) continue;
    if (!open.has(life.session)) {
      report(
        `server ${final.server} ended without session ${life.session}, which nothing has closed.`,
        [`opened at zxid ${formatZxid(life.openedZxid)}`],
      );
      continue;
    }
    const shown = new Set(final.ephemerals[life.session] ?? []);
    const lost = life.owned
      .filter((one) => one.czxid <= at && one.endZxid > at && !shown.has(one.path))
      .map((one) => one.path);
    if (lost.length === 0) continue;
    report(
      `server ${final.server} ended without ${some(lost)}, ephemeral of session ${life.session}, which is open.`,
      [],
    );
  }
}
