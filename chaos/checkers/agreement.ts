/**
 * C1: all servers hold one history, and show nothing of it before a quorum has it.
 */
import type { ServerFinal, ServerTxn } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { judgeCommits } from "./commit-watermark.ts";
import { describeTxn, listed } from "./evidence.ts";
import { upperBound } from "./final-log.ts";
import { treeDifferences } from "./tree-differences.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { reportRivalLeaders } from "./rival-leaders.ts";

export const agreement = defineChecker(
  {
    id: "C1",
    name: "agreement",
    guarantee:
      "All servers' logs and trees are prefixes of one history, and nothing shows before it is committed.",
  },
  (history, findings) => {
    const { finals, samples } = history.run;
    // Logs that are one and the same have been compared, and are in order.
    for (const final of history.log.isCommon ? [] : finals) {
      judgeOrder(final, findings);
      judgeAgainstAgreed(final, history, findings);
    }
    for (const final of finals) judgeApplied(final, findings);
    judgeTrees(history, findings);
    const compared = judgeCommits(history, findings);
    reportRivalLeaders(samples, findings);
    return {
      looked: {
        servers: finals.length,
        transactions: history.log.entries.length,
        "commit comparisons": compared,
      },
      undecided: undecided(finals.length, history.log.entries.length + compared),
    };
  },
);

function undecided(servers: number, compared: number): string | undefined {
  if (servers === 0) return "no server's final log was recorded";
  return compared === 0 ? "the servers' logs were empty, and no states were compared" : undefined;
}

/** A server shows nothing that its own log does not have when all is at rest. */
function judgeApplied(final: ServerFinal, findings: Findings): void {
  const { server, appliedZxid } = final;
  const end = endOf(final);
  if (appliedZxid <= end || !isTxnZxid(appliedZxid)) return;
  findings.add(() => ({
    message:
      `Agreement broke: server ${server} has applied zxid ${formatZxid(appliedZxid)}, but its own final ` +
      `log ends at ${formatZxid(end)}.`,
    evidence: [`server ${server}: applied ${formatZxid(appliedZxid)}, log to ${formatZxid(end)}`],
    atMs: null,
  }));
}

function judgeOrder(final: ServerFinal, findings: Findings): void {
  let before = final.logFromZxid;
  for (const txn of final.log) {
    const last = before;
    if (txn.zxid <= last) {
      findings.add(() => ({
        message:
          `Agreement broke: server ${final.server}'s final log goes from zxid ${formatZxid(last)} ` +
          `to ${formatZxid(txn.zxid)}; zxids must rise.`,
        evidence: [describeTxn(txn)],
        atMs: null,
      }));
    }
    before = txn.zxid;
  }
}

function endOf(final: ServerFinal): number {
  return final.log.at(-1)?.zxid ?? final.logFromZxid;
}

/** The other servers that should hold the transaction, since their logs go as far, and do not. */
function othersWithout(
  finals: readonly ServerFinal[],
  self: ServerFinal,
  txn: ServerTxn,
): number[] {
  const { zxid, hash } = txn;
  return finals
    .filter((final) => final !== self && final.logFromZxid < zxid && zxid <= endOf(final))
    .filter(({ log }) => !log.some((each) => each.zxid === zxid && each.hash === hash))
    .map((final) => final.server);
}

function judgeAgainstAgreed(
  final: ServerFinal,
  history: PreparedHistory,
  findings: Findings,
): void {
  const { log, run } = history;
  let next = upperBound(log.entries, final.logFromZxid, (txn) => txn.zxid);
  for (const txn of final.log) {
    for (; next < log.entries.length; next++) {
      const missing = log.entries[next] as ServerTxn;
      if (missing.zxid >= txn.zxid) break;
      reportGap(final, missing, findings);
    }
    // Where the server's own zxids do not rise, that has been reported.
    const agreed = log.entries[next]?.zxid === txn.zxid ? log.entries[next++] : log.at(txn.zxid);
    if (agreed === undefined) {
      const others = othersWithout(run.finals, final, txn);
      if (others.length > 0) reportExtra(final, txn, others, findings);
    } else if (agreed.hash !== txn.hash) {
      reportConflict(final, txn, agreed, findings);
    }
  }
}

function reportExtra(
  final: ServerFinal,
  txn: ServerTxn,
  others: readonly number[],
  findings: Findings,
): void {
  findings.add(() => ({
    message:
      `Agreement broke: server ${final.server}'s final log has zxid ${formatZxid(txn.zxid)}, ` +
      `which is not in the log of server ${listed(others)} although it goes further.`,
    evidence: [`server ${final.server}: ${describeTxn(txn)}`],
    atMs: null,
  }));
}

function reportConflict(
  final: ServerFinal,
  txn: ServerTxn,
  agreed: ServerTxn,
  findings: Findings,
): void {
  findings.add(() => ({
    message:
      `Agreement broke: server ${final.server}'s final log has another transaction ` +
      `at zxid ${formatZxid(txn.zxid)} than the other servers.`,
    evidence: [
      `server ${final.server}: ${describeTxn(txn)}, hash ${txn.hash}`,
      `others: ${describeTxn(agreed)}, hash ${agreed.hash}`,
    ],
    atMs: null,
  }));
}

function reportGap(final: ServerFinal, txn: ServerTxn, findings: Findings): void {
  findings.add(() => ({
    message:
      `Agreement broke: server ${final.server}'s final log has no zxid ${formatZxid(txn.zxid)}, ` +
      `though it goes on to ${formatZxid(endOf(final))} and the other servers have it.`,
    evidence: [`missing: ${describeTxn(txn)}`],
    atMs: null,
  }));
}

/** Trees that have applied the same transactions must be the same. */
function judgeTrees(history: PreparedHistory, findings: Findings): void {
  const byZxid = new Map<number, ServerFinal>();
  for (const final of history.run.finals) {
    const first = byZxid.get(final.appliedZxid);
    if (first === undefined) {
      byZxid.set(final.appliedZxid, final);
    } else if (first.treeDigest !== final.treeDigest) {
      findings.add(() => ({
        message:
          `Agreement broke: servers ${listed([first.server, final.server])} have both applied ` +
          `zxid ${formatZxid(final.appliedZxid)}, but their trees differ.`,
        evidence: [
          ...[first, final].map((one) => `server ${one.server}: tree digest ${one.treeDigest}`),
          ...treeDifferences(first, final),
        ],
        atMs: null,
      }));
    }
  }
}
