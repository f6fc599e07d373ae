import { describe, expect, test } from "vitest";
import { Ensemble } from "./ensemble.ts";
import { members, reconfiguration, roleFixture, sid, zxid } from "./testing/role-fixture.ts";

const at = (counter: number): number => zxid(1, counter);
const [old, next, third] = [
  members([1, 2, 3]),
  members([3, 4, 5], [], at(1)),
  members([5], [], at(2)),
];
const accepts =
  (...servers: number[]) =>
  (server: number): boolean =>
    servers.includes(server);

describe("the members that bind a server", () => {
  test("while a membership is pending, a quorum is one of each", () => {
    const ensemble = new Ensemble(old);
    expect(ensemble.quorum.reached(accepts(1, 2))).toBe(true);
    ensemble.proposed(next);
    expect(ensemble.quorum.reached(accepts(1, 2, 5))).toBe(false);
    expect(ensemble.quorum.reached(accepts(1, 4, 5))).toBe(false);
    expect(ensemble.quorum.reached(accepts(1, 3, 4))).toBe(true);
    ensemble.committed(zxid(1, 1));
    expect(ensemble.quorum.reached(accepts(4, 5))).toBe(true);
  });

  test("a pending membership is forgotten when its entry is cut, and not before", () => {
    const ensemble = new Ensemble(old);
    ensemble.proposed(next);
    expect(ensemble.truncated(zxid(1, 1))).toBe(false);
    expect(ensemble.truncated(zxid(1, 0))).toBe(true);
    expect([ensemble.active, ensemble.pending]).toEqual([old, null]);
  });

  test("a membership that another follows in the log is committed: cutting the second leaves the first", () => {
    const ensemble = new Ensemble(old);
    ensemble.proposed(next);
    ensemble.proposed(third);
    expect([ensemble.active, ensemble.pending]).toEqual([next, third]);
    ensemble.truncated(zxid(1, 1));
    expect([ensemble.active, ensemble.pending]).toEqual([next, null]);
  });

  test("a snapshot's members take the place of all, those of a snapshot without stay", () => {
    const ensemble = new Ensemble(old);
    ensemble.proposed(next);
    ensemble.replaced(third);
    expect([ensemble.active, ensemble.pending]).toEqual([third, null]);
    ensemble.replaced(null);
    expect(ensemble.active).toEqual(third);
  });

  test("hearsay moves the votes to the later members, and never the quorums of history", () => {
    const ensemble = new Ensemble(old);
    expect(ensemble.heard(third)).toBe(true);
    expect(ensemble.heard(next)).toBe(false);
    expect(ensemble.electorate.voters).toEqual([5]);
    expect(ensemble.quorum.voters).toEqual([1, 2, 3]);
    ensemble.proposed(third);
    ensemble.committed(third.version);
    expect([ensemble.latest, ensemble.votes(sid(1))]).toEqual([third, false]);
  });
});

test("a server that starts again has what its log says: committed, or pending as before", () => {
  const entries = [reconfiguration(zxid(1, 1), [1, 4]), reconfiguration(zxid(1, 2), [1, 5])];
  const start = (committed: number) =>
    roleFixture({ membership: old, entries, committed: zxid(1, committed) }).core.ensemble;
  expect([start(2).active.voters, start(2).pending]).toEqual([[1, 5], null]);
  expect([start(1).active.voters, start(1).pending?.voters]).toEqual([
    [1, 4],
    [1, 5],
  ]);
});

test("the log's entries up to the membership that recovery gave say nothing new", () => {
  const entries = [reconfiguration(zxid(1, 1), [1, 4]), reconfiguration(zxid(1, 2), [1, 5])];
  const membership = members([1, 5], [], zxid(1, 2));
  const { ensemble } = roleFixture({ membership, entries, committed: zxid(1, 2) }).core;
  expect([ensemble.active, ensemble.pending]).toEqual([membership, null]);
});
