import { expect, test } from "vitest";
import type { Membership } from "./membership.ts";
import type { ServerState } from "./messages.ts";
import { ZabPeer } from "./peer.ts";
import { members, roleFixture, sid, zxid } from "./testing/role-fixture.ts";

/** Server 1 of these two, linked to server 2, and what server 2 tells it. */
function oneOfTwo() {
  const two = members([1, 2]);
  const { core } = roleFixture({ membership: two });
  const recovered = {
    epochs: core.epochs,
    committed: core.committed,
    entries: [],
    base: zxid(0, 0),
  };
  const peer = new ZabPeer(core.config, recovered, core.out);
  peer.start(0);
  peer.linkUp(sid(2), 0);
  const says = (
    candidate: number,
    round: number,
    state: ServerState = "LOOKING",
    pending: Membership | null = null,
  ): void => {
    const vote = { leader: sid(candidate), zxid: zxid(0, 9), epoch: 0 };
    peer.receive(sid(2), { type: "notification", round, vote, state, active: two, pending }, 1);
  };
  return { peer, says };
}

test("a candidate that votes for another one is not waited for", () => {
  const { peer, says } = oneOfTwo();
  says(2, 1);
  expect(peer.state).toBe("FOLLOWING");
  // Server 2 has heard servers that the members in its log made voters, and goes with one of them.
  says(5, 1, "LOOKING", members([1, 2, 4, 5], [], zxid(0, 8)));
  expect(peer.state).toBe("LOOKING");
});

test("what a candidate said before it knew that it was elected is old news", () => {
  const { peer, says } = oneOfTwo();
  says(2, 1);
  says(2, 1);
  expect(peer.state).toBe("FOLLOWING");
  says(2, 1, "LEADING");
  expect(peer.leaderSid).toBe(2);
});
