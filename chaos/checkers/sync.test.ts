import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";
import { syncs } from "./sync.ts";

/** Client 1's write is acknowledged at 20; client 2 sends its sync at 30. */
function written(): Story {
  const story = new Story();
  return story.client(1).set("/a", "new").at(10, 20).ok(z(2));
}

describe("what sync forbids", () => {
  test("a sync that is answered from the past", () => {
    const story = written();
    story.client(2).on(3).sync("/").at(30, 31).ok(z(1));
    const [violation] = judge(syncs, story).violations;
    expect(violation?.message).toBe(
      "Sync broke: client 2's sync / was answered by server 3 as of zxid 0x100000001, though zxid " +
        "0x100000002 had been shown to client 1 before the sync was sent.",
    );
    expect(violation?.evidence).toEqual([
      't=0.010–0.020s client 1 session 0x101 server 1 setData /a → zxid 0x100000002 (value "new")',
      "t=0.030–0.031s client 2 session 0x102 server 3 sync / → zxid 0x100000001",
    ]);
  });

  test("a sync that is answered from before what a watch had told", () => {
    const story = new Story();
    story.client(1).set("/a", "new").at(10, 200).ok(z(2));
    story.client(3).sees("dataChanged", "/a", z(2), 20);
    story.client(2).on(3).sync("/").at(30, 31).ok(z(1));
    expect(complaint(syncs, story)).toContain("0x100000002 had been shown to client 3 before");
  });

  test("a read after the sync that shows an older state", () => {
    const story = written();
    const client = story.client(2).on(3);
    client.sync("/").at(30, 31).ok(z(2));
    client.get("/a").at(32, 33).ok(z(1));
    const result = judge(syncs, story);
    expect(result.violations[0]?.message).toBe(
      "Sync broke: session 0x102 had a sync answered, but client 2's getData /a was then answered as of " +
        "zxid 0x100000001, though zxid 0x100000002 had been shown to client 1 before the sync was sent.",
    );
    expect(result.violations[0]?.evidence).toHaveLength(3);
  });

  test("an older state on the server that the session has moved to after its sync", () => {
    const story = written();
    const client = story.client(2).on(3);
    client.sync("/").at(30, 31).ok(z(2));
    client.on(1).reconnects(40);
    client.exists("/a").at(41, 42).fails(ErrorCode.NoNode, z(1));
    expect(complaint(syncs, story)).toContain("client 2's exists /a was then answered as of");
  });

  test("a state older than one that somebody had only read", () => {
    const story = new Story();
    story.client(1).get("/a").at(10, 20).ok(z(5));
    story.client(2).sync("/").at(30, 31).ok(z(4));
    expect(complaint(syncs, story)).toContain("zxid 0x100000005 had been shown to client 1");
  });
});

describe("what sync allows", () => {
  test("not to see a write that was answered while the sync was under way", () => {
    const story = written();
    story.client(2).sync("/").at(15, 31).ok(z(1));
    story.client(2).get("/a").at(32, 33).ok(z(1));
    expect(complaint(syncs, story)).toBe("pass");
  });

  test("a write answered in the very moment in which the sync is sent", () => {
    const story = written();
    story.client(2).sync("/").at(20, 31).ok(z(1));
    expect(complaint(syncs, story)).toBe("pass");
  });

  test("old reads before the sync, of other sessions, and of the client's next session", () => {
    const story = written();
    const client = story.client(2).on(3);
    client.get("/a").at(25, 26).ok(z(1));
    client.sync("/").at(30, 31).ok(z(2));
    story.client(3).get("/a").at(32, 33).ok(z(1));
    client.get("/a").with({ session: "0x999" }).at(34, 35).ok(z(1));
    expect(complaint(syncs, story)).toBe("pass");
  });

  test("old reads after a sync that failed, or whose answer was lost", () => {
    const story = written();
    const client = story.client(2).on(3);
    client.sync("/").at(30, 31).lost();
    client.sync("/").at(32, 33).fails(ErrorCode.NotReadOnly, z(1));
    client.get("/a").at(34, 35).ok(z(1));
    expect(judge(syncs, story).verdict).toBe("unknown");
  });

  test("a write of which nobody knows whether it was done", () => {
    const story = new Story();
    story.client(1).set("/a", "x").at(10, 20).lost(z(9));
    story.client(2).sync("/").at(30, 31).ok(z(1));
    expect(complaint(syncs, story)).toBe("pass");
  });
});

test("it says how many syncs and replies after them it looked at", () => {
  const story = written();
  const client = story.client(2);
  client.sync("/").at(30, 31).ok(z(2));
  client.get("/a").at(32, 33).ok(z(2));
  expect(judge(syncs, story).looked).toEqual({ syncs: 1, "replies after a sync": 2 });
});
