import { expect, test } from "vitest";
import { sequentialNames } from "./sequential-names.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

const SEQUENTIAL = 2;
const CONTAINER = 4;

function queue(): Story {
  const story = new Story();
  story.client(1).create("/q", "").at(1, 2).ok(z(1));
  return story;
}

function item(story: Story, zxid: number, created: string): Story {
  const at = zxid % 1_000;
  const create = story.client(1).create("/q/n-", "", SEQUENTIAL);
  return create
    .with({ created })
    .at(at * 10, at * 10 + 1)
    .ok(zxid);
}

test("the number counts all creations and does not go back on deletes", () => {
  const story = queue();
  item(story, z(2), "/q/n-0000000000");
  story.client(1).create("/q/plain", "").at(25, 26).ok(z(3));
  story.client(1).delete("/q/n-0000000000").at(27, 28).ok(z(4));
  item(story, z(5), "/q/n-0000000002");
  expect(judge(sequentialNames, story)).toMatchObject({
    verdict: "pass",
    looked: { "sequential creates": 2, parents: 1 },
  });
});

test("a parent that was created again counts from zero", () => {
  const story = queue();
  item(story, z(2), "/q/n-0000000000");
  story.client(1).delete("/q/n-0000000000").at(25, 26).ok(z(3));
  story.client(1).delete("/q").at(27, 28).ok(z(4));
  story.client(1).create("/q", "").at(29, 30).ok(z(5));
  item(story, z(6), "/q/n-0000000000");
  expect(complaint(sequentialNames, story)).toBe("pass");
});

test("of two lives of a parent whose end a purged log does not tell nothing is asked", () => {
  const story = queue();
  item(story, z(2), "/q/n-0000000000");
  story.client(1).delete("/q/n-0000000000").at(25, 26).ok(z(3));
  story.client(1).delete("/q").at(27, 28).ok(z(4));
  story.client(1).create("/q", "").at(29, 30).ok(z(5));
  item(story, z(6), "/q/n-0000000000");
  for (const id of [1, 2, 3]) {
    story.server(id, ({ log }) => ({
      logFromZxid: z(5),
      log: log.filter((txn) => txn.zxid > z(5)),
    }));
  }
  expect(complaint(sequentialNames, story)).toBe("pass");
});

test.each([
  ["a container", CONTAINER, (story: Story): Story => story],
  [
    "deleted in a multi",
    0,
    (story: Story): Story =>
      story.client(1).multi({ type: "delete", path: "/q", code: 0 }).at(25, 26).ok(z(4)),
  ],
])("without a log a parent that is %s may have begun anew", (_, flags, remove) => {
  const story = new Story();
  story.client(1).create("/q", "", flags).at(1, 2).ok(z(1));
  item(story, z(2), "/q/n-0000000000");
  remove(story);
  item(story, z(6), "/q/n-0000000000");
  story.servers = 0;
  expect(complaint(sequentialNames, story)).toBe("pass");
});

test("a creation whose reply was lost counts", () => {
  const story = queue();
  const lost = story.client(2).create("/q/n-", "", SEQUENTIAL);
  lost.with({ created: "/q/n-0000000000" }).at(15, 16).lost(z(2));
  item(story, z(3), "/q/n-0000000001");
  expect(complaint(sequentialNames, story)).toBe("pass");
});

test.each([
  [
    "a name given twice",
    "/q/n-0000000000",
    "/q/n-0000000000 was given twice: to client 1 at zxid 0x100000002, and to client",
  ],
  [
    "a number that skips",
    "/q/n-0000000007",
    "got number 7 at zxid 0x100000003, which should be 1: so many children of /q had been created",
  ],
  ["a number of nine digits", "/q/n-000000001", "not the path and a number of ten digits"],
  ["another name", "/q/x-0000000001", "not the path and a number of ten digits"],
])("%s is found", (_, created, message) => {
  const story = item(queue(), z(2), "/q/n-0000000000");
  expect(complaint(sequentialNames, item(story, z(3), created))).toContain(message);
});

test("a number that falls is found without the log too", () => {
  const story = item(item(queue(), z(2), "/q/n-0000000005"), z(3), "/q/n-0000000004");
  story.servers = 0;
  expect(complaint(sequentialNames, story)).toContain(
    "/q/n-0000000004 (zxid 0x100000003, client 1) was created after /q/n-0000000005 (zxid " +
      "0x100000002, client 1), but its number is lower",
  );
});

test("no sequential znodes, nothing to say", () => {
  expect(judge(sequentialNames, queue()).verdict).toBe("unknown");
});

test("the evidence of a wrong number has the creation before it", () => {
  const story = item(item(queue(), z(2), "/q/n-0000000000"), z(3), "/q/n-0000000007");
  expect(judge(sequentialNames, story).violations[0]?.evidence).toEqual([
    expect.stringContaining("created /q/n-0000000007"),
    expect.stringContaining("0x100000003 create /q/n-0000000007"),
    expect.stringContaining("the one before: 0x100000002 create /q/n-0000000000"),
  ]);
});
