import { beforeEach, describe, expect, test } from "vitest";
import { makeZxid, NO_ZXID, type ServerId } from "../ids.ts";
import { Election } from "./election.ts";
import { Ensemble } from "./ensemble.ts";
import type { Membership } from "./membership.ts";
import type { Vote } from "./messages.ts";

const sid = (id: number): ServerId => id as ServerId;
const three: Membership = { version: NO_ZXID, voters: [1, 2, 3].map(sid), observers: [] };
const voteFor = (id: number, counter = 0, epoch = 1): Vote => ({
  leader: sid(id),
  zxid: makeZxid(epoch, counter),
  epoch,
});

describe("an election among three, seen by server 2", () => {
  const connected = new Set<ServerId>();
  let told: { to: ServerId; vote: Vote }[];
  let election: Election;

  beforeEach(() => {
    connected.clear();
    connected.add(sid(1)).add(sid(3));
    told = [];
    election = new Election(sid(2), new Ensemble(three), 20, {
      notify: (to) => told.push({ to, vote: election.vote }),
    });
    election.start(voteFor(2), connected, 0);
    told = [];
  });

  const hear = (from: number, vote: Vote, round = 1): void =>
    election.receive(
      sid(from),
      { round, vote, state: "LOOKING", active: three, pending: null },
      voteFor(2),
      0,
    );

  test("a server that votes for less, having looked later, is told the better vote at once", () => {
    hear(1, voteFor(1));
    expect(told).toEqual([{ to: sid(1), vote: voteFor(2) }]);
  });

  test("equal votes are not answered: two servers do not tell each other the same for ever", () => {
    hear(1, voteFor(2));
    expect(told).toEqual([]);
  });

  test("a more recent history wins over a higher id, a later epoch over a longer history", () => {
    hear(3, voteFor(3, 5));
    expect(election.vote).toEqual(voteFor(3, 5));
    hear(1, voteFor(1, 9));
    expect(election.vote).toEqual(voteFor(1, 9));
    hear(3, voteFor(3, 0, 2));
    expect(election.vote).toEqual(voteFor(3, 0, 2));
  });

  test("a quorum of the same vote waits a moment for a connected server that has not voted", () => {
    hear(1, voteFor(2));
    expect(election.decide(0)).toBeNull();
    expect(election.decide(19)).toBeNull();
    expect(election.decide(20)).toBe(2);
  });

  test("nobody is waited for whose link is down", () => {
    connected.delete(sid(3));
    hear(1, voteFor(2));
    expect(election.decide(0)).toBe(2);
  });

  test("a candidate that cannot be reached is not taken, however many vote for it", () => {
    hear(3, voteFor(3));
    hear(1, voteFor(3));
    connected.delete(sid(3));
    expect(election.decide(100)).toBeNull();
  });

  test("an earlier round does not count, and its sender is told of the later one", () => {
    election.start(voteFor(2), connected, 0);
    told = [];
    hear(1, voteFor(1, 99), 1);
    expect(election.vote).toEqual(voteFor(2));
    expect(told.map(({ to }) => to)).toEqual([1]);
  });

  test("a leader that leads already is joined, in whatever round it was elected", () => {
    election.settle(sid(3), {
      round: 7,
      vote: voteFor(3),
      state: "LEADING",
      active: three,
      pending: null,
    });
    expect(election.decide(0)).toBe(3);
    expect(election.round).toBe(7);
  });

  test("followers that name a leader who does not speak for himself are not enough", () => {
    election.settle(sid(1), {
      round: 7,
      vote: voteFor(3),
      state: "FOLLOWING",
      active: three,
      pending: null,
    });
    expect(election.decide(0)).toBeNull();
  });

  test("what a server said is forgotten when its link breaks", () => {
    election.settle(sid(3), {
      round: 7,
      vote: voteFor(3),
      state: "LEADING",
      active: three,
      pending: null,
    });
    election.linkDown(sid(3));
    expect(election.decide(0)).toBeNull();
  });
});
