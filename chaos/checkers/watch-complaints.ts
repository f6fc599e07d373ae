/**
 * How the breaches that C8 finds read.
 */
import type { OpRecord, WatchRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeEvent, describeOp, describeTxn, nameEvent, nameOp } from "./evidence.ts";
import type { FinalLog } from "./final-log.ts";
import type { StandingWatch } from "./standing-watch.ts";
import type { WatchCause } from "./cause-list.ts";
import type { WatchSlot } from "./watch-slots.ts";

/** An event that should have come before something else came. */
export interface OverdueEvent {
  readonly cause: WatchCause;
  readonly watch: StandingWatch;
  /** What came instead: a reply that shows the change, or the event of a later one. */
  readonly shownBy: OpRecord | WatchRecord;
}

export class WatchComplaints {
  readonly #findings: Findings;
  readonly #log: FinalLog;

  constructor(findings: Findings, log: FinalLog) {
    this.#findings = findings;
    this.#log = log;
  }

  missing({ cause, watch, shownBy }: OverdueEvent): void {
    const { client } = watch.by;
    this.#add(
      shownBy,
      () =>
        `client ${client} was never told ${toldOf(cause)}, though ${nameSign(shownBy)} came after it.`,
      () => [describeOp(watch.by), ...this.#txn(cause.zxid), describeSign(shownBy)],
    );
  }

  late({ cause, watch, shownBy }: OverdueEvent, event: WatchRecord): void {
    this.#add(
      event,
      () => `client ${event.client} was told ${toldOf(cause)} only after ${nameSign(shownBy)}.`,
      () => [
        describeOp(watch.by),
        ...this.#txn(cause.zxid),
        describeSign(shownBy),
        describeEvent(event),
      ],
    );
  }

  /** Of a watch whose registration is not known for certain. */
  lateReply(event: WatchRecord, reply: OpRecord): void {
    this.#add(
      event,
      () => `client ${event.client} got ${nameEvent(event)} only after ${nameSign(reply)}.`,
      () => [describeOp(reply), describeEvent(event)],
    );
  }

  outOfOrder(event: WatchRecord, before: WatchRecord): void {
    this.#add(
      event,
      () => `client ${event.client} got ${nameEvent(event)} after ${nameEvent(before)}.`,
      () => [describeEvent(before), describeEvent(event)],
    );
  }

  /** The event of a change that had not been made yet, as a later read shows. */
  premature(event: WatchRecord, cause: WatchCause, read: OpRecord): void {
    this.#add(
      event,
      () =>
        `client ${event.client} got ${nameEvent(event)}, but ${nameSign(read)} came later, and the ` +
        `first such change is that of zxid ${formatZxid(cause.zxid)}.`,
      () => [describeEvent(event), describeOp(read), ...this.#txn(cause.zxid)],
    );
  }

  /** No watch explains the event. */
  uncaused(
    event: WatchRecord,
    watches: readonly StandingWatch[],
    slot: WatchSlot | undefined,
  ): void {
    const evidence = watches.map((watch) => describeOp(watch.by));
    const because = (): string => {
      const [watch] = watches;
      const { lastEvent = null, lastHearing = [], removedBy = null } = slot ?? {};
      if (watch !== undefined) {
        const { zxid } = watch.by;
        return event.zxid >= 0 && event.zxid <= zxid
          ? `which ${nameSign(watch.by)} had shown when it set the watch.`
          : `but there was no such change of it that it was waiting for.`;
      }
      if (removedBy !== null && (lastEvent === null || removedBy.completeMs > lastEvent.atMs)) {
        evidence.push(describeOp(removedBy));
        return "but had removed its watch before.";
      }
      if (lastEvent !== null) {
        evidence.push(...lastHearing.map(({ by }) => describeOp(by)), describeEvent(lastEvent));
        return `but its watch had been used up by ${nameEvent(lastEvent)}.`;
      }
      return "but had no watch for it.";
    };
    this.#add(
      event,
      () => `client ${event.client} got ${nameEvent(event)}, ${because()}`,
      () => [...evidence, ...this.#txn(event.zxid), describeEvent(event)],
    );
  }

  /** removeWatches found no watch where one must be. */
  forgotten(op: OpRecord, watch: StandingWatch): void {
    this.#add(
      op,
      () =>
        `server ${op.server} had no watch of client ${op.client} on ${op.path} to remove, though the ` +
        `one that ${nameOp(watch.by)} set had not fired.`,
      () => [describeOp(watch.by), describeOp(op)],
    );
  }

  #add(at: OpRecord | WatchRecord, message: () => string, evidence: () => string[]): void {
    this.#findings.add(() => ({
      message: `Watches broke: ${message()}`,
      evidence: evidence(),
      atMs: at.kind === "op" ? at.completeMs : at.atMs,
    }));
  }

  #txn(zxid: number): string[] {
    const txn = this.#log.at(zxid);
    return txn === undefined ? [] : [describeTxn(txn)];
  }
}

const VERBS = {
  created: "was created",
  deleted: "was deleted",
  dataChanged: "was changed",
  childrenChanged: "had a change of its children",
} as const;

function toldOf({ type, path, zxid }: WatchCause): string {
  return `that ${path} ${VERBS[type]} at zxid ${formatZxid(zxid)}`;
}

/** A reply or an event, as the subject of a sentence. */
function nameSign(sign: OpRecord | WatchRecord): string {
  if (sign.kind === "watch") return nameEvent(sign);
  return `the reply to ${nameOp(sign)} (zxid ${formatZxid(sign.zxid)})`;
}

function describeSign(sign: OpRecord | WatchRecord): string {
  return sign.kind === "op" ? describeOp(sign) : describeEvent(sign);
}
