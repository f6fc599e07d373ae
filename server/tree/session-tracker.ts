/**
 * The leader's view of sessions: when each expires, and which server its client is connected to
 * (ZooKeeper's SessionTrackerImpl and ExpiryQueue). Only the leader expires sessions; deadlines are
 * rounded up to whole ticks, so that a heartbeat seldom moves a session between buckets.
 */
import type { ServerId, SessionId } from "../ids.ts";

interface Tracked {
  timeoutMs: number;
  owner: ServerId;
  /** The end of the tick in which it expires, in the caller's monotonic ms. */
  deadlineMs: number;
  /** Its closeSession is proposed: it takes no more requests. */
  closing: boolean;
}

export class SessionTracker {
  readonly #tickMs: number;
  readonly #sessions = new Map<SessionId, Tracked>();
  readonly #buckets = new Map<number, Set<SessionId>>();

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Begins to track a session, from now with its full timeout. */
  add(id: SessionId, timeoutMs: number, owner: ServerId, nowMs: number): void {
    const tracked = { timeoutMs, owner, deadlineMs: -1, closing: false };
    this.#sessions.set(id, tracked);
    this.#schedule(id, tracked, nowMs);
  }

  /** Forgets a session that was closed. */
  remove(id: SessionId): void {
    const tracked = this.#sessions.get(id);
    if (!tracked) return;
    this.#sessions.delete(id);
    this.#unschedule(id, tracked);
  }

  /** The session was heard of; false if it is unknown or closing. */
  touch(id: SessionId, nowMs: number): boolean {
    const tracked = this.#sessions.get(id);
    if (!tracked || tracked.closing) return false;
    this.#schedule(id, tracked, nowMs);
    return true;
  }

  /** The server that holds the session's connection; null if the session is unknown or closing. */
  ownerOf(id: SessionId): ServerId | null {
    const tracked = this.#sessions.get(id);
    return tracked && !tracked.closing ? tracked.owner : null;
  }

  /** A client came back with the session, at `owner`, with a newly negotiated timeout. */
  takeOver(id: SessionId, owner: ServerId, timeoutMs: number, nowMs: number): void {
    const tracked = this.#sessions.get(id);
    if (!tracked) return;
    tracked.owner = owner;
    tracked.timeoutMs = timeoutMs;
    this.#schedule(id, tracked, nowMs);
  }

  /** Its closeSession was proposed. */
  closing(id: SessionId): void {
    const tracked = this.#sessions.get(id);
    if (!tracked) return;
    tracked.closing = true;
    this.#unschedule(id, tracked);
  }

  /**
   * Sessions whose time is over, `max` at most, those that are overdue longest first; each is given once.
   * One that is heard of before it was given lives on.
   */
  expired(nowMs: number, max: number): SessionId[] {
    const over: SessionId[] = [];
    const due = [...this.#buckets.keys()].filter((deadlineMs) => deadlineMs <= nowMs);
    for (const deadlineMs of due.toSorted((a, b) => a - b)) {
      const sessions = this.#buckets.get(deadlineMs) ?? new Set<SessionId>();
      for (const id of sessions) {
        if (over.length === max) return over;
        over.push(id);
        sessions.delete(id);
      }
      this.#buckets.delete(deadlineMs);
    }
    return over;
  }

  /** The sessions that end at each deadline, unless they are heard of; those that are closing are none. */
  deadlines(): ReadonlyMap<number, readonly SessionId[]> {
    const byDeadline = [...this.#buckets].toSorted(([a], [b]) => a - b);
    return new Map(byDeadline.map(([deadlineMs, sessions]) => [deadlineMs, [...sessions]]));
  }

  #schedule(id: SessionId, tracked: Tracked, nowMs: number): void {
    const dueMs = nowMs + tracked.timeoutMs;
    const deadlineMs = (Math.floor(dueMs / this.#tickMs) + 1) * this.#tickMs;
    if (tracked.deadlineMs === deadlineMs) return;
    this.#unschedule(id, tracked);
    tracked.deadlineMs = deadlineMs;
    const bucket = this.#buckets.get(deadlineMs);
    if (bucket) bucket.add(id);
    else this.#buckets.set(deadlineMs, new Set([id]));
  }

  #unschedule(id: SessionId, tracked: Tracked): void {
    const bucket = this.#buckets.get(tracked.deadlineMs);
    if (!bucket?.delete(id)) return;
    if (bucket.size === 0) this.#buckets.delete(tracked.deadlineMs);
  }
}
