import { describe, expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import { Leader } from "./leader.ts";
import {
  entry,
  members,
  reconfiguration,
  type RoleFixture,
  roleFixture,
  type RoleStart,
  sid,
  zxid,
} from "./testing/role-fixture.ts";

const first = zxid(1, 1);

/** Server 1 leads; what it asks of its disk is done by `saved` and `logged`. */
class Leading {
  readonly fixture: RoleFixture;
  readonly leader: Leader;

  constructor(start: RoleStart) {
    this.fixture = roleFixture(start);
    this.leader = new Leader(this.fixture.core, this.fixture.control);
    this.leader.start();
  }

  info(from: number, acceptedEpoch = 0): void {
    this.leader.receive(sid(from), { type: "followerInfo", attempt: 1, acceptedEpoch });
  }

  promise(from: number, promised = true): void {
    const { history, epochs } = this.fixture.core;
    this.leader.receive(sid(from), {
      type: "ackEpoch",
      promised,
      currentEpoch: epochs.current,
      lastZxid: history.last,
      wantSnapshot: false,
    });
  }

  synced(from: number): void {
    this.leader.receive(sid(from), { type: "ackNewLeader", epoch: this.leader.epoch });
  }

  saved(): void {
    const { core, saves } = this.fixture;
    for (const token of saves.splice(0)) {
      core.epochsSaved(token);
      this.leader.epochsSaved(token);
    }
  }

  /** Brings these servers in, all the way. */
  join(...servers: number[]): void {
    for (const from of servers) this.info(from);
    this.saved();
    for (const from of servers) this.promise(from);
    this.saved();
    for (const from of servers) this.synced(from);
  }

  /** Proposes an entry; a list of voters makes it a reconfiguration. It is on our disk at once. */
  propose(voters?: number[]): Zxid {
    const at = this.leader.nextZxid();
    if (at === null) throw new Error("no zxid");
    this.leader.propose(voters ? reconfiguration(at, voters) : entry(at));
    this.fixture.core.durable = at;
    this.leader.logged();
    return at;
  }

  ack(from: number, at: Zxid): void {
    this.leader.receive(sid(from), { type: "ack", zxid: at });
  }

  get committed(): Zxid {
    return this.fixture.core.committed;
  }
}

const three = members([1, 2, 3]);

describe("a leader whose log ends with members that are not known to be committed", () => {
  const pending: RoleStart = {
    membership: three,
    entries: [entry(first), reconfiguration(zxid(1, 2), [1, 4, 5])],
    committed: first,
    accepted: 1,
    current: 1,
  };

  test.each([
    ["the old members", [2, 3], 4],
    ["the new members", [4, 5], 2],
  ])("needs more than a quorum of %s to discover and to synchronize", (_who, some, missing) => {
    const leading = new Leading(pending);
    const { leader, fixture } = leading;
    for (const from of some) leading.info(from, 1);
    expect(leader.epoch, "epoch before a quorum of both came").toBe(0);
    leading.info(missing, 1);
    expect(leader.epoch).toBe(2);
    leading.saved();
    fixture.takeSent();
    for (const from of some) leading.promise(from);
    expect(fixture.takeSent(), "NEWLEADER before a quorum of both promised").toEqual([]);
    leading.promise(missing);
    expect(fixture.takeSent().filter((sent) => sent.endsWith("newLeader"))).toHaveLength(3);
    leading.saved();
    for (const from of some) leading.synced(from);
    expect(fixture.established, "established by less than both").toEqual([]);
    leading.synced(missing);
    expect(fixture.established).toEqual([2]);
    expect(leading.committed).toBe(zxid(1, 2));
    expect(fixture.core.ensemble.active.voters).toEqual([1, 4, 5]);
  });

  test("does with the new members alone once it hears that they are committed", () => {
    const leading = new Leading(pending);
    for (const from of [4, 5]) leading.info(from, 1);
    leading.fixture.core.commit(zxid(1, 2));
    leading.leader.reconsider();
    expect(leading.leader.epoch).toBe(2);
  });
});

describe("a reconfiguration while a leader broadcasts", () => {
  test("what comes before it is committed by the old members, it and the rest by both, then by the new alone", () => {
    const leading = new Leading({ membership: three });
    leading.join(2, 3, 4, 5);
    const before = leading.propose();
    const itself = leading.propose([1, 4, 5]);
    const after = leading.propose();
    leading.ack(4, after);
    leading.ack(5, after);
    expect(leading.committed, "by the new members alone").toBe(0);
    leading.ack(2, itself);
    expect(leading.committed, "one behind it has only the old members' ack of itself").toBe(after);
    expect(leading.fixture.delivered).toEqual([before, itself, after]);
    const later = leading.propose();
    leading.ack(2, later);
    leading.ack(3, later);
    expect(leading.committed, "by members that left").toBe(after);
    leading.ack(4, later);
    expect(leading.committed).toBe(later);
  });

  test("a quorum of the old members alone commits what comes before it, and not itself", () => {
    const leading = new Leading({ membership: three });
    leading.join(2, 3, 4, 5);
    const before = leading.propose();
    const itself = leading.propose([1, 4, 5]);
    leading.ack(2, itself);
    leading.ack(3, itself);
    expect(leading.committed).toBe(before);
    expect(leading.fixture.core.ensemble.active.voters).toEqual([1, 2, 3]);
  });

  test("a leader that is not among the new members tells of the commit, then steps down", () => {
    const leading = new Leading({ membership: three });
    leading.join(2, 3);
    const itself = leading.propose([2, 3]);
    leading.fixture.takeSent();
    leading.ack(2, itself);
    expect(leading.fixture.looked).toEqual([]);
    leading.ack(3, itself);
    expect(leading.fixture.takeSent()).toEqual(["2 commit", "3 commit"]);
    expect(leading.fixture.looked).toEqual(["not a voter of the committed membership"]);
  });

  test("a leader that lost the quorum of the new members steps down before they are committed", () => {
    const leading = new Leading({ membership: three });
    leading.join(2, 3, 4, 5);
    leading.propose([1, 4, 5]);
    leading.leader.leave(sid(4));
    expect(leading.fixture.looked).toEqual([]);
    leading.leader.leave(sid(5));
    expect(leading.fixture.looked).toEqual(["lost the quorum of followers"]);
  });

  test("is refused without a quorum of the new members in synchrony, and while another is under way", () => {
    const leading = new Leading({ membership: three });
    leading.info(4);
    leading.join(2, 3);
    expect(leading.leader.canReconfigure(members([1, 4]))).toBe("noQuorum");
    expect(leading.leader.canReconfigure(members([4, 5, 6]))).toBe("noQuorum");
    leading.promise(4);
    leading.synced(4);
    expect(leading.leader.canReconfigure(members([1, 4]))).toBe("ok");
    leading.propose([1, 2, 3, 4]);
    expect(leading.leader.canReconfigure(members([1, 2]))).toBe("inProgress");
  });
});

describe("servers that do not vote", () => {
  test("get what followers get, and their acknowledgements count for nothing", () => {
    const leading = new Leading({ membership: members([1, 2, 3], [4]) });
    leading.join(2, 4, 5);
    leading.fixture.takeSent();
    const at = leading.propose();
    expect(leading.fixture.takeSent()).toEqual(["2 proposal", "4 proposal", "5 proposal"]);
    leading.ack(4, at);
    leading.ack(5, at);
    expect(leading.committed).toBe(0);
    leading.ack(2, at);
    expect(leading.fixture.takeSent()).toEqual(["2 commit", "4 commit", "5 commit"]);
    expect([leading.leader.syncedFollowers, leading.leader.syncedObservers]).toEqual([1, [4, 5]]);
  });

  test("keep nobody from leading by a history that is more recent: it is nobody's quorum", () => {
    const leading = new Leading({ membership: three });
    for (const from of [2, 4]) leading.info(from);
    leading.saved();
    const ahead = { currentEpoch: 7, lastZxid: zxid(7, 1), wantSnapshot: false, promised: true };
    leading.leader.receive(sid(4), { type: "ackEpoch", ...ahead });
    expect(leading.fixture.looked).toEqual([]);
    leading.leader.receive(sid(2), { type: "ackEpoch", ...ahead });
    expect(leading.fixture.looked).toHaveLength(1);
  });

  test("come and go without consequence", () => {
    const leading = new Leading({ membership: members([1, 2, 3], [4]) });
    leading.join(2, 4);
    leading.leader.leave(sid(4));
    expect(leading.fixture.looked).toEqual([]);
    leading.leader.leave(sid(2));
    expect(leading.fixture.looked).toEqual(["lost the quorum of followers"]);
  });

  test("are led although they promised a later epoch; a voter is not, and takes the leader down", () => {
    const leading = new Leading({ membership: three });
    leading.join(2);
    leading.fixture.messages.length = 0;
    leading.info(4, 9);
    expect(leading.fixture.messages.at(-1)?.message).toMatchObject({ epoch: 1, voting: false });
    expect(leading.fixture.looked).toEqual([]);
    leading.info(3, 9);
    expect(leading.fixture.looked).toEqual(["server 3 has promised epoch 9, beyond 1"]);
  });

  test("do not count for new members either while they are bound to a later epoch", () => {
    const leading = new Leading({ membership: three });
    leading.join(2, 3);
    leading.info(4, 9);
    leading.promise(4, false);
    leading.synced(4);
    expect(leading.leader.canReconfigure(members([1, 4]))).toBe("noQuorum");
    const at = leading.propose([1, 2, 4]);
    leading.ack(4, at);
    expect(leading.committed).toBe(0);
    leading.ack(2, at);
    expect(leading.committed).toBe(at);
    expect(leading.fixture.looked).toEqual(["server 4, now a voter, has promised epoch 9"]);
  });
});

test("a promise that was given to another leader of the same epoch does not count", () => {
  const leading = new Leading({ membership: three });
  leading.info(2);
  leading.saved();
  leading.fixture.takeSent();
  leading.promise(2, false);
  expect(leading.fixture.takeSent()).toEqual([]);
  expect(leading.fixture.looked).toEqual(["server 2 has promised epoch 1 before"]);
});
