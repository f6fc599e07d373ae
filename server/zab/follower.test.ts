import { describe, expect, test } from "vitest";
import { Follower } from "./follower.ts";
import { members, roleFixture, sid, zxid } from "./testing/role-fixture.ts";

/** Server 1 asks `leader` to lead it, and is told of its epoch. */
function told(
  epochs: { accepted: number; current: number },
  leaderInfo: { epoch: number; voting: boolean },
) {
  const fixture = roleFixture({ membership: members([2, 3]), ...epochs });
  const follow = (leader: number): Follower => {
    const follower = new Follower(fixture.core, fixture.control, sid(leader), 1);
    follower.start();
    fixture.takeSent();
    follower.receive({ type: "leaderInfo", attempt: 1, ...leaderInfo });
    for (const token of fixture.saves.splice(0)) {
      fixture.core.epochsSaved(token);
      follower.epochsSaved(token);
    }
    return follower;
  };
  return { fixture, follow };
}

describe("a follower that is told of a leader's epoch", () => {
  test("promises it to that leader, again when it comes back, and to no other one", () => {
    const { fixture, follow } = told({ accepted: 0, current: 0 }, { epoch: 1, voting: true });
    const promises = [2, 2, 3].map((leader) => {
      fixture.messages.length = 0;
      follow(leader);
      return fixture.messages.at(-1)?.message;
    });
    expect(promises).toMatchObject([{ promised: true }, { promised: true }, { promised: false }]);
  });

  test("does not know after a restart whom it promised it to", () => {
    const { fixture, follow } = told({ accepted: 1, current: 0 }, { epoch: 1, voting: true });
    follow(2);
    expect(fixture.messages.at(-1)?.message).toMatchObject({ promised: false });
  });

  test("is not led below its promise where it votes", () => {
    const { fixture, follow } = told({ accepted: 5, current: 1 }, { epoch: 4, voting: true });
    follow(2);
    expect(fixture.looked).toEqual(["server 2 leads epoch 4, but epoch 5 is promised"]);
  });

  test("is led below its promise where it does not vote, and keeps the promise", () => {
    const { fixture, follow } = told({ accepted: 5, current: 1 }, { epoch: 4, voting: false });
    follow(2);
    expect(fixture.looked).toEqual([]);
    expect(fixture.messages.at(-1)?.message).toMatchObject({ type: "ackEpoch", promised: false });
    expect(fixture.core.epochs.accepted).toBe(5);
  });

  test("is not led below the epoch whose history it holds, even where it does not vote", () => {
    const { fixture, follow } = told({ accepted: 5, current: 5 }, { epoch: 4, voting: false });
    follow(2);
    expect(fixture.looked).toHaveLength(1);
  });
});

test("a follower that the commit of a reconfiguration reaches knows the members as active", () => {
  const { fixture, follow } = told({ accepted: 0, current: 0 }, { epoch: 1, voting: true });
  const follower = follow(2);
  follower.receive({ type: "newLeader", epoch: 1 });
  follower.receive({ type: "upToDate", committed: zxid(0, 0) });
  follower.receive({ type: "proposal", zxid: zxid(1, 1), bytes: Buffer.from("1,2") });
  const { ensemble } = fixture.core;
  expect([ensemble.active.voters, ensemble.pending?.voters]).toEqual([
    [2, 3],
    [1, 2],
  ]);
  follower.receive({ type: "commit", zxid: zxid(1, 1) });
  expect([ensemble.active.voters, ensemble.pending]).toEqual([[1, 2], null]);
});
