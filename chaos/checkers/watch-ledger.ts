/**
 * What one client's watches owe it, as replies, events and changes of its session arrive.
 *
 * While a connection lasts, each watch must fire at the first change after the reply that set it, before
 * any reply that shows that change, and before the event of any later one. After a reconnect the client sets its watches again before it sends
 * anything else: until the first reply it may be told what it missed (missed-events.ts), then its
 * one-time watches must have told all that this reply shows. Persistent watches are not told of the
 * time in between.
 */
import type { OpRecord, SessionRecord, WatchRecord } from "../../results/history.ts";
import { DueQueue } from "./due-queue.ts";
import { isTxnZxid } from "./prepared-history.ts";
import type { FinalLog } from "./final-log.ts";
import { StandingWatch } from "./standing-watch.ts";
import type { WatchEvent } from "./standing-watch.ts";
import type { WatchCauses } from "./watch-causes.ts";
import type { OverdueEvent, WatchComplaints } from "./watch-complaints.ts";
import { WatchRecovery } from "./watch-recovery.ts";
import { WatchSlots } from "./watch-slots.ts";
import { askedWatch, foundNoWatch, isUnanswered, removedKinds } from "./watch-requests.ts";

export class WatchLedger {
  /** Events at zxids that the final log does not have: C7 judges them. */
  beyondLog = 0;
  readonly #causes: WatchCauses;
  readonly #log: FinalLog;
  readonly #complaints: WatchComplaints;
  readonly #slots = new WatchSlots();
  readonly #due = new DueQueue<StandingWatch>();
  /** What should have been told, by the change. */
  readonly #overdue = new Map<string, OverdueEvent>();
  /** From a reconnect until the first reply. */
  #recovery: WatchRecovery | null = null;
  /** The highest zxid of a reply: of the session, and the reply of this connection that has it. */
  #repliedZxid = 0;
  #lastReply: OpRecord | null = null;
  /** The last event of this connection that was not one of those that were missed. */
  #lastEvent: WatchRecord | null = null;
  /** The last event whose cause was guessed. */
  #guessed: { readonly event: WatchRecord; readonly cause: OverdueEvent["cause"] } | null = null;

  constructor(causes: WatchCauses, log: FinalLog, complaints: WatchComplaints) {
    this.#causes = causes;
    this.#log = log;
    this.#complaints = complaints;
  }

  session(record: SessionRecord): void {
    this.end();
    this.#lastReply = null;
    this.#lastEvent = null;
    this.#guessed = null;
    switch (record.event) {
      case "disconnected":
        break;
      case "reconnected": {
        this.#due.clear();
        const span = { repliedZxid: this.#repliedZxid, seenZxid: record.lastZxid };
        this.#recovery = new WatchRecovery(this.#slots, this.#causes, span);
        break;
      }
      case "created":
      case "expired":
      case "closed":
        this.#slots.clear();
        this.#due.clear();
        this.#recovery = null;
        this.#repliedZxid = 0;
        break;
    }
  }

  /** Nothing more comes on this connection: what is overdue is missing. */
  end(): void {
    for (const overdue of this.#overdue.values()) this.#complaints.missing(overdue);
    this.#overdue.clear();
  }

  /** An operation ended that was not answered: what it would have changed may have changed. */
  unanswered(op: OpRecord): void {
    const asked = askedWatch(op);
    if (asked !== null) this.#slots.allow(asked.kind, op.path);
    if (op.op !== "removeWatches" || !isUnanswered(op)) return;
    for (const kind of removedKinds(op)) {
      const watch = this.#slots.get(op.path)?.standing.get(kind);
      if (watch !== undefined) this.#slots.doubt(watch);
    }
  }

  /** A reply that shows the state at its zxid. */
  reply(op: OpRecord): void {
    // The session ends with it, and owes nothing.
    if (op.op === "close") return;
    if (this.#recovery !== null) this.#recover(this.#recovery, op);
    this.#settle(op.zxid, op);
    if (op.zxid >= (this.#lastReply?.zxid ?? 0)) this.#lastReply = op;
    this.#repliedZxid = Math.max(this.#repliedZxid, op.zxid);
    if (this.#guessed !== null && isRead(op)) {
      const { event, cause } = this.#guessed;
      if (cause.zxid > op.zxid) this.#complaints.premature(event, cause, op);
      this.#guessed = null;
    }
    const asked = askedWatch(op);
    if (asked !== null) this.#set(op, asked.kind, asked.existed);
    if (op.op === "removeWatches") this.#remove(op);
  }

  event(event: WatchRecord): void {
    if (this.#isLate(event)) return;
    const watches = this.#slots.hearing(event);
    const missed = this.#recovery?.take(event, watches) ?? null;
    let cause = missed;
    for (const watch of watches) {
      if (watch.recovering || !watch.standing) continue;
      const taken = watch.take(event);
      if (taken === null) continue;
      cause ??= taken.cause;
      for (const skipped of taken.skipped) this.#fallDue(watch, skipped, event);
      if (watch.standing) this.#await(watch);
    }
    for (const watch of watches) if (!watch.standing) this.#slots.drop(watch);
    if (cause === null && this.#isBeyondLog(event)) return;
    if (cause === null && !this.#takePossible(event)) {
      this.#complaints.uncaused(event, watches, this.#slots.get(event.path));
      return;
    }
    const slot = this.#slots.get(event.path);
    if (slot !== undefined) {
      slot.lastEvent = event;
      slot.lastHearing = watches;
    }
    if (cause !== null && event.zxid < 0) this.#guessed = { event, cause };
    // What was missed comes in the order of the watches, not in that of the changes; and what is told then
    // of watches or changes that are not known for certain may have been missed, too.
    const mayBeMissed = missed !== null || (cause === null && this.#recovery !== null);
    if (mayBeMissed) return;
    this.#judgeOrder(event);
    // What was before it should have been told before it, though nothing else comes from here on.
    if (cause !== null && this.#recovery === null) this.#settle(event.zxid - 1, event);
  }

  /** Whether the event is one that should have come before: then that is said, once. */
  #isLate(event: WatchRecord): boolean {
    if (this.#overdue.size === 0) return false;
    const key = event.zxid >= 0 ? keyOf(event) : this.#overdueLike(event);
    const overdue = this.#overdue.get(key);
    if (overdue === undefined) return false;
    this.#overdue.delete(key);
    this.#complaints.late(overdue, event);
    return true;
  }

  /** The key of the first overdue event that this one, which does not tell its cause, may be. */
  #overdueLike({ type, path }: WatchRecord): string {
    for (const [key, { cause }] of this.#overdue) {
      if (cause.type === type && cause.path === path) return key;
    }
    return "";
  }

  #takePossible(event: WatchRecord): boolean {
    if (this.#recovery?.takeEcho(event) === true) return true;
    const { type, path, zxid } = event;
    const txn = this.#log.at(zxid);
    const isKnown = zxid > this.#log.fromZxid;
    if (isKnown && (txn === undefined || !this.#causes.gives(txn, type, path))) return false;
    return this.#slots.takePossible(event);
  }

  /** A watch that it uses up is not looked for: what the log lacks is more than one event. */
  #isBeyondLog({ zxid }: WatchRecord): boolean {
    if (!isTxnZxid(zxid) || zxid <= this.#log.fromZxid) return false;
    if (this.#log.at(zxid) !== undefined) return false;
    this.beyondLog++;
    return true;
  }

  #judgeOrder(event: WatchRecord): void {
    if (event.zxid < 0) return;
    const reply = this.#lastReply;
    if (reply !== null && reply.zxid >= event.zxid) this.#complaints.lateReply(event, reply);
    else if (this.#lastEvent !== null && this.#lastEvent.zxid > event.zxid) {
      this.#complaints.outOfOrder(event, this.#lastEvent);
      return;
    }
    this.#lastEvent = event;
  }

  #recover(recovery: WatchRecovery, op: OpRecord): void {
    this.#recovery = null;
    const owed = recovery.end(op.zxid);
    for (const { watch, cause } of owed) this.#fallDue(watch, cause, op);
    for (const watch of this.#slots.all()) this.#await(watch);
  }

  /** Everything that is due up to the zxid should have come. */
  #settle(zxid: number, shownBy: OpRecord | WatchRecord): void {
    while (this.#due.firstZxid <= zxid) {
      const due = this.#due.pop();
      if (due === null || due.item.dueZxid !== due.zxid) continue;
      const watch = due.item;
      const skipped = watch.skipTo(zxid);
      for (const cause of skipped) this.#fallDue(watch, cause, shownBy);
      if (watch.standing) this.#await(watch);
      else if (skipped.length > 0) this.#slots.drop(watch);
      // A client that was not told goes on to think that it watches, and sets the watch again one day.
      else this.#slots.doubt(watch);
    }
  }

  #fallDue(
    watch: StandingWatch,
    cause: OverdueEvent["cause"],
    shownBy: OpRecord | WatchRecord,
  ): void {
    const key = keyOf(cause);
    if (!this.#overdue.has(key)) this.#overdue.set(key, { cause, watch, shownBy });
  }

  #await(watch: StandingWatch): void {
    const { dueZxid } = watch;
    if (dueZxid !== Number.POSITIVE_INFINITY) this.#due.push(dueZxid, watch);
  }

  #set(op: OpRecord, kind: StandingWatch["kind"], existed: boolean): void {
    const standing = this.#slots.get(op.path)?.standing.get(kind);
    // A one-time watch that is set again may now wait for something else; a persistent one goes on.
    if (standing?.isOneTime === false) return;
    if (standing !== undefined) this.#slots.drop(standing);
    if (op.zxid < this.#log.fromZxid) {
      this.#slots.allow(kind, op.path);
      return;
    }
    const watch = new StandingWatch(kind, existed, op, this.#causes.of(kind, op.path));
    this.#slots.set(watch);
    this.#await(watch);
  }

  #remove(op: OpRecord): void {
    for (const kind of removedKinds(op)) {
      const watch = this.#slots.get(op.path)?.standing.get(kind);
      if (foundNoWatch(op) && watch !== undefined) this.#complaints.forgotten(op, watch);
      if (op.outcome === "ok") this.#slots.remove(kind, op.path, op);
      // The client keeps what it asked to be removed in vain, and sets it again when it reconnects.
      else if (foundNoWatch(op) && watch !== undefined) this.#slots.doubt(watch);
    }
  }
}

/** One event of one client: however many watches hear of a change, it is told once. */
function keyOf({ zxid, type, path }: WatchEvent): string {
  return `${zxid} ${type} ${path}`;
}

function isRead(op: OpRecord): boolean {
  return op.op === "getData" || op.op === "exists" || op.op === "getChildren";
}
