/**
 * C11: fencing tokens rise, the fenced resource refuses lower ones, and nobody jumps the queue.
 *
 * That two clients never both believe to hold a lock is not promised: the token is what protects.
 */
import type { FenceRecord, GrantRecord, OpRecord, WatchRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import type { EphemeralLife } from "./ephemeral-ledger.ts";
import { describeGrant, describeTxn, formatTime } from "./evidence.ts";
import { upperBound } from "./final-log.ts";
import { judgeGivenUp } from "./locks-given-up.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { reportRivalLeaders } from "./rival-leaders.ts";
import { nameOf, parentOf } from "./znode-path.ts";

export const locks = defineChecker(
  {
    id: "C11",
    name: "locks and elections",
    guarantee:
      "A lock's token rises from holder to holder, and the resource that it protects refuses lower ones.",
  },
  (history, findings) => {
    const acquired = history.grants.filter((grant) => grant.event === "acquired");
    judgeTokens(acquired, findings);
    judgeOwners(acquired, history, findings);
    judgeGivenUp(acquired, history, findings);
    judgeFences(history.fences, findings);
    const epochs = reportRivalLeaders(history.run.samples, findings);
    return {
      looked: { acquisitions: acquired.length, "fenced writes": history.fences.length, epochs },
    };
  },
);

function describeFence(fence: FenceRecord): string {
  const answer = fence.accepted ? "accepted" : "refused";
  return (
    `${formatTime(fence.atMs)} ${fence.resource} ${answer} client ${fence.client}'s write ` +
    `with token ${formatZxid(fence.token)}`
  );
}

/** A token belongs to one holder of one resource. */
function judgeTokens(acquired: readonly GrantRecord[], findings: Findings): void {
  const resources = new Map<string, Map<number, GrantRecord>>();
  for (const grant of acquired) {
    let holders = resources.get(grant.resource);
    if (holders === undefined) resources.set(grant.resource, (holders = new Map()));
    const first = holders.get(grant.token);
    if (first === undefined) {
      holders.set(grant.token, grant);
    } else if (first.client !== grant.client || first.session !== grant.session) {
      findings.add(() => ({
        message: `Locks broke: ${grant.resource} was granted twice with token ${formatZxid(grant.token)}.`,
        evidence: [describeGrant(first), describeGrant(grant)],
        atMs: grant.atMs,
      }));
    }
  }
}

/** What the resource itself saw: it accepts tokens that do not fall, and refuses all others. */
function judgeFences(fences: readonly FenceRecord[], findings: Findings): void {
  const highest = new Map<string, FenceRecord>();
  for (const fence of fences) {
    const before = highest.get(fence.resource);
    const isLower = before !== undefined && fence.token < before.token;
    const isHigher = before === undefined || fence.token > before.token;
    if (fence.accepted && !isLower) highest.set(fence.resource, fence);
    // A holder's own token again may be taken or not.
    if (fence.accepted ? !isLower : !isHigher) continue;
    const why = fence.accepted
      ? `accepted token ${formatZxid(fence.token)} after the higher ${formatZxid(before?.token ?? 0)}`
      : `refused token ${formatZxid(fence.token)}, though it had accepted none that is higher`;
    findings.add(() => ({
      message: `Locks broke: ${fence.resource} ${why}.`,
      evidence: [...(before === undefined ? [] : [describeFence(before)]), describeFence(fence)],
      atMs: fence.atMs,
    }));
  }
}

/** The token is the czxid of the holder's own ephemeral, and no earlier contender was left. */
function judgeOwners(
  acquired: readonly GrantRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  if (history.log.entries.length === 0) return;
  const queues = new Map<string, Queue>();
  const seen = newestSeen(acquired, history);
  for (const grant of acquired) {
    if (grant.token <= history.log.fromZxid) continue;
    const txn = history.log.at(grant.token);
    if (txn?.type !== "create" || txn.ephemeralOwner !== grant.session) {
      findings.add(() => ({
        message:
          `Locks broke: client ${grant.client} acquired ${grant.resource} with token ` +
          `${formatZxid(grant.token)}, which is not the creation of an ephemeral of its session.`,
        evidence: [
          describeGrant(grant),
          txn === undefined ? "the final log has no such transaction" : describeTxn(txn),
        ],
        atMs: grant.atMs,
      }));
      continue;
    }
    const zxid = seen.get(grant);
    if (zxid === undefined) continue;
    const parent = parentOf(txn.path);
    const queue =
      queues.get(parent) ??
      new Queue(history.ephemerals.byParent.get(parent)?.inOrderOfCreation ?? []);
    queues.set(parent, queue);
    const ahead = queue.aheadOf(grant.token, zxid);
    if (ahead !== undefined) reportJump(grant, txn.path, ahead, zxid, findings);
  }
}

function reportJump(
  grant: GrantRecord,
  path: string,
  ahead: EphemeralLife,
  zxid: number,
  findings: Findings,
): void {
  const end = Number.isFinite(ahead.endZxid) ? formatZxid(ahead.endZxid) : "the end";
  findings.add(() => ({
    message:
      `Locks broke: client ${grant.client} acquired ${grant.resource} with ${path} although ` +
      `${ahead.path} of session ${ahead.owner} was before it and still there.`,
    evidence: [
      `${ahead.path} lived from zxid ${formatZxid(ahead.czxid)} to ${end}`,
      `${describeGrant(grant)}; it had seen zxid ${formatZxid(zxid)} at most`,
    ],
    atMs: grant.atMs,
  }));
}

/** For each acquisition, the highest zxid that its client can have known of by then. */
function newestSeen(
  acquired: readonly GrantRecord[],
  history: PreparedHistory,
): Map<GrantRecord, number> {
  const { replies, watches } = history;
  const newest = new Map<number, number>();
  for (const { client } of acquired) newest.set(client, Number.NEGATIVE_INFINITY);
  const note = (client: number, zxid: number): void => {
    const before = newest.get(client);
    // At least 0, as soon as it has been shown anything.
    if (before !== undefined) newest.set(client, Math.max(before, zxid, 0));
  };
  const atGrant = new Map<GrantRecord, number>();
  let nextReply = 0;
  let nextWatch = 0;
  for (const grant of acquired) {
    for (; nextReply < replies.length; nextReply++) {
      const op = replies[nextReply] as OpRecord;
      if (op.completeMs > grant.atMs) break;
      note(op.client, op.zxid);
    }
    for (; nextWatch < watches.length; nextWatch++) {
      const watch = watches[nextWatch] as WatchRecord;
      if (watch.atMs > grant.atMs) break;
      note(watch.client, watch.zxid);
    }
    const zxid = newest.get(grant.client) ?? Number.NEGATIVE_INFINITY;
    if (zxid >= 0) atGrant.set(grant, zxid);
  }
  return atGrant;
}

/** The contenders under one parent, in the order of creation, which is the order of their names. */
class Queue {
  readonly #contenders: readonly EphemeralLife[];
  /** For each contender, which of it and those before it lives longest. */
  readonly #longest: EphemeralLife[] = [];

  constructor(children: readonly EphemeralLife[]) {
    this.#contenders = children.filter((life) => /\d{10}$/.test(nameOf(life.path)));
    for (const life of this.#contenders) {
      const before = this.#longest.at(-1);
      this.#longest.push(before !== undefined && before.endZxid >= life.endZxid ? before : life);
    }
  }

  /** A contender that was created before `czxid` and is there at `zxid`. */
  aheadOf(czxid: number, zxid: number): EphemeralLife | undefined {
    const index = upperBound(this.#contenders, czxid - 1, (life) => life.czxid) - 1;
    const life = this.#longest[index];
    return life !== undefined && life.endZxid > zxid ? life : undefined;
  }
}
