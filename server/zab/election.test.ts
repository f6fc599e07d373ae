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

  test("a better candidate that is gone for good is given up, and those that are left elect", () => {
    connected.delete(sid(3));
    hear(1, voteFor(3));
    expect(election.decide(0)).toBeNull();
    election.tick(900, voteFor(2));
    expect(election.vote).toEqual(voteFor(3));
    election.tick(1_000, voteFor(2));
    expect(election.vote).toEqual(voteFor(2));
    expect(election.round).toBe(2);
    hear(1, voteFor(2), 2);
    expect(election.decide(1_000)).toBe(2);
  });

  test("a better candidate that can be reached after a while is not given up", () => {
    connected.delete(sid(3));
    hear(1, voteFor(3));
    expect(election.decide(0)).toBeNull();
    connected.add(sid(3));
    hear(3, voteFor(3));
    expect(election.decide(900)).toBe(3);
    election.tick(1_500, voteFor(2));
    expect(election.round).toBe(1);
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

  test("a better candidate that cannot be reached ends the wait for the one before: nothing is due", () => {
    hear(1, voteFor(2));
    expect(election.decide(0)).toBeNull();
    expect(election.finalizeAtMs).toBe(20);
    connected.delete(sid(3));
    hear(1, voteFor(3, 5));
    expect(election.decide(0)).toBeNull();
    expect(election.finalizeAtMs).toBeNull();
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

describe("an election in which servers know different members", () => {
  const later: Membership = { version: makeZxid(1, 4), voters: [4, 5].map(sid), observers: [] };
  const connected = new Set([1, 2, 3, 4, 5].map(sid));

  /** Server `own` looks, knowing `three`, with whoever it tells in `told`. */
  function looking(own: number, ensemble = new Ensemble(three)) {
    const told: ServerId[] = [];
    const election = new Election(sid(own), ensemble, 20, { notify: (to) => told.push(to) });
    election.start(voteFor(own), connected, 0);
    told.length = 0;
    const hear = (from: number, vote: Vote, active = three, pending: Membership | null = null) =>
      election.receive(
        sid(from),
        { round: 1, vote, state: "LOOKING", active, pending },
        voteFor(own),
        0,
      );
    return { election, told, hear };
  }

  test("everybody who is linked is told the votes, members or not", () => {
    const { election, told } = looking(1);
    election.announce(0);
    expect(told).toEqual([...connected]);
  });

  test("the vote of a server without one changes nothing", () => {
    const { election, hear } = looking(1);
    hear(4, voteFor(4, 9));
    expect(election.vote).toEqual(voteFor(1));
  });

  test("a voter of members that are pending elsewhere can be elected, before we have logged them", () => {
    const { election, hear } = looking(1);
    hear(4, voteFor(4, 9), three, later);
    expect(election.vote).toEqual(voteFor(4, 9));
  });

  test("the old members' candidate is given time to hear the voters that are pending in its log", () => {
    const { election, hear } = looking(1);
    hear(3, voteFor(3, 9));
    hear(2, voteFor(3, 9));
    expect(election.decide(0)).toBe(3);
    hear(3, voteFor(3, 9), three, later);
    expect(election.decide(0)).toBeNull();
    hear(3, voteFor(5, 9), three, later);
    hear(2, voteFor(5, 9));
    hear(4, voteFor(5, 9), three, later);
    hear(5, voteFor(5, 9), three, later);
    expect(election.decide(1)).toBe(5);
  });

  test("the voters that are pending elsewhere are not waited for longer than others", () => {
    const { election, hear } = looking(1);
    hear(3, voteFor(3, 9), three, later);
    hear(2, voteFor(3, 9));
    expect(election.decide(0)).toBeNull();
    expect(election.decide(20)).toBe(3);
  });

  test("a server that votes only among members which another one's log proposes votes with that one", () => {
    const { election, hear } = looking(5);
    expect(election.decide(100)).toBeNull();
    hear(1, voteFor(1, 9), three, later);
    expect(election.vote).toEqual(voteFor(1, 9));
  });

  test("a server with old members is told of the later ones, and has no vote among them", () => {
    const { election, told, hear } = looking(4, new Ensemble(later));
    hear(3, voteFor(3, 9, 9));
    expect(election.vote).toEqual(voteFor(4));
    expect(told).toEqual([3]);
  });

  test("a server that heard of later members elects nobody by its own, and follows who leads those", () => {
    const ensemble = new Ensemble(three);
    ensemble.heard(later);
    const { election, hear } = looking(3, ensemble);
    hear(1, voteFor(3));
    hear(2, voteFor(3));
    expect(election.decide(100)).toBeNull();
    const leads = { round: 9, vote: voteFor(4), state: "LEADING", active: later } as const;
    election.settle(sid(4), { ...leads, pending: null });
    expect(election.decide(100)).toBe(4);
  });

  test("an observer takes a leader's word for it, and of two the one with the later members", () => {
    const { election } = looking(5);
    const leads = (leader: number, active: Membership) =>
      election.settle(sid(leader), {
        round: 3,
        vote: voteFor(leader),
        state: "LEADING",
        active,
        pending: null,
      });
    leads(3, three);
    leads(4, later);
    expect(election.decide(0)).toBe(4);
  });
});
