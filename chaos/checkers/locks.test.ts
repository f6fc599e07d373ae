import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { locks } from "./locks.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

const EPHEMERAL_SEQUENTIAL = 3;

/** Client 1 contends first (zxid 2), client 2 second (zxid 3). */
function contenders(): Story {
  const story = new Story();
  story.client(9).create("/lock", "").at(1, 2).ok(z(1));
  for (const id of [1, 2]) {
    const created = `/lock/c-000000000${id - 1}`;
    const create = story.client(id).create("/lock/c-", "", EPHEMERAL_SEQUENTIAL);
    create
      .with({ created })
      .at(10 * id, 10 * id + 1)
      .ok(z(id + 1));
  }
  return story;
}

test("the lock goes from holder to holder", () => {
  const story = contenders();
  story.client(1).acquires("L", z(2), 30).fenced("L", z(2), true, 31);
  story.client(1).delete("/lock/c-0000000000").at(40, 41).ok(z(4));
  story
    .client(2)
    .list("/lock")
    .at(42, 43)
    .ok(z(4), { children: ["c-0000000001"] });
  story.client(2).acquires("L", z(3), 43).fenced("L", z(3), true, 44).fenced("L", z(3), true, 45);
  expect(judge(locks, story)).toMatchObject({
    verdict: "pass",
    looked: { acquisitions: 2, "fenced writes": 3 },
  });
});

test("an old holder that still believes in its lock is no violation as long as it is refused", () => {
  const story = contenders();
  story.client(1).acquires("L", z(2), 30).fenced("L", z(2), true, 31);
  story.logged({ zxid: z(4), type: "closeSession", session: "0x101" });
  story
    .client(2)
    .list("/lock")
    .at(42, 43)
    .ok(z(4), { children: ["c-0000000001"] });
  story.client(2).acquires("L", z(3), 43).fenced("L", z(3), true, 44);
  story.client(1).fenced("L", z(2), false, 45);
  expect(complaint(locks, story)).toBe("pass");
  story.client(1).fenced("L", z(2), true, 46);
  expect(complaint(locks, story)).toContain(
    "L accepted token 0x100000002 after the higher 0x100000003",
  );
});

test("a resource that refuses the newest token is found", () => {
  const story = contenders();
  story.client(1).fenced("L", z(2), true, 31).fenced("L", z(3), false, 32);
  expect(complaint(locks, story)).toContain(
    "L refused token 0x100000003, though it had accepted none",
  );
});

test("who acquires while an earlier contender is there is found", () => {
  const story = contenders();
  story.client(2).list("/lock").at(32, 33).ok(z(3), { children: [] });
  story.client(2).acquires("L", z(3), 34);
  expect(complaint(locks, story)).toBe(
    "Locks broke: client 2 acquired L with /lock/c-0000000001 although /lock/c-0000000000 of " +
      "session 0x101 was before it and still there.",
  );
});

test("a token that was granted twice is found", () => {
  const story = contenders();
  story.client(1).acquires("L", z(2), 30).acquires("L", z(2), 35);
  expect(complaint(locks, story)).toBe("pass");
  story.client(2).acquires("L", z(2), 40);
  expect(complaint(locks, story)).toContain("L was granted twice with token 0x100000002");
});

test("a token that is not the creation of the holder's own ephemeral is found", () => {
  const story = contenders();
  story.client(2).acquires("L", z(2), 30);
  expect(complaint(locks, story)).toContain("not the creation of an ephemeral of its session");
});

describe("a holder that knows better", () => {
  const GONE = "Locks broke: client 2 acquired L with token 0x100000003 at t=0.060s, though it";

  /** Client 1 has gone, and client 2 knows. */
  function second(): Story {
    const story = contenders();
    story.client(1).delete("/lock/c-0000000000").at(22, 23).ok(z(4));
    return story.client(2).get("/x").at(24, 25).ok(z(4));
  }

  /** Then client 2's znode is removed by client 9. */
  function removed(): Story {
    const story = second();
    story.client(9).delete("/lock/c-0000000001").at(30, 31).ok(z(5));
    return story;
  }

  test("may acquire a lock that it has not been told to have lost", () => {
    const story = removed();
    story.client(2).get("/x").at(50, 51).ok(z(4));
    story.client(2).acquires("L", z(3), 60);
    expect(complaint(locks, story)).toBe("pass");
  });

  test.each<[string, (story: Story) => void]>([
    ["an event", (story) => story.client(2).sees("deleted", "/lock/c-0000000001", z(5), 40)],
    [
      "a list",
      (story) =>
        story
          .client(2)
          .list("/lock")
          .at(39, 40)
          .ok(z(5), { children: ["c-0000000002"] }),
    ],
    [
      "a read",
      (story) => story.client(2).get("/lock/c-0000000001").at(39, 40).fails(ErrorCode.NoNode, z(5)),
    ],
  ])("is found when it was told by %s, and has asked for more since", (_, tell) => {
    const story = removed();
    tell(story);
    story.client(2).acquires("L", z(3), 60);
    expect(complaint(locks, story)).toBe("pass");
    story.client(2).get("/x").at(50, 51).ok(z(5));
    expect(complaint(locks, story)).toBe(
      `${GONE} had been told at t=0.040s that its znode /lock/c-0000000001 was gone.`,
    );
  });

  test("is found when it has removed the znode itself", () => {
    const story = second();
    story.client(2).acquires("L", z(3), 35);
    story.client(2).delete("/lock/c-0000000001").at(39, 40).ok(z(5));
    story.client(2).get("/x").at(50, 51).ok(z(5));
    expect(complaint(locks, story)).toBe("pass");
    story.client(2).acquires("L", z(3), 60);
    expect(complaint(locks, story)).toContain(`${GONE} had been told at t=0.040s`);
  });

  test("is found when its session had ended, and it went on with another one", () => {
    const story = second();
    story.client(2).ends("expired", 40).acquires("L", z(3), 60);
    expect(complaint(locks, story)).toBe("pass");
    story.client(2).get("/x").with({ session: "0x777" }).at(50, 51).ok(z(5));
    expect(complaint(locks, story)).toBe(
      `${GONE} knew since t=0.040s that its session 0x102 was expired.`,
    );
  });
});

test("two leaders of one epoch are found", () => {
  const story = new Story().sample(1, 5, { state: "LEADING" }).sample(2, 6, { state: "LEADING" });
  expect(complaint(locks, story)).toContain("servers 1 and 2 both led epoch 1");
});

test("no locks and no leaders, nothing to say", () => {
  expect(judge(locks, new Story()).verdict).toBe("unknown");
});
