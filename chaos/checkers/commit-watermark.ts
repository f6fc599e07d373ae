/**
 * Part of C1: what a server has applied, and so may show, was committed before.
 *
 * The leader of an epoch is the first to know that a transaction of its epoch is committed. So a
 * server that is in the epoch cannot have applied more than the leader says later is committed. The
 * server must be known to be in that very epoch: a transaction that a cut-off leader still waits for
 * may be committed by its successor, and then be shown by the servers of the new epoch while the old
 * leader does not know.
 */
import type { OpRecord, ServerSample } from "../../results/history.ts";
import { epochOf, formatZxid } from "../../server/ids.ts";
import type { Zxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeSample, nameOp } from "./evidence.ts";
import { upperBound } from "./final-log.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { isServingLeader } from "./rival-leaders.ts";

/** Samples of one kind, in the order of `sentMs`. */
type Timeline = Map<number, ServerSample[]>;

/** Returns the number of comparisons that could be made. */
export function judgeCommits(history: PreparedHistory, findings: Findings): number {
  const sent = history.run.samples.toSorted((a, b) => a.sentMs - b.sentMs);
  const leaders = group(sent.filter(isServingLeader), (sample) => sample.epoch);
  const servers = group(sent, (sample) => sample.server);
  let compared = 0;
  for (const sample of sent) compared += judgeSample(sample, leaders, findings);
  for (const op of history.replies) compared += judgeReply(op, leaders, servers, findings);
  return compared;
}

function group(
  samples: readonly ServerSample[],
  keyOf: (sample: ServerSample) => number,
): Timeline {
  const groups: Timeline = new Map();
  for (const sample of samples) {
    const list = groups.get(keyOf(sample));
    if (list === undefined) groups.set(keyOf(sample), [sample]);
    else list.push(sample);
  }
  return groups;
}

/**
 * The first sample that was asked for at or after the moment: what it says was true after it. Of several
 * at the very moment the last one, for the others may have been before.
 */
function firstFrom(samples: readonly ServerSample[] | undefined, atMs: number) {
  if (samples === undefined) return undefined;
  const index = upperBound(samples, atMs, (sample) => sample.sentMs);
  const before = samples[index - 1];
  return before?.sentMs === atMs ? before : samples[index];
}

function epochIn(zxid: number): number {
  return epochOf(zxid as Zxid);
}

function judgeSample(sample: ServerSample, leaders: Timeline, findings: Findings): number {
  const { server, epoch, appliedZxid } = sample;
  // Before it serves, a server may be between two epochs.
  if (!sample.serving || !isTxnZxid(appliedZxid)) return 0;
  if (appliedZxid > sample.committedZxid) {
    findings.add(() => ({
      message:
        `Agreement broke: server ${server} has applied zxid ${formatZxid(appliedZxid)} ` +
        `while it knows only ${formatZxid(sample.committedZxid)} to be committed.`,
      evidence: [describeSample(sample)],
      atMs: sample.receivedMs,
    }));
    return 1;
  }
  if (epochIn(appliedZxid) !== epoch) return 1;
  const leader = firstFrom(leaders.get(epoch), sample.receivedMs);
  if (leader === undefined) return 1;
  if (appliedZxid > leader.committedZxid) {
    findings.add(() => ({
      message:
        `Agreement broke: server ${server} had applied zxid ${formatZxid(appliedZxid)} before ` +
        `server ${leader.server}, the leader of its epoch, had it committed.`,
      evidence: [describeSample(sample), describeSample(leader)],
      atMs: sample.receivedMs,
    }));
  }
  return 2;
}

function judgeReply(
  op: OpRecord,
  leaders: Timeline,
  servers: Timeline,
  findings: Findings,
): number {
  if (!isTxnZxid(op.zxid)) return 0;
  const epoch = epochIn(op.zxid);
  const leader = firstFrom(leaders.get(epoch), op.completeMs);
  if (leader === undefined) return 0;
  // It was still in this epoch after the reply, and epochs only rise: so it was not in a later one.
  const after = firstFrom(servers.get(op.server), op.completeMs);
  if (after === undefined || after.epoch !== epoch) return 0;
  if (op.zxid > leader.committedZxid) {
    findings.add(() => ({
      message:
        `Agreement broke: ${nameOp(op)} was answered by server ${op.server} with zxid ` +
        `${formatZxid(op.zxid)} before server ${leader.server}, the leader, had it committed.`,
      evidence: [describeOp(op), describeSample(leader), describeSample(after)],
      atMs: op.completeMs,
    }));
  }
  return 1;
}
