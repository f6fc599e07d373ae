/** Part of C9: a session ends when its client is gone, and no client is told of an end that was none. */
import type { SessionRecord } from "../../results/history.ts";
import { epochOf, formatZxid, type Zxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeTxn, formatTime } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { ProposalTimes, timeoutsOf } from "./session-expiry-times.ts";

/** Reports sessions whose client was gone for good, and which were still open at the end. */
export function judgeLateExpiry(history: PreparedHistory, findings: Findings): void {
  const { run, log } = history;
  if (log.fromZxid > 0) return;
  const timeouts = timeoutsOf(history.sessions);
  for (const gone of goneForGood(history)) {
    const life = history.ephemerals.sessions.get(gone.session);
    const timeoutMs = timeouts.get(gone.session);
    if (life === undefined || Number.isFinite(life.closedZxid) || timeoutMs === undefined) continue;
    // After healing there may be one more election, which gives every session its timeout again.
    const fromMs = Math.max(gone.atMs, run.healedMs);
    const dueMs = fromMs + Math.max(run.livenessBoundMs, 2 * (timeoutMs + run.tickMs));
    if (run.endMs < dueMs) continue;
    findings.add(() => ({
      message:
        `Sessions broke: session ${gone.session} was still open at the end (${formatTime(run.endMs)}), though ` +
        `its client was gone since ${formatTime(gone.atMs)}; its timeout is ${timeoutMs} ms.`,
      evidence: [
        describe(gone),
        `opened at zxid ${formatZxid(life.openedZxid)}, no closeSession in the final log`,
      ],
      atMs: run.endMs,
    }));
  }
}

/** The last that was heard of each session whose client did not come back. */
function goneForGood(history: PreparedHistory): SessionRecord[] {
  const last = new Map<string, SessionRecord>();
  for (const record of history.sessions) last.set(record.session, record);
  return [...last.values()].filter(
    (record) => record.event !== "created" && record.event !== "reconnected",
  );
}

/**
 * Reports sessions that a server called expired, though the final log has them open to its end, or has
 * their end later than that.
 */
export function judgeToldExpiry(history: PreparedHistory, findings: Findings): void {
  const { ephemerals } = history;
  const told = history.sessions.filter(({ event }) => event === "expired");
  const times = told.length === 0 ? null : new ProposalTimes(history);
  for (const record of new Map(told.map((each) => [each.session, each])).values()) {
    const life = ephemerals.sessions.get(record.session);
    if (life === undefined || life.openedZxid === 0) continue;
    if (Number.isFinite(life.closedZxid)) {
      if (times !== null) judgeToldTooSoon(record, life.closedZxid, times, history, findings);
      continue;
    }
    findings.add(() => ({
      message:
        `Sessions broke: server ${record.server} told client ${record.client} that session ` +
        `${record.session} has expired, but nothing has closed it.`,
      evidence: [
        describe(record),
        `opened at zxid ${formatZxid(life.openedZxid)}, no closeSession in the final log`,
      ],
      atMs: record.atMs,
    }));
  }
}

/**
 * A leader that was lost may have called a session expired whose end was lost with it: only the word of a
 * server of the epoch that the session ended in is held against it.
 */
function judgeToldTooSoon(
  record: SessionRecord,
  closedZxid: number,
  times: ProposalTimes,
  history: PreparedHistory,
  findings: Findings,
): void {
  const { run, log } = history;
  const closing = log.at(closedZxid);
  const span = closing === undefined ? null : times.spanOf(closing);
  if (closing === undefined || span === null || record.atMs >= span.fromMs) return;
  const sample = run.samples.findLast(
    ({ server, sentMs }) => server === record.server && sentMs <= record.atMs,
  );
  if (sample?.epoch !== epochOf(closedZxid as Zxid)) return;
  findings.add(() => ({
    message:
      `Sessions broke: server ${record.server} told client ${record.client} that session ` +
      `${record.session} has expired, but it was closed later than that, at zxid ${formatZxid(closedZxid)}.`,
    evidence: [describe(record), `${describeTxn(closing)}, after ${formatTime(span.fromMs)}`],
    atMs: record.atMs,
  }));
}

function describe({ atMs, client, session, server, event }: SessionRecord): string {
  return `${formatTime(atMs)} client ${client} session ${session} server ${server} ${event}`;
}
