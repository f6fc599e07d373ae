import { describe, expect, test } from "vitest";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";
import { tellWatches } from "./watch-tale.ts";
import { watches } from "./watches.ts";

const CLOSED = { type: "setACL", path: "/a", acl: "digest:me:hash=:31" } as const;

describe("legal: a watch", () => {
  test.each([
    [
      "fires before the reply that shows the change",
      "data /a; set /a; event dataChanged /a 2; read",
    ],
    [
      "fires late, when nothing shows the change",
      "data /a; set /a; read 1; event dataChanged /a 2",
    ],
    ["does not fire before anything shows the change", "data /a; set /a; read 1"],
    [
      "fires again when it was set again",
      "data /a; set /a; event dataChanged /a 2; data /a; set /a; event dataChanged /a 3; read",
    ],
    ["fires once for many changes", "data /a; set /a; set /a; event dataChanged /a 2; read"],
    ["on data tells of the deletion", "data /a; delete /a; event deleted /a 2; read"],
    ["tells of a creation that was waited for", "await /b; create /b; event created /b 2; read"],
    [
      "on children tells of a new child and of one that is gone",
      "child /a; create /a/x; event childrenChanged /a 2;" +
        "child /a; delete /a/x; event childrenChanged /a 3; read",
    ],
    [
      "on data and one on children tell of a deletion in one event",
      "data /a; child /a; delete /a; event deleted /a 2; read",
    ],
    [
      "fires in any order with another that the same transaction fires",
      "data /a; child /; delete /a; event childrenChanged / 2; event deleted /a 2; read",
    ],
    ["of an old server tells no zxid", "data /a; set /a; event dataChanged /a -; read"],
    ["that was removed is silent", "data /a; remove data /a; set /a; read"],
    ["whose session is over is silent", "data /a; set /a; expire; read"],
    [
      "whose registration was not answered fires once",
      "data /b; lost-data /a; set /a; event dataChanged /a 2; read",
    ],
    ["whose registration was not answered is silent", "data /b; lost-data /a; set /a; read"],
    [
      "that was set, and asked for again without an answer, fires twice",
      "data /a; lost-data /a; set /a; event dataChanged /a 2; set /a; event dataChanged /a 3; read",
    ],
    ["whose removal was not answered is silent", "data /a; lost-remove data /a; set /a; read"],
    [
      "whose removal was not answered fires",
      "data /a; lost-remove any /a; set /a; event dataChanged /a 2; read",
    ],
    [
      "that persists tells of everything",
      "persistent /a; set /a; event dataChanged /a 2; create /a/x; event childrenChanged /a 3;" +
        "delete /a/x; event childrenChanged /a 4; delete /a; event deleted /a 5;" +
        "create /a; event created /a 6; read",
    ],
    [
      "that is recursive tells of everything below, and not of children",
      "recursive /; create /a/x; event created /a/x 2; set /a/x; event dataChanged /a/x 3;" +
        "delete /a/x; event deleted /a/x 4; read",
    ],
    [
      "that persists tells a change once, whatever others tell it too",
      "persistent /a; recursive /; data /a; set /a; event dataChanged /a 2;" +
        "set /a; event dataChanged /a 3; read",
    ],
    [
      "whose adding was not answered fires as often as it likes",
      "data /b; lost-persistent /a; set /a; event dataChanged /a 2; set /a; set /a;" +
        "event dataChanged /a 4; read",
    ],
  ])("%s", (_, text) => expect(complaint(watches, tellWatches(text))).toBe("pass"));

  test("is silent to who may not read the znode, and used up", () => {
    const story = tellWatches("data /a; log; set /a; read; set /a; read", [CLOSED]);
    expect(complaint(watches, story)).toBe("pass");
  });

  test("that persists tells of all parts of a multi", () => {
    const parts = [
      { type: "create", path: "/m" },
      { type: "setData", path: "/m" },
      { type: "check", path: "/m" },
      { type: "delete", path: "/m" },
    ] as const;
    const text =
      "persistent /m; await /m; log;" +
      "event created /m 2; event dataChanged /m 2; event deleted /m 2; read";
    expect(complaint(watches, tellWatches(text, [{ type: "multi", parts }]))).toBe("pass");
  });

  test("tells of ephemerals that go with their session, listed or not", () => {
    const create = { type: "create", path: "/e", session: "0x9", ephemeralOwner: "0x9" } as const;
    const close = { type: "closeSession", session: "0x9" } as const;
    const text = "log; data /e; log; event deleted /e 3; read";
    for (const removed of [{}, { removed: ["/e"] }]) {
      const story = tellWatches(text, [create, { ...close, ...removed }]);
      expect(complaint(watches, story)).toBe("pass");
    }
  });
});

describe("illegal: a watch", () => {
  const told = "Watches broke: client 1";
  test.each([
    [
      "that never fires",
      "data /a; set /a; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to ` +
        "client 1's getData /other (zxid 0x100000002) came after it.",
    ],
    [
      "that does not tell of a deletion",
      "child /a; delete /a; read",
      `${told} was never told that /a was deleted at zxid 0x100000002, though the reply to`,
    ],
    [
      "that does not tell of a creation",
      "await /b; create /b; read",
      `${told} was never told that /b was created at zxid 0x100000002, though the reply to`,
    ],
    [
      "that does not fire before it is set again",
      "data /a; set /a; data /a; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to ` +
        "client 1's getData /a (zxid 0x100000002) came after it.",
    ],
    [
      "that fires after a reply that shows the change",
      "data /a; set /a; read; event dataChanged /a 2; read",
      `${told} was told that /a was changed at zxid 0x100000002 only after the reply to client 1's ` +
        "getData /other (zxid 0x100000002).",
    ],
    [
      "that fires twice",
      "data /a; set /a; event dataChanged /a 2; set /a; event dataChanged /a 3",
      `${told} got the event dataChanged /a (zxid 0x100000003), but its watch had been used up by ` +
        "the event dataChanged /a (zxid 0x100000002).",
    ],
    [
      "that tells the same change twice",
      "data /a; set /a; event dataChanged /a 2; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), but its watch had been used up by`,
    ],
    [
      "that tells a deletion twice, for data and for children",
      "data /a; child /a; delete /a; event deleted /a 2; event deleted /a 2; read",
      `${told} got the event deleted /a (zxid 0x100000002), but its watch had been used up by`,
    ],
    [
      "that nobody has set",
      "data /b; set /a; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), but had no watch for it.`,
    ],
    [
      "that was removed",
      "data /a; remove data /a; set /a; event dataChanged /a 2",
      `${told} got the event dataChanged /a (zxid 0x100000002), but had removed its watch before.`,
    ],
    [
      "whose session is over",
      "data /a; expire; set /a; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), but had no watch for it.`,
    ],
    [
      "that tells another kind of change",
      "data /a; set /a; event deleted /a 2",
      `${told} got the event deleted /a (zxid 0x100000002), but there was no such change of it that ` +
        "it was waiting for.",
    ],
    [
      "that tells a change of another znode",
      "data /a; create /b; event dataChanged /a 2",
      `${told} got the event dataChanged /a (zxid 0x100000002), but there was no such change of it`,
    ],
    [
      "that tells a change that its registration showed",
      "set /a; data /a; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), which the reply to client 1's ` +
        "getData /a (zxid 0x100000002) had shown when it set the watch.",
    ],
    [
      "that passes over the first change",
      "data /a; set /a; set /a; event dataChanged /a 3; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the event dataChanged ` +
        "/a (zxid 0x100000003) came after it.",
    ],
    [
      "that fires after another whose change was later",
      "create /b; data /a; data /b; set /a; set /b;" +
        "event dataChanged /b 4; event dataChanged /a 3; read",
      `${told} was told that /a was changed at zxid 0x100000003 only after the event dataChanged /b ` +
        "(zxid 0x100000004).",
    ],
    [
      "that never fires, as the event of a later change shows to who hears nothing else",
      "create /b; data /a; data /b; set /a; set /b; event dataChanged /b 4",
      `${told} was never told that /a was changed at zxid 0x100000003, though the event dataChanged ` +
        "/b (zxid 0x100000004) came after it.",
    ],
    [
      "that tells, without a zxid, what has not happened yet",
      "data /a; event dataChanged /a -; read; set /a; read",
      `${told} got the event dataChanged /a (no zxid), but the reply to client 1's getData /other ` +
        "(zxid 0x100000001) came later, and the first such change is that of zxid 0x100000002.",
    ],
    [
      "that persists and leaves one out",
      "persistent /a; set /a; event dataChanged /a 2; set /a; set /a; event dataChanged /a 4; read",
      `${told} was never told that /a was changed at zxid 0x100000003, though the event dataChanged`,
    ],
    [
      "that persists and fires only once",
      "persistent /a; set /a; event dataChanged /a 2; create /a/x; read",
      `${told} was never told that /a had a change of its children at zxid 0x100000003, though`,
    ],
    [
      "that is recursive and tells of children",
      "recursive /; create /a/x; event created /a/x 2; event childrenChanged /a 2; read",
      `${told} got the event childrenChanged /a (zxid 0x100000002), but had no watch for it.`,
    ],
    [
      "that is recursive and does not reach that deep",
      "recursive /; create /a/x; event created /a/x 2; create /a/x/y; read",
      `${told} was never told that /a/x/y was created at zxid 0x100000003, though the reply to`,
    ],
    [
      "that two persistent ones each tell",
      "persistent /a; recursive /; set /a; event dataChanged /a 2; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), but there was no such change of it`,
    ],
    [
      "that its server has forgotten",
      "data /a; unfound data /a; read",
      "Watches broke: server 1 had no watch of client 1 on /a to remove, though the one that client " +
        "1's getData /a set had not fired.",
    ],
    [
      "that fires more often than it may have been set",
      "data /b; lost-data /a; set /a; event dataChanged /a 2; set /a; event dataChanged /a 3",
      `${told} got the event dataChanged /a (zxid 0x100000003), but its watch had been used up by`,
    ],
    [
      "that may be set, and tells what did not happen",
      "data /b; lost-data /a; set /a; event deleted /a 2",
      `${told} got the event deleted /a (zxid 0x100000002), but had no watch for it.`,
    ],
    [
      "that may be set, and fires after a reply that shows the change",
      "data /b; lost-data /a; set /a; read; event dataChanged /a 2",
      `${told} got the event dataChanged /a (zxid 0x100000002) only after the reply to client 1's ` +
        "getData /other (zxid 0x100000002).",
    ],
  ])("%s", (_, text, message) => {
    const result = judge(watches, tellWatches(text));
    expect(result.violations.map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });

  test("that was used up by a change that the client may not hear of", () => {
    const story = tellWatches("data /a; log; set /a; set /a; event dataChanged /a 4", [CLOSED]);
    expect(complaint(watches, story)).toContain(
      "got the event dataChanged /a (zxid 0x100000004), but there was no such change of it",
    );
  });

  test("comes with who set it, what changed, what showed it, and the event", () => {
    const story = tellWatches("data /a; set /a; read; event dataChanged /a 2");
    expect(judge(watches, story).violations).toEqual([
      {
        message: expect.any(String),
        evidence: [
          "t=1.001–1.001s client 1 session 0x101 server 1 getData /a → zxid 0x100000001",
          '0x100000002 setData /a by session 0x102 (cxid 3, value "s")',
          "t=1.003–1.003s client 1 session 0x101 server 1 getData /other → zxid 0x100000002",
          "t=1.004s client 1 session 0x101 server 1 event dataChanged /a (zxid 0x100000002)",
        ],
        atMs: 1_004,
        faults: [],
      },
    ]);
  });
});

describe("what the watch checker looked at", () => {
  test("is counted", () => {
    const result = judge(watches, tellWatches("data /a; set /a; event dataChanged /a 2; child /a"));
    expect(result.looked).toEqual({ registrations: 2, events: 1, sessions: 1 });
  });

  test("is nothing when nobody watches", () => {
    expect(complaint(watches, tellWatches("set /a; read"))).toContain("unknown there was nothing");
  });

  test("cannot be judged without a log", () => {
    const story = new Story();
    story.client(1).get("/a").with({ watch: true }).at(1, 2).ok(-1);
    expect(complaint(watches, story)).toContain("unknown there was no final log");
  });

  test("does not count events that the final log has lost", () => {
    const story = tellWatches("data /a; event dataChanged /a 9; read");
    const result = judge(watches, story);
    expect(result.verdict).toBe("pass");
    expect(result.looked["events beyond the final log (for C7)"]).toBe(1);
  });
});

describe("where the logs begin above a snapshot", () => {
  /** The purged log does not tell who may read /a: it was made before. */
  function purged(text: string, from = z(1)): Story {
    const story = tellWatches(text);
    for (const id of [1, 2, 3]) {
      story.server(id, ({ log }) => ({
        logFromZxid: from,
        log: log.filter(({ zxid }) => zxid > from),
      }));
    }
    return story;
  }

  test("a watch on a znode that not everybody may read perhaps may be silent", () => {
    expect(complaint(watches, purged("data /a; set /a; read"))).toBe("pass");
  });

  test("a watch on a znode that the log has from its creation on may not", () => {
    expect(complaint(watches, purged("create /b; data /b; set /b; read"))).toContain(
      "was never told",
    );
  });

  test("what a client missed may come in any order, also where the log does not have it", () => {
    const text =
      "create /b; data /a; data /b; disconnect; set /a; set /b; reconnect 2;" +
      "event dataChanged /b 4; event dataChanged /a 3; read";
    expect(complaint(watches, purged(text, z(3)))).toBe("pass");
  });
});

test("the evidence of a watch that fires twice begins with who set it", () => {
  const story = tellWatches(
    "data /a; set /a; event dataChanged /a 2; set /a; event dataChanged /a 3",
  );
  expect(judge(watches, story).violations[0]?.evidence).toEqual([
    expect.stringContaining("client 1 session 0x101 server 1 getData /a → zxid 0x100000001"),
    expect.stringContaining("event dataChanged /a (zxid 0x100000002)"),
    expect.stringContaining("0x100000003 setData /a"),
    expect.stringContaining("event dataChanged /a (zxid 0x100000003)"),
  ]);
});
