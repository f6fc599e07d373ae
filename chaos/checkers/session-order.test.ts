import { describe, expect, test } from "vitest";
import { sessionOrder } from "./session-order.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

test("replies out of the order of xids are found", () => {
  const story = new Story();
  const client = story.client(1);
  client.get("/a").with({ xid: 8 }).at(10, 15).ok(z(1));
  client.get("/a").with({ xid: 7 }).at(10, 16).ok(z(1));
  expect(complaint(sessionOrder, story)).toContain("getData /a (xid 7) was answered after xid 8");
});

test("replies that arrive together have no order in time", () => {
  const story = new Story();
  const client = story.client(1);
  client.get("/a").with({ xid: 8 }).at(10, 15).ok(z(1));
  client.get("/a").with({ xid: 7 }).at(10, 15).ok(z(1));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("xids may begin anew with a connection", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.get("/a").with({ xid: 8 }).at(10, 15).ok(z(1));
  client.reconnects(20);
  client.get("/a").with({ xid: 1 }).at(25, 26).ok(z(1));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("a header zxid that falls within a connection is found", () => {
  const story = new Story();
  const client = story.client(1);
  client.get("/a").at(10, 12).ok(z(5));
  client.get("/a").at(13, 14).ok(z(4));
  expect(complaint(sessionOrder, story)).toContain(
    "went back from zxid 0x100000005 to 0x100000004",
  );
});

test("a session's writes take effect in the order sent, also over a reconnect", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "x").at(10, 12).ok(z(5));
  client.disconnects(13).on(2).reconnects(20);
  client.set("/a", "y").at(21, 22).ok(z(3));
  expect(complaint(sessionOrder, story)).toContain(
    "setData /a was sent after setData /a, but got zxid 0x100000003, not above 0x100000005",
  );
});

test("a write whose reply was lost is not applied after one that followed it", () => {
  const story = new Story();
  const client = story.client(1);
  client.set("/a", "first").with({ xid: 5 }).at(10, 30).lost(z(7));
  client.set("/a", "second").with({ xid: 6 }).at(11, 20).ok(z(6));
  expect(complaint(sessionOrder, story)).toContain(
    "(xid 5) was applied at zxid 0x100000007, after",
  );
});

test("a write of a connection that the session had left is not applied after one of the next", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "first").with({ xid: 5 }).at(10, 12).lost(z(7));
  client.disconnects(12).on(2).reconnects(20);
  client.set("/a", "second").with({ xid: 6 }).at(21, 22).ok(z(6));
  expect(complaint(sessionOrder, story)).toContain(
    "setData /a was applied at zxid 0x100000007 for a connection to server 1 that session 0x101 had left",
  );
});

test.each([
  ["write", { type: "error", code: -112 }],
  ["multi", { type: "multi", parts: [{ type: "error", path: "", code: -112 }] }],
] as const)(
  "a %s of a connection that the session had left may be refused at any time",
  (_what, refused) => {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    client.set("/a", "first").with({ xid: 5 }).at(10, 12).lost();
    story.logged({ zxid: z(7), session: client.session, cxid: 5, ...refused });
    client.disconnects(12).on(2).reconnects(20);
    client.closes().with({ xid: 6 }).at(21, 22).ok(z(6));
    expect(complaint(sessionOrder, story)).toBe("pass");
  },
);

test("a write that was lost with its connection may be applied before the next one sends anything", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "first").with({ xid: 5 }).at(10, 12).lost(z(6));
  client.disconnects(12).on(2).reconnects(20);
  client.set("/a", "second").with({ xid: 6 }).at(21, 22).ok(z(7));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("a read that shows the write which its session sent after it is found", () => {
  const story = new Story();
  const client = story.client(1).opens(z(2), 5);
  client.get("/a").with({ xid: 5 }).at(10, 19).ok(z(3), { value: "y" });
  client.set("/a", "y").with({ xid: 6 }).at(10, 20).ok(z(3));
  expect(complaint(sessionOrder, story)).toContain(
    "client 1's getData /a was answered as of zxid 0x100000003, which is that of the setData /a",
  );
});

test("a write that was left out although the close behind it was taken is found", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "left out").with({ xid: 5 }).at(10, 12).lost();
  client.closes().with({ xid: 6 }).at(10, 12).ok(z(6));
  expect(complaint(sessionOrder, story)).toContain(
    "close (xid 6) was applied at zxid 0x100000006, but setData /a (xid 5), which was sent before it",
  );
});

test.each([
  ["slow-disk", "never was"],
  ["disk-full", "pass"],
])("beside a %s a write that timed out and was left out: %s", (fault, said) => {
  const story = new Story().fault(fault, 5, 11);
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "left out").with({ xid: 5 }).at(10, 12).lost(null, -7);
  client.set("/a", "done").with({ xid: 6 }).at(20, 22).ok(z(6));
  expect(complaint(sessionOrder, story)).toContain(said);
});

test("a write to one server may be lost, and the next one, to another server, is no gap behind it", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "lost").with({ xid: 5 }).at(10, 12).lost();
  client.on(2).set("/a", "done").with({ xid: 6 }).at(20, 22).ok(z(6));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("a write that was refused without a trace and one that came after the session's end are no gap", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "moved").with({ xid: 5 }).at(10, 12).lost();
  client.set("/a", "too late").with({ xid: 6 }).at(10, 12).lost();
  const { session } = client;
  client.disconnects(12).on(2).reconnects(20);
  client.closes().with({ xid: 7 }).at(21, 22).ok(z(6));
  story.logged({ zxid: z(7), session, cxid: 6, type: "error", code: -112 });
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("the last writes of a connection may be lost with it, and what was never sent is nowhere", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "first").with({ xid: 4 }).at(9, 10).ok(z(6));
  client.set("/a", "lost").with({ xid: 5 }).at(10, 12).lost();
  client.set("/a", "not sent").with({ xid: 3, server: 0 }).at(10, 12).lost();
  client.disconnects(12).on(2).reconnects(20);
  client.set("/a", "second").with({ xid: 6 }).at(21, 22).ok(z(7));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

test("a write that waited for its connection is not ordered by the xid of an older one", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.set("/a", "waited").with({ xid: 5 }).at(4, 30).lost(z(7));
  client.set("/a", "second").with({ xid: 6 }).at(11, 20).ok(z(6));
  expect(complaint(sessionOrder, story)).toBe("pass");
});

describe("a session that another client has gone on with", () => {
  /** Client 1 has the session at server 1; client 2 is let in with it at the server, at 20 ms. */
  function taken(server: number): Story {
    const story = new Story();
    const { session } = story.client(1).opens(z(1), 5);
    const who = { client: 2, session, server } as const;
    const letIn = { event: "reconnected", timeoutMs: 1_000, lastZxid: 0, atMs: 20 } as const;
    story.records.push({ kind: "session", ...who, ...letIn });
    return story.sample(server, 10, { epoch: 1 });
  }

  test("is not served on its old connection at the same server", () => {
    const story = taken(1);
    story.client(1).get("/a").at(30, 31).ok(z(5));
    expect(complaint(sessionOrder, story)).toBe(
      "Session order broke: client 1's getData /a was answered by server 1, as of zxid 0x100000005, over a " +
        "connection that session 0x101 had left: client 2 had gone on with it at server 1 before.",
    );
  });

  test("writes nothing over its old connection elsewhere, which may read on for a while", () => {
    const story = taken(2);
    story.client(1).get("/a").at(30, 31).ok(z(5));
    expect(complaint(sessionOrder, story)).toBe("pass");
    story.client(1).set("/a", "late").at(32, 33).ok(z(6));
    expect(complaint(sessionOrder, story)).toContain("setData /a was answered by server 1");
  });

  test("may have been let in by a leader that is none any more", () => {
    const story = taken(2);
    story.client(1).set("/a", "x").at(32, 33).ok(z(6, 2));
    expect(complaint(sessionOrder, story)).toBe("pass");
  });

  test("was served before that, and is when it comes back", () => {
    const story = taken(1);
    story.client(1).set("/a", "x").at(18, 25).ok(z(5));
    story.client(1).disconnects(26).reconnects(40);
    story.client(1).set("/a", "again").at(41, 42).ok(z(6));
    expect(complaint(sessionOrder, story)).toBe("pass");
  });
});

test("no replies, nothing to say", () => {
  const story = new Story();
  story.client(1).get("/a").at(10, 12).lost();
  expect(judge(sessionOrder, story).verdict).toBe("unknown");
});
