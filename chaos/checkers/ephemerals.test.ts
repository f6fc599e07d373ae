import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { ephemerals } from "./ephemerals.ts";
import { singleSystemImage } from "./single-system-image.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";
import { StoryOp } from "./story-op.ts";

const EPHEMERAL = 1;
const ROOT_STAT = {
  czxid: 0,
  mzxid: 0,
  pzxid: z(5),
  version: 0,
  cversion: 3,
  ephemeralOwner: "0x0",
  numChildren: 2,
};

function owner(): Story {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.create("/e", "x", EPHEMERAL).at(10, 12).ok(z(2));
  client.create("/f", "x", EPHEMERAL).at(13, 14).ok(z(3));
  return story;
}

describe("an ephemeral lives as long as its session", () => {
  test("closing removes them all; a lagging server may still show them; an open session keeps them", () => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.client(2).opens(z(5), 22);
    story.client(2).create("/e", "again", EPHEMERAL).at(23, 24).ok(z(6));
    story.client(3).on(3).get("/f").at(30, 31).ok(z(3), { value: "x" });
    story
      .client(3)
      .on(3)
      .list("/")
      .at(32, 33)
      .ok(z(6), { children: ["e", "zookeeper"] });
    story.client(3).get("/f").at(34, 35).fails(ErrorCode.NoNode, z(6));
    expect(judge(ephemerals, story)).toMatchObject({
      verdict: "pass",
      looked: { sessions: 2, ephemerals: 3 },
    });
  });

  test("an id is not given to a second session", () => {
    const story = owner().logged({ zxid: z(4), type: "createSession", session: "0x101" });
    expect(complaint(ephemerals, story)).toContain(
      "session 0x101 was opened at zxid 0x100000004, though its id had been given out before",
    );
  });

  test("an ephemeral outlives its client's disconnection", () => {
    const story = owner();
    story.client(1).disconnects(100);
    story.client(3).get("/e").at(700, 701).ok(z(3), { value: "x" });
    story.client(1).on(2).reconnects(900);
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a close that leaves one behind is found in the log", () => {
    const story = owner().logged({
      zxid: z(4),
      type: "closeSession",
      session: "0x101",
      removed: ["/e"],
    });
    expect(complaint(ephemerals, story)).toContain(
      "the close of session 0x101 left its ephemeral /f behind",
    );
  });

  test("a close that removes another session's, or a persistent znode, is found", () => {
    const story = owner();
    story.client(2).create("/p", "x").at(15, 16).ok(z(4));
    const removed = ["/e", "/f", "/p"];
    story.logged({ zxid: z(5), type: "closeSession", session: "0x101", removed });
    expect(complaint(ephemerals, story)).toContain("removed /p, which was not its ephemeral");
  });

  test.each([
    ["getData", (story: Story) => story.client(3).get("/f").at(30, 31).ok(z(5), { value: "x" })],
    [
      "a listing",
      (story: Story) =>
        story
          .client(3)
          .list("/")
          .at(30, 31)
          .ok(z(5), { children: ["f"] }),
    ],
    [
      "a listing with its parent's Stat",
      (story: Story) =>
        story
          .client(3)
          .list("/")
          .at(30, 31)
          .ok(z(5), { children: ["f"], stat: ROOT_STAT }),
    ],
  ])("%s that shows it after the close is found", (_, read) => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.client(2).create("/p", "x").at(22, 23).ok(z(5));
    expect(complaint(ephemerals, read(story))).toContain(
      "shows /f, though its session 0x101 was closed at 0x100000004",
    );
  });

  test("a read as of the very close does not show it", () => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.client(3).get("/f").at(30, 31).ok(z(4), { value: "x" });
    expect(complaint(ephemerals, story)).toContain("shows /f, though its session");
  });

  test("one that every server left behind is a matter of sessions, not of what reads show", () => {
    const story = owner();
    const removed = ["/e"];
    story.logged({ zxid: z(4), type: "closeSession", session: "0x101", cxid: 9, removed });
    story.client(3).get("/f").at(30, 31).ok(z(4), { value: "x" });
    expect(complaint(singleSystemImage, story)).toBe("pass");
    expect(judge(ephemerals, story).violationCount).toBe(2);
  });

  test("what is done for a session after its close is found", () => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.client(1).create("/g", "x", EPHEMERAL).at(19, 23).lost(z(5));
    expect(complaint(ephemerals, story)).toContain("create /g was done for it afterwards");
  });

  test("a second close of a session, and a refused write after it, are harmless", () => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.logged({ zxid: z(5), type: "closeSession", session: "0x101", removed: [] });
    story.client(1).set("/e", "x").at(19, 23).fails(ErrorCode.SessionExpired, z(6));
    expect(complaint(ephemerals, story)).toBe("pass");
  });
});

describe("final states", () => {
  test("an ephemeral of a closed session is found", () => {
    const story = owner();
    story.client(1).closes().at(20, 21).ok(z(4));
    story.server(2, () => ({ ephemerals: { "0x101": ["/e", "/f"] } }));
    expect(complaint(ephemerals, story)).toBe(
      "Ephemerals broke: server 2 ended with /e and /f, whose session 0x101 was closed at zxid 0x100000004.",
    );
  });

  test("a lost ephemeral, a lost session and a session that should be closed are found", () => {
    const lost = owner().server(2, () => ({ ephemerals: { "0x101": ["/e"] } }));
    expect(complaint(ephemerals, lost)).toContain("server 2 ended without /f");
    const gone = owner().server(2, () => ({ sessions: [], ephemerals: {} }));
    expect(complaint(ephemerals, gone)).toContain("server 2 ended without session 0x101");
    const undead = owner();
    undead.client(1).closes().at(20, 21).ok(z(4));
    undead.server(2, () => ({ sessions: ["0x101"] }));
    expect(complaint(ephemerals, undead)).toContain("ended with session 0x101 open");
  });

  test("a session that expires between the look at the tree and the end of the log is fine", () => {
    const story = owner().logged({ zxid: z(4), type: "closeSession", session: "0x101" });
    for (const server of [1, 2, 3]) {
      story.server(server, () => ({
        appliedZxid: z(3),
        sessions: ["0x101"],
        ephemerals: { "0x101": ["/e", "/f"] },
      }));
    }
    story.client(1).disconnects(20);
    expect(complaint(ephemerals, story)).toBe("pass");
  });
});

describe("expiry", () => {
  /** Client 1 (timeout 1 s) is heard until `heardMs`; its session expires between two writes. */
  function expiredAt(atMs: number, heardMs: number): Story {
    const story = owner();
    story
      .client(1)
      .get("/e")
      .at(heardMs, heardMs + 1)
      .ok(z(3), { value: "x" });
    story
      .client(9)
      .create("/w", "1")
      .at(atMs - 5, atMs - 3)
      .ok(z(4));
    story.logged({ zxid: z(5), type: "closeSession", session: "0x101" });
    story
      .client(9)
      .set("/w", "2")
      .at(atMs + 3, atMs + 5)
      .ok(z(6));
    return story;
  }

  /** Its client is gone from `goneMs` on. */
  function goneAt(goneMs: number, expiredMs: number): Story {
    const story = expiredAt(expiredMs, goneMs - 10);
    story.client(1).disconnects(goneMs);
    return story;
  }

  test("a session that expires long after its client was gone is found", () => {
    expect(complaint(ephemerals, goneAt(3_000, 29_000))).toContain(
      "session 0x101 was expired at zxid 0x100000005, at least 25995 ms after its client was heard last",
    );
  });

  test("a session expires within twice its timeout, or later when there is a reason", () => {
    expect(complaint(ephemerals, goneAt(3_000, 5_000))).toBe("pass");
    const late = (): Story => goneAt(3_000, 29_000);
    expect(complaint(ephemerals, late().fault("partition", 3_500, 4_000))).toBe("pass");
    const elected = late().sample(1, 3_500, { epoch: 1 }).sample(2, 9_000, { epoch: 2 });
    expect(complaint(ephemerals, elected)).toBe("pass");
    const looking = late().sample(1, 3_500, { state: "LOOKING" });
    expect(complaint(ephemerals, looking)).toBe("pass");
    const back = late();
    back.client(1).on(2).reconnects(28_000);
    expect(complaint(ephemerals, back)).toBe("pass");
    const tried = late();
    tried.client(1).get("/e").at(27_500, 28_500).lost();
    expect(complaint(ephemerals, tried)).toBe("pass");
  });

  test("a session that expires soon after its client was heard is found", () => {
    expect(complaint(ephemerals, expiredAt(3_000, 2_700))).toContain(
      "session 0x101 was expired at zxid 0x100000005, at most 305 ms after its client was heard; " +
        "its timeout is 1000 ms",
    );
  });

  test("a client that was silent for its timeout expires, also when it comes back too late", () => {
    const story = expiredAt(3_000, 1_900);
    story.client(1).get("/e").at(3_001, 3_002).ok(z(4), { value: "x" });
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a client whose server was cut off is not heard by the leader", () => {
    const story = expiredAt(3_000, 2_700).fault("partition", 1_500, 2_900);
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a leader that was seen to stand still is not held to the millisecond", () => {
    const story = expiredAt(3_000, 2_700).sample(1, 2_500, { receivedMs: 2_950 });
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a client that asked for the close was not expired", () => {
    const story = expiredAt(3_000, 2_700);
    story.client(1).closes().at(2_990, 2_995).lost();
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a client that was heard a moment before may not have been reported yet", () => {
    expect(complaint(ephemerals, expiredAt(3_000, 2_900))).toBe("pass");
  });

  test("a server that is off, for bits to rot on its disk, reports nothing", () => {
    const story = expiredAt(3_000, 2_700).fault("bit-rot", 1_500, 2_900);
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("three quarters of its timeout are not enough; a fault that came later is no excuse", () => {
    const story = expiredAt(3_000, 2_250).fault("partition", 2_600, 2_900);
    expect(complaint(ephemerals, story)).toContain("at most 755 ms after its client was heard");
  });

  test("clocks that ran at another pace are an excuse", () => {
    const story = expiredAt(3_000, 2_250).fault("clock-skew", 1_000, 50_000);
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a leader that stood still has to read what it was sent; the client's own server may not have heard", () => {
    const servers = (story: Story, server: number): Story => {
      story.fault("pause", 2_500, 2_980);
      const [fault] = story.faults.splice(0);
      if (fault !== undefined) story.faults.push({ ...fault, servers: [server] });
      return story;
    };
    expect(complaint(ephemerals, servers(expiredAt(3_000, 2_700), 2))).toContain("was expired");
    expect(complaint(ephemerals, servers(expiredAt(3_000, 2_700), 1))).toBe("pass");
  });

  test("one that has just come to another server is heard, whatever is broken", () => {
    const story = expiredAt(3_000, 1_000).fault("delay", 0, 50_000);
    const connect = { op: "connect", session: "0x101", client: 1, server: 2, path: "" } as const;
    new StoryOp(story, connect).at(2_400, 2_410).ok(z(3));
    expect(complaint(ephemerals, story)).toContain("at most 605 ms after its client was heard");
  });

  test("a leader that is none any more lets clients in, and the new one does not hear of it", () => {
    const connectAt = (epoch: number): ReturnType<typeof expiredAt> => {
      const story = expiredAt(3_000, 1_000).sample(2, 2_300, { state: "LEADING", epoch });
      const connect = { op: "connect", session: "0x101", client: 1, server: 2, path: "" } as const;
      new StoryOp(story, connect).at(2_400, 2_410).ok(z(3));
      return story;
    };
    expect(complaint(ephemerals, connectAt(1))).toContain("after its client was heard");
    expect(complaint(ephemerals, connectAt(0))).toBe("pass");
  });

  test.each([
    ["", 9_500, 9_600, "at most 607 ms after its client was heard"],
    [", unless it was set meanwhile", 2_500, 8_000, "pass"],
    [", unless it may have been set back since", 6_000, 8_000, "pass"],
  ])(
    "the leader's own clock says when it was, where clients were silent%s",
    (_, from, to, said) => {
      const story = owner().fault("clock-jump", from, to);
      const client = story.client(9);
      client.create("/w", "1").at(2_000, 2_010).ok(z(4));
      client.set("/w", "2").at(9_000, 9_010).ok(z(6));
      story.client(1).get("/e").at(3_000, 3_001).ok(z(3), { value: "x" });
      const expired = { zxid: z(5), type: "closeSession", session: "0x101" } as const;
      story.logged({ ...expired, timeMs: 500_000 + 3_600 });
      const timed = story.log.map((txn) =>
        txn.zxid === z(4)
          ? { ...txn, timeMs: 500_000 + 2_005 }
          : txn.zxid === z(6)
            ? { ...txn, timeMs: 500_000 + 9_005 }
            : txn,
      );
      story.log.splice(0, story.log.length, ...timed);
      expect(complaint(ephemerals, story)).toContain(said);
    },
  );

  test("a client that is told of an end of its session that was none is found", () => {
    const story = owner();
    story.client(1).ends("expired", 3_000);
    expect(complaint(ephemerals, story)).toContain(
      "server 1 told client 1 that session 0x101 has expired, but nothing has closed it",
    );
    story.logged({ zxid: z(4), type: "closeSession", session: "0x101", removed: ["/e", "/f"] });
    expect(complaint(ephemerals, story)).toBe("pass");
  });

  test("a client that is told of the end of its session before it is closed is found", () => {
    const toldIn = (epoch: number, atMs: number): Story => {
      const story = expiredAt(3_000, 1_000).sample(1, 1_500, { epoch });
      story.client(1).ends("expired", atMs);
      return story;
    };
    expect(complaint(ephemerals, toldIn(1, 2_000))).toBe(
      "Sessions broke: server 1 told client 1 that session 0x101 has expired, but it was closed later " +
        "than that, at zxid 0x100000005.",
    );
    expect(complaint(ephemerals, toldIn(1, 2_996))).toBe("pass");
    // Of a leader that was lost since nobody knows what it had proposed.
    expect(complaint(ephemerals, toldIn(0, 2_000))).toBe("pass");
  });

  test("a session whose client is gone for good must be gone at the end", () => {
    const story = owner();
    story.client(1).disconnects(1_000);
    expect(complaint(ephemerals, story)).toContain("session 0x101 was still open at the end");
    story.run = { endMs: 5_000 };
    expect(complaint(ephemerals, story)).toBe("pass");
    story.run = { healedMs: 55_000 };
    expect(complaint(ephemerals, story)).toBe("pass");
  });
});

test("no sessions, nothing to say", () => {
  expect(judge(ephemerals, new Story())).toMatchObject({ verdict: "unknown" });
  const story = owner();
  story.servers = 0;
  expect(judge(ephemerals, story).note).toBe("no server's final log was recorded");
});

describe("a session that has ended is served no more", () => {
  function expired(): Story {
    return owner().logged({
      zxid: z(4),
      type: "closeSession",
      session: "0x101",
      removed: ["/e", "/f"],
    });
  }

  test("a reply as of a state behind its end is found", () => {
    const story = expired();
    story.client(2).create("/p", "x").at(22, 23).ok(z(5));
    story.client(1).get("/p").at(30, 31).ok(z(5), { value: "x" });
    expect(complaint(ephemerals, story)).toBe(
      "Sessions broke: session 0x101 was closed at zxid 0x100000004, but server 1 went on to serve it: " +
        "client 1's getData /p was answered as of zxid 0x100000005.",
    );
  });

  test("a server that has not heard of it may still answer, and so may one that is to close it", () => {
    const story = expired();
    story.client(1).get("/f").at(30, 31).ok(z(3), { value: "x" });
    expect(complaint(ephemerals, story)).toBe("pass");
    const closing = owner();
    closing.client(1).get("/p").at(30, 31).fails(ErrorCode.NoNode, z(5));
    closing.client(1).closes().at(30, 32).fails(ErrorCode.SessionExpired, z(6));
    closing.logged({ zxid: z(4), type: "closeSession", session: "0x101", removed: ["/e", "/f"] });
    expect(complaint(ephemerals, closing)).toBe("pass");
  });
});
