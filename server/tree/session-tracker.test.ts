import { describe, expect, test } from "vitest";
import type { ServerId, SessionId } from "../ids.ts";
import { SessionTracker } from "./session-tracker.ts";

const TICK_MS = 100;
const HERE = 1 as ServerId;
const THERE = 2 as ServerId;
const ALL = Number.POSITIVE_INFINITY;

function id(n: number): SessionId {
  return BigInt(n) as SessionId;
}

function tracker(...timeoutsMs: number[]): SessionTracker {
  const sessions = new SessionTracker(TICK_MS);
  timeoutsMs.forEach((timeoutMs, index) => sessions.add(id(index + 1), timeoutMs, HERE, 0));
  return sessions;
}

/** When the session expires, looked at every millisecond. */
function expiryOf(sessions: SessionTracker, fromMs: number): number {
  for (let nowMs = fromMs; nowMs < fromMs + 10_000; nowMs++)
    if (sessions.expired(nowMs, ALL).length > 0) return nowMs;
  return Number.POSITIVE_INFINITY;
}

describe("a session", () => {
  test.each([200, 250, 299, 300])("of %i ms expires after its time, within a tick", (timeoutMs) => {
    const expiredMs = expiryOf(tracker(timeoutMs), 0);
    expect(expiredMs).toBeGreaterThan(timeoutMs);
    expect(expiredMs).toBeLessThanOrEqual(timeoutMs + TICK_MS);
  });

  test("that is heard of has its full time again", () => {
    const sessions = tracker(300);
    expect(sessions.touch(id(1), 290)).toBe(true);
    expect(expiryOf(sessions, 290)).toBeGreaterThan(590);
  });

  test("has the timeout that was negotiated last, shorter or longer", () => {
    for (const timeoutMs of [200, 900]) {
      const sessions = tracker(500);
      sessions.takeOver(id(1), THERE, timeoutMs, 100);
      expect(sessions.ownerOf(id(1))).toBe(THERE);
      sessions.touch(id(1), 150);
      const expiredMs = expiryOf(sessions, 150);
      expect(expiredMs).toBeGreaterThan(150 + timeoutMs);
      expect(expiredMs).toBeLessThanOrEqual(150 + timeoutMs + TICK_MS);
    }
  });

  test("that is closing is heard of no more, taken over no more, and expires no more", () => {
    const sessions = tracker(300);
    sessions.closing(id(1));
    expect(sessions.touch(id(1), 10)).toBe(false);
    expect(sessions.ownerOf(id(1))).toBeNull();
    expect(expiryOf(sessions, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  test("that was removed is unknown", () => {
    const sessions = tracker(300);
    sessions.remove(id(1));
    expect(sessions.size).toBe(0);
    expect(sessions.touch(id(1), 10)).toBe(false);
    expect(expiryOf(sessions, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("many sessions that expire at once", () => {
  test("are given in portions, the longest overdue first, each once", () => {
    const sessions = tracker(...Array.from({ length: 250 }, () => 500), 200);
    const given: SessionId[] = [];
    for (let portion = sessions.expired(5_000, 100); portion.length > 0;) {
      expect(portion.length).toBeLessThanOrEqual(100);
      given.push(...portion);
      portion = sessions.expired(5_000, 100);
    }
    expect(given[0]).toBe(id(251));
    expect(new Set(given).size).toBe(251);
    expect(given).toHaveLength(251);
  });

  test("and one of them is heard of before its turn: it lives on", () => {
    const sessions = tracker(300, 300, 300);
    expect(sessions.expired(1_000, 1)).toEqual([id(1)]);
    expect(sessions.touch(id(2), 1_000)).toBe(true);
    expect(sessions.expired(1_000, ALL)).toEqual([id(3)]);
    expect(expiryOf(sessions, 1_000)).toBeGreaterThan(1_300);
  });
});
