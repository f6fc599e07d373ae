import { expect, test } from "vitest";
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

test("two leaders of one epoch are found", () => {
  const story = new Story().sample(1, 5, { state: "LEADING" }).sample(2, 6, { state: "LEADING" });
  expect(complaint(locks, story)).toContain("servers 1 and 2 both led epoch 1");
});

test("no locks and no leaders, nothing to say", () => {
  expect(judge(locks, new Story()).verdict).toBe("unknown");
});
