import { describe, expect, test } from "vitest";
import { atomicity } from "./atomicity.ts";
import { complaint } from "./story-verdict.ts";
import type { StoryOp } from "./story-op.ts";
import { Story, z } from "./story.ts";

describe("a write is applied once", () => {
  /** The log has it under an earlier request of its session, too. */
  function appliedBefore(): { story: Story; write: StoryOp } {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    client.create("/a", "first").at(10, 12).ok(z(2));
    story.logged({
      zxid: z(3),
      type: "setData",
      session: client.session,
      cxid: 900,
      path: "/a",
      value: "again",
      version: 1,
    });
    return { story, write: client.set("/a", "again").with({ xid: 901 }).at(14, 30) };
  }

  test("one that its client sent again after it had been applied is found", () => {
    const { story, write } = appliedBefore();
    write.ok(z(4));
    expect(complaint(atomicity, story)).toContain("client 1's setData /a was applied 2 times");
  });

  test("one that was applied under an earlier request, and never again, is fine", () => {
    const { story, write } = appliedBefore();
    write.lost();
    expect(complaint(atomicity, story)).toBe("pass");
  });

  test("one without an answer that stands twice in the log is found", () => {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    client.create("/a", "first").at(10, 12).ok(z(2));
    client.set("/a", "again").with({ xid: 9 }).at(14, 30).lost(z(3));
    const { session } = client;
    const again = { type: "setData", session, cxid: 9, path: "/a", value: "again" } as const;
    expect(complaint(atomicity, story)).toBe("pass");
    story.logged({ zxid: z(4), ...again, version: 2 });
    expect(complaint(atomicity, story)).toContain("client 1's setData /a was applied 2 times");
  });
});

describe("a write that nobody has asked for", () => {
  const ghost = { type: "setData", cxid: 6, path: "/a", value: "ghost", version: 1 } as const;

  test("is found in the session of a client that is known", () => {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    client.create("/a", "first").at(10, 12).ok(z(2));
    story.logged({ zxid: z(3), session: client.session, ...ghost });
    expect(complaint(atomicity, story)).toContain(
      "zxid 0x100000003 is a setData by session 0x101, which nobody has asked for",
    );
  });

  test("may be a stranger's, or one whose answer was lost", () => {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    client.create("/a", "first").at(10, 12).ok(z(2));
    story.logged({ zxid: z(3), session: "0xfeed", ...ghost, value: "stranger" });
    client.set("/a", "ghost").with({ xid: 6 }).at(14, 30).lost();
    story.logged({ zxid: z(4), session: client.session, ...ghost, version: 2 });
    expect(complaint(atomicity, story)).toBe("pass");
  });
});
