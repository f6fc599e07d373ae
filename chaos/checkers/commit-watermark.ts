/**
 * Part of C1: what a server has applied, and so may show, was committed before.
 *
 * The leader of an epoch is the first to know that a transaction of its epoch is committed. So a
 * server that is in the epoch cannot have applied more than the leader says later is committed. The
 * server must be known to be in that very epoch: a transaction that a cut-off leader still waits for
 * may be committed by its successor, and then be shown by the servers of the new epoch while the old
 * leader does not know.
 */
import { Float64Column } from "../../results/columns.ts";
import type { OpRecord, ServerSample } from "../../results/history.ts";
import { epochOf, formatZxid } from "../../server/ids.ts";
import type { Zxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeOp, describeSample, nameOp } from "./evidence.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { isServingLeader } from "./rival-leaders.ts";
import { sortedBy } from "./sorted-by.ts";

/** By leader's epoch, or by server. */
type Timelines = ReadonlyMap<number, Timeline>;

/** Samples of one kind, in the order of `sentMs`. */
class Timeline {
  readonly #samples: ServerSample[] = [];
  readonly #sentMs = new Float64Column();
  /** What was found last: what is asked for next is mostly near it. */
  #hint = 0;

  push(sample: ServerSample): void {
    this.#samples.push(sample);
    this.#sentMs.push(sample.sentMs);
  }

  /**
   * The first sample that was asked for at or after the moment: what it says was true after it. Of several
   * at the very moment the last one, for the others may have been before.
   */
  firstFrom(atMs: number): ServerSample | undefined {
    const { length } = this.#sentMs;
    let index = this.#hint;
    while (index < length && this.#sentMs.at(index) < atMs) index++;
    while (index > 0 && this.#sentMs.at(index - 1) >= atMs) index--;
    this.#hint = index;
    while (index + 1 < length && this.#sentMs.at(index + 1) === atMs) index++;
    return this.#samples[index];
  }
}

/** Returns the number of comparisons that could be made. */
export function judgeCommits(history: PreparedHistory, findings: Findings): number {
  const sent = sortedBy(history.run.samples, (sample) => sample.sentMs);
  const leaders = group(sent.filter(isServingLeader), (sample) => sample.epoch);
  const servers = group(sent, (sample) => sample.server);
  let compared = 0;
  for (const sample of sent) compared += judgeSample(sample, leaders, findings);
  judgeKept(sent, history, findings);
  for (const op of history.replies) compared += judgeReply(op, leaders, servers, findings);
  return compared;
}

/** What a serving server knew to be committed is in the logs at the end: once for each server that says no. */
function judgeKept(
  samples: readonly ServerSample[],
  { log }: PreparedHistory,
  findings: Findings,
): void {
  if (log.entries.length === 0) return;
  const told = new Set<number>();
  for (const sample of samples) {
    const { server, serving, committedZxid } = sample;
    if (!serving || !isTxnZxid(committedZxid) || committedZxid <= log.endZxid) continue;
    if (told.has(server)) continue;
    told.add(server);
    findings.add(() => ({
      message:
        `Agreement broke: server ${server} knew zxid ${formatZxid(committedZxid)} to be committed, but ` +
        `the final logs end at ${formatZxid(log.endZxid)}.`,
      evidence: [describeSample(sample)],
      atMs: sample.receivedMs,
    }));
  }
}

function group(
  samples: readonly ServerSample[],
  keyOf: (sample: ServerSample) => number,
): Timelines {
  const groups = new Map<number, Timeline>();
  for (const sample of samples) {
    const key = keyOf(sample);
    let timeline = groups.get(key);
    if (timeline === undefined) groups.set(key, (timeline = new Timeline()));
    timeline.push(sample);
  }
  return groups;
}

function epochIn(zxid: number): number {
  return epochOf(zxid as Zxid);
}

function judgeSample(sample: ServerSample, leaders: Timelines, findings: Findings): number {
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
  const leader = leaders.get(epoch)?.firstFrom(sample.receivedMs);
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
  leaders: Timelines,
  servers: Timelines,
  findings: Findings,
): number {
  if (!isTxnZxid(op.zxid)) return 0;
  const epoch = epochIn(op.zxid);
  const leader = leaders.get(epoch)?.firstFrom(op.completeMs);
  if (leader === undefined) return 0;
  // It was still in this epoch after the reply, and epochs only rise: so it was not in a later one.
  const after = servers.get(op.server)?.firstFrom(op.completeMs);
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
