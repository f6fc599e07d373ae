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
});
