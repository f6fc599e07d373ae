import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSession, NO_SESSION } from "../ids.ts";
import type { ServerId, SessionId } from "../ids.ts";
import { SessionIds } from "../net/session-ids.ts";
import {
  CONTAINER_OWNER,
  isSessionOwner,
  ownerKind,
  TTL_MAX_MS,
  ttlMsOf,
  ttlOwner,
} from "./ephemeral-owner.ts";

/** As it is written: an unsigned number. */
function owner(hex: string): SessionId {
  return BigInt.asIntN(64, BigInt(hex)) as SessionId;
}

describe("the kind of an owner", () => {
  test.each([
    ["0x0", "none"],
    ["0x1", "session"],
    ["0x7fffffffffffffff", "session"],
    ["0x8000000000000000", "container"],
    ["0x8000000000000001", "session"],
    ["0xfeffffffffffffff", "session"],
    ["0xff00000000000000", "ttl"],
    ["0xff00000000000001", "ttl"],
    ["0xff0000ffffffffff", "ttl"],
    ["0xff00010000000000", "session"],
    ["0xffffffffffffffff", "session"],
  ])("%s is %s", (hex, kind) => {
    expect(ownerKind(owner(hex))).toBe(kind);
    expect(isSessionOwner(owner(hex))).toBe(kind === "session");
  });
});

test("a container's number is ZooKeeper's", () => {
  expect(formatSession(CONTAINER_OWNER)).toBe("0x8000000000000000");
});

test("a time to live is in its number, and is read back", () => {
  expect(formatSession(ttlOwner(1n) ?? NO_SESSION)).toBe("0xff00000000000001");
  expect(formatSession(ttlOwner(TTL_MAX_MS) ?? NO_SESSION)).toBe("0xff0000ffffffffff");
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: TTL_MAX_MS }), (ttlMs) => {
      const made = ttlOwner(ttlMs) ?? NO_SESSION;
      expect(ownerKind(made)).toBe("ttl");
      expect(ttlMsOf(made)).toBe(Number(ttlMs));
    }),
  );
});

test.each([0n, -1n, TTL_MAX_MS + 1n, -(2n ** 63n)])("a time to live of %d is refused", (ttlMs) => {
  expect(ttlOwner(ttlMs)).toBeNull();
});

test("no server's sessions are taken for anything else", () => {
  for (let sid = 1; sid <= 255; sid++) {
    const id = new SessionIds(sid as ServerId, 1_700_000_000_000).next();
    expect(isSessionOwner(id)).toBe(true);
  }
});
