/**
 * C12: once the faults are healed everything works again within a bound, on every server, and ends
 * equal; and a server that cannot keep up with the others stops answering.
 */
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatTime, listed, nameOp } from "./evidence.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { tellingLines } from "./log-evidence.ts";
import { judgeRecovery } from "./recovery.ts";
import { judgeTimeliness } from "./timeliness.ts";

/** Of a stack trace; what called them is the same for all. */
const FRAMES_MAX = 4;
/** Where the checkout is, as it begins the paths of its files: of interest on this machine alone. */
const ROOT = new URL("../../", import.meta.url);

export const liveness = defineChecker(
  {
    id: "C12",
    name: "liveness and convergence",
    guarantee:
      "After healing, and while a quorum is up, writes succeed, operations end and servers become equal, within a bound.",
  },
  (history, findings) => {
    const { run } = history;
    judgeCrashes(history, findings);
    judgeEnds(history, findings);
    const timely = judgeTimeliness(history, findings);
    const undecided = judgeRecovery(history, findings);
    // Last: servers that are not live again have no reason to be equal.
    judgeConvergence(history, findings);
    return {
      looked: {
        operations: history.operations.length,
        samples: run.samples.length,
        servers: run.finals.length,
        faults: run.faults.length,
        "replies for timeliness": timely,
      },
      undecided: undecided.length === 0 ? undefined : undecided.join("; "),
    };
  },
);

/** Its reason may be a whole stack trace: the headline is its first line. */
function judgeCrashes(history: PreparedHistory, findings: Findings): void {
  for (const crash of history.run.crashes) {
    findings.add(() => {
      const [reason = "", ...rest] = crash.exit.split("\n");
      const lines = tellingLines(crash.lastLines);
      const frames = rest.map((line) =>
        line.trim().replaceAll(ROOT.href, "").replaceAll(ROOT.pathname, ""),
      );
      return {
        message: `Liveness broke: server ${crash.server} stopped by itself (${reason}).`,
        evidence: [
          `${formatTime(crash.atMs)} server ${crash.server}: ${reason}${lines.length > 0 ? "; its log:" : ""}`,
          ...lines,
          ...frames.slice(0, FRAMES_MAX),
        ],
        atMs: crash.atMs,
      };
    });
  }
}

/** Every operation ends, and what was pending when all was healed ends within the bound. */
function judgeEnds(history: PreparedHistory, findings: Findings): void {
  const { healedMs, livenessBoundMs } = history.run;
  for (const op of history.operations) {
    const dueMs = Math.max(op.invokeMs, healedMs) + livenessBoundMs;
    // A missing time reads as null or NaN from a file: no comparison with it holds.
    const ended = Number.isFinite(op.completeMs) && op.completeMs >= op.invokeMs;
    if (ended && op.completeMs <= dueMs) continue;
    const what = ended
      ? `ended ${Math.round(op.completeMs - Math.max(op.invokeMs, healedMs))} ms after it could`
      : "never ended";
    findings.add(() => ({
      message: `Liveness broke: ${nameOp(op)}, sent at ${formatTime(op.invokeMs)}, ${what}.`,
      evidence: [
        describeOp(op),
        `the bound is ${livenessBoundMs} ms after ${formatTime(healedMs)}`,
      ],
      atMs: op.invokeMs,
    }));
  }
}

/**
 * All servers end in the same state. They may be asked one after the other, and sessions that expire
 * meanwhile go on changing it: above what any client was shown, equal logs will do.
 */
function judgeConvergence(history: PreparedHistory, findings: Findings): void {
  const { finals } = history.run;
  const { log } = history;
  const applied = finals.map((final) =>
    isTxnZxid(final.appliedZxid) ? final.appliedZxid : log.floor(final.appliedZxid),
  );
  const areEqual = new Set(applied).size <= 1;
  // None of them runs, or tells: that has been said.
  if (areEqual && (applied[0] ?? 0) === 0) return;
  const ends = new Set(finals.map((final) => final.log.at(-1)?.zxid ?? final.logFromZxid));
  let shown = 0;
  for (const op of history.replies) shown = Math.max(shown, op.zxid);
  // What no log has at the end is for C7 to say.
  const due = areEqual ? log.floor(shown) : shown;
  if ((areEqual || ends.size === 1) && Math.min(...applied) >= due) return;
  findings.add(() => ({
    message: areEqual
      ? `Convergence broke: the servers ended without zxid ${formatZxid(due)}, which a client was shown ` +
        "and their logs have."
      : `Convergence broke: servers ${listed(finals.map((final) => final.server))} ended in different states.`,
    evidence: finals.map((final) => {
      const end = final.log.at(-1)?.zxid ?? final.logFromZxid;
      return (
        `server ${final.server}: applied ${formatZxid(final.appliedZxid)}, ` +
        `log ends at ${formatZxid(end)}`
      );
    }),
    atMs: null,
  }));
}
