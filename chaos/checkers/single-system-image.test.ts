import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { singleSystemImage } from "./single-system-image.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

function versions(): Story {
  const story = new Story();
  const writer = story.client(9);
  writer.create("/a", "one").at(1, 2).ok(z(1));
  writer.set("/a", "two").at(3, 4).ok(z(2));
  writer.create("/a/b", "child").at(5, 6).ok(z(3));
  writer.delete("/a/b").at(7, 8).ok(z(4));
  return story;
}

const stat = {
  czxid: z(1),
  mzxid: z(2),
  pzxid: z(3),
  version: 1,
  cversion: 1,
  ephemeralOwner: "0x0",
  numChildren: 1,
};

describe("a session does not go back in time", () => {
  test("a client that moves to a server that lags behind it is found", () => {
    const story = versions();
    const client = story.client(1);
    client.get("/a").at(10, 12).ok(z(2), { value: "two" });
    client.on(2).reconnects(15);
    client.get("/a").at(20, 22).ok(z(1), { value: "one" });
    const { violations } = judge(singleSystemImage, story);
    expect(violations).toMatchObject([
      {
        message:
          "Single system image broke: session 0x101 had seen zxid 0x100000002, but server 2 " +
          "answered, after server 1, with an older state to client 1's getData /a: zxid 0x100000001.",
        evidence: [
          't=0.010–0.012s client 1 session 0x101 server 1 getData /a → zxid 0x100000002 (value "two")',
          't=0.020–0.022s client 1 session 0x101 server 2 getData /a → zxid 0x100000001 (value "one")',
        ],
      },
    ]);
  });

  test("a server that let in a client that had seen more than it shows is found", () => {
    const story = versions();
    const client = story.client(1).on(2);
    client.sync("/").with({ op: "connect", path: "" }).at(10, 12).ok(z(2));
    client.get("/a").at(20, 22).ok(z(1), { value: "one" });
    expect(complaint(singleSystemImage, story)).toContain("had seen zxid 0x100000002");
  });

  test("a read after an event of a later zxid is found; a write's late acknowledgement is not", () => {
    const write = versions();
    const writer = write.client(1).sees("dataChanged", "/a", z(4), 10);
    writer.set("/a", "x").unlogged().at(9, 11).ok(z(3));
    expect(complaint(singleSystemImage, write)).toBe("pass");
    const read = versions();
    const reader = read.client(1).sees("dataChanged", "/a", z(2), 10);
    reader.get("/a").at(9, 11).ok(z(1), { value: "one" });
    expect(complaint(singleSystemImage, read)).toContain("had seen zxid 0x100000002");
  });

  test("other sessions, and a new session of the same client, may be shown older states", () => {
    const story = versions();
    story.client(1).get("/a").at(10, 12).ok(z(2), { value: "two" });
    story.client(2).on(2).get("/a").at(20, 22).ok(z(1), { value: "one" });
    const reborn = story.client(1).on(2).get("/a").with({ session: "0x999" });
    reborn.at(30, 32).ok(z(1), { value: "one" });
    expect(complaint(singleSystemImage, story)).toBe("pass");
  });
});

describe("a read is the state at its zxid", () => {
  test("stale reads, and reads at the begin of an epoch, are legal", () => {
    const story = versions();
    story.client(1).get("/a").at(50, 51).ok(z(1), { value: "one" });
    story.client(2).get("/a").at(50, 51).ok(z(0, 2), { value: "two" });
    story.client(3).get("/a").at(50, 51).ok(z(3), { value: "two", stat });
    story.client(4).exists("/a/b").at(50, 51).fails(ErrorCode.NoNode, z(4));
    story
      .client(5)
      .list("/a")
      .at(50, 51)
      .ok(z(3), { children: ["b"] });
    story
      .client(5)
      .list("/")
      .at(52, 53)
      .ok(z(3), { children: ["a", "zookeeper"] });
    const result = judge(singleSystemImage, story);
    expect(result.violations).toEqual([]);
    expect(result.looked).toMatchObject({ "reads compared": 7 });
  });

  test("an old value is found, and a wrong Stat is left to C2", () => {
    const story = versions();
    story
      .client(1)
      .get("/a")
      .at(10, 12)
      .ok(z(3), { value: "two", stat: { ...stat, version: 0 } });
    expect(complaint(singleSystemImage, story)).toBe("pass");
    story.client(1).get("/a").at(20, 22).ok(z(3), { value: "one" });
    expect(complaint(singleSystemImage, story)).toContain(
      'was answered as of zxid 0x100000003, but shows value "one" instead of "two"',
    );
  });

  test("a znode that is not there any more, or not there yet, is found", () => {
    const story = versions();
    story.client(1).get("/a/b").at(10, 12).ok(z(4), { value: "child" });
    story.client(2).get("/a/b").at(10, 12).fails(ErrorCode.NoNode, z(3));
    expect(complaint(singleSystemImage, story)).toMatch(
      /a znode, where there is none[^]*no znode, where there is one/,
    );
  });

  test("a listing that lacks a child or shows one too many is found", () => {
    const story = versions();
    story
      .client(1)
      .list("/a")
      .at(10, 12)
      .ok(z(4), { children: ["b"] });
    story.client(2).list("/a").at(10, 12).ok(z(3), { children: [] });
    expect(complaint(singleSystemImage, story)).toMatch(
      /lacks b\.[^]*shows b, where there is no such znode/,
    );
  });

  test("a read of a state that was rolled back is left to reliability, and said", () => {
    const story = versions();
    story.client(1).get("/a").at(10, 12).ok(z(7), { value: "lost" });
    expect(judge(singleSystemImage, story)).toMatchObject({
      verdict: "pass",
      looked: { "reads beyond the final log (for C7)": 1 },
    });
  });

  test("what was created before the logs begin is not held against anyone", () => {
    const story = new Story();
    story.client(1).set("/old", "new").at(1, 2).ok(z(8));
    story.client(2).get("/old").at(3, 4).ok(z(7), { value: "before" });
    story.client(2).get("/old").at(5, 6).ok(z(8), { value: "new" });
    story
      .client(2)
      .list("/")
      .at(7, 8)
      .ok(z(8), { children: ["old"] });
    for (const server of [1, 2, 3]) story.server(server, () => ({ logFromZxid: z(6) }));
    expect(complaint(singleSystemImage, story)).toBe("pass");
  });
});

test("without a log the contents cannot be judged", () => {
  const story = new Story();
  story.client(1).get("/a").at(10, 12).ok(z(7), { value: "x" });
  expect(judge(singleSystemImage, story)).toMatchObject({
    verdict: "unknown",
    note: "there was no final log to compare the reads with",
  });
  expect(judge(singleSystemImage, new Story()).verdict).toBe("unknown");
});

test("the evidence of a wrong list says how the names came and went that it has wrong", () => {
  const story = new Story();
  story.client(1).create("/a", "").at(1, 2).ok(z(1));
  story.client(1).create("/a/b", "").at(3, 4).ok(z(2));
  story.client(1).delete("/a/b").at(5, 6).ok(z(3));
  story.client(1).create("/a/c", "").at(7, 8).ok(z(4));
  story
    .client(2)
    .list("/a")
    .at(9, 10)
    .ok(z(4), { children: ["b"] });
  expect(judge(singleSystemImage, story).violations[0]?.evidence).toEqual([
    expect.stringContaining("getChildren /a"),
    expect.stringContaining("the log's last change of /a/c: 0x100000004 create /a/c"),
    expect.stringContaining("the log's last change of /a/b: 0x100000003 delete /a/b"),
  ]);
});
