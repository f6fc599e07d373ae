import { describe, expect, test } from "vitest";
import type { ServerTxn, StatRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { made, STAT, tree } from "./atomicity-fixture.ts";
import { atomicity } from "./atomicity.ts";
import type { StoryOp } from "./story-op.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

describe("a Stat is that of the state at the reply's zxid", () => {
  test.each<[Partial<StatRecord>, string]>([
    [{ czxid: z(2) }, "czxid 0x100000002 instead of 0x100000001"],
    [{ mzxid: z(1) }, "mzxid 0x100000001 instead of 0x100000002"],
    [{ pzxid: z(2) }, "pzxid 0x100000002 instead of 0x100000001"],
    [{ version: 0 }, "version 0 instead of 1"],
    [{ cversion: 1 }, "cversion 1 instead of 0"],
    [{ aversion: 1 }, "aversion 1 instead of 0"],
    [{ numChildren: 1 }, "numChildren 1 instead of 0"],
    [{ dataLength: 3 }, "dataLength 3 instead of 4"],
    [{ ctimeMs: 2_000 }, "ctime 2000 instead of 1000"],
    [{ mtimeMs: 1_000 }, "mtime 1000 instead of 2000"],
    [{ ephemeralOwner: "0x7" }, "ephemeralOwner 0x7 instead of 0x0"],
  ])("%o is found", (wrong, difference) => {
    const story = tree();
    const stat = { ...STAT, ...wrong };
    story.client(1).exists("/a").at(10, 12).ok(z(2), { stat });
    const result = judge(atomicity, story);
    expect(result.violations.map(({ message }) => message)).toEqual([
      `Stat broke: client 1's exists /a was answered as of zxid 0x100000002, but shows ${difference}.`,
    ]);
    expect(result.violations[0]?.evidence).toEqual([
      `t=0.010–0.012s client 1 session 0x101 server 1 exists /a → zxid 0x100000002 (version ${stat.version})`,
      '0x100000002 setData /a by session 0x7 (cxid 1, value "two", version 1)',
    ]);
  });

  test("an older state is legal at its own zxid, and the newest at the begin of the next epoch", () => {
    const story = tree();
    const before = { mzxid: z(1), version: 0, dataLength: 3, mtimeMs: 1_000 };
    story
      .client(1)
      .exists("/a")
      .at(10, 12)
      .ok(z(1), { stat: { ...STAT, ...before } });
    story.client(1).exists("/a").at(20, 22).ok(z(0, 2), { stat: STAT });
    expect(judge(atomicity, story)).toMatchObject({
      verdict: "pass",
      looked: { transactions: 2, "Stats compared": 2 },
    });
  });

  test("a parent counts its children, and a container shows no owner", () => {
    const story = tree().logged(made("/a/c", z(3), "0x8000000000000000"));
    const parent = { ...STAT, pzxid: z(3), cversion: 1, numChildren: 1 };
    story.client(1).exists("/a").at(10, 12).ok(z(3), { stat: parent });
    const born = { czxid: z(3), mzxid: z(3), pzxid: z(3), version: 0, mtimeMs: 0, ctimeMs: 0 };
    const { dataLength: _, ...container } = { ...STAT, ...born };
    story.client(1).exists("/a/c").at(20, 22).ok(z(3), { stat: container });
    expect(complaint(atomicity, story)).toBe("pass");
  });

  test("the system's znodes count like others from what they begin with", () => {
    const root = { ...STAT, czxid: 0, mzxid: 0, pzxid: z(1), version: 0, ctimeMs: 0, mtimeMs: 0 };
    const story = tree();
    const stat = { ...root, cversion: 0, numChildren: 2, dataLength: 0 };
    story.client(1).exists("/").at(10, 12).ok(z(2), { stat });
    expect(complaint(atomicity, story)).toBe("pass");
    story
      .client(1)
      .exists("/")
      .at(20, 22)
      .ok(z(2), { stat: { ...stat, numChildren: 1 } });
    expect(complaint(atomicity, story)).toContain("numChildren 1 instead of 2");
  });

  test("a write's own Stat is looked at, too", () => {
    const story = tree();
    const set = story.client(1).set("/a", "three").unlogged();
    set.with({ xid: 9 }).at(10, 12).ok(z(3), { stat: STAT });
    const txn = { zxid: z(3), type: "setData", path: "/a", value: "three", version: 2 } as const;
    story.logged({ ...txn, session: "0x101", cxid: 9 });
    expect(complaint(atomicity, story)).toContain("mzxid 0x100000002 instead of 0x100000003");
  });
});

test("neither a write nor getACL shows a znode that is not there", () => {
  const story = tree();
  story.client(1).getACL("/none").at(10, 11).ok(z(2), { acl: "world:anyone:31", stat: STAT });
  story.client(1).setACL("/gone", "world:anyone:1").at(12, 13).ok(z(2), { stat: STAT });
  expect(complaint(atomicity, story)).toMatch(
    /getACL \/none was answered as of zxid 0x100000002, but shows a znode, where[^]*setACL \/gone was/,
  );
});

describe("an error code is what the state deserves", () => {
  test.each<[string, (story: Story) => void, string]>([
    [
      "a znode that is there is not missed",
      (story) => story.client(1).delete("/a").at(10, 12).fails(ErrorCode.NoNode, z(3)),
      "client 1's delete /a was refused with NoNode as of zxid 0x100000003, where success is right.",
    ],
    [
      "a version that fits is not refused",
      (story) =>
        story
          .client(1)
          .set("/a", "x")
          .with({ expectedVersion: 1 })
          .at(10, 12)
          .fails(ErrorCode.BadVersion, z(3)),
      "client 1's setData /a was refused with BadVersion as of zxid 0x100000003, where success is right.",
    ],
    [
      "a znode without children is not NotEmpty, and not there is NoNode",
      (story) => story.client(1).delete("/none").at(10, 12).fails(ErrorCode.NotEmpty, z(3)),
      "client 1's delete /none was refused with NotEmpty as of zxid 0x100000003, where NoNode is right.",
    ],
    [
      "what everybody may do is not forbidden",
      (story) => story.client(1).get("/a").at(10, 12).fails(ErrorCode.NoAuth, z(2)),
      "client 1's getData /a was refused with NoAuth as of zxid 0x100000002, where success is right.",
    ],
    [
      "a persistent znode may have children",
      (story) =>
        story
          .client(1)
          .create("/a/b", "x")
          .at(10, 12)
          .fails(ErrorCode.NoChildrenForEphemerals, z(3)),
      "client 1's create /a/b was refused with NoChildrenForEphemerals as of zxid 0x100000003, where success",
    ],
    [
      "a missing znode has an ACL for nobody",
      (story) => story.client(1).getACL("/a").at(10, 12).fails(ErrorCode.NoNode, z(2)),
      "client 1's getACL /a was refused with NoNode as of zxid 0x100000002, where success is right.",
    ],
  ])("%s", (_, tell, message) => {
    const story = tree();
    tell(story);
    expect(complaint(atomicity, story)).toContain(`Error code broke: ${message}`);
  });

  test("the reply has the code of its transaction", () => {
    const story = tree();
    story.client(1).delete("/none").unlogged().with({ xid: 3 }).fails(ErrorCode.NoNode, z(3));
    story.logged({ zxid: z(3), type: "error", code: -103, session: "0x101", cxid: 3 });
    expect(complaint(atomicity, story)).toBe(
      "Error code broke: client 1's delete /none was refused with NoNode, and has BadVersion in the log.",
    );
  });

  test("what was refused is not in the log as done", () => {
    const story = tree();
    story.client(1).delete("/a").unlogged().with({ xid: 3 }).fails(ErrorCode.NotEmpty, z(3));
    story.logged({ zxid: z(3), type: "delete", path: "/a", session: "0x101", cxid: 3 });
    expect(complaint(atomicity, story)).toBe(
      "Atomicity broke: client 1's delete /a was refused with NotEmpty, but the log has its delete /a " +
        "at zxid 0x100000003.",
    );
  });

  test("what its client called failed, without an answer, is not in the log as done either", () => {
    const story = tree();
    const asked = (): StoryOp => story.client(1).set("/a", "three").unlogged().with({ xid: 3 });
    asked().fails(ErrorCode.OperationTimeout, -1);
    const done = { zxid: z(3), type: "setData", path: "/a", version: 2, session: "0x101" } as const;
    story.logged({ ...done, value: "three", cxid: 3 });
    expect(complaint(atomicity, story)).toContain(
      "client 1's setData /a was refused with OperationTimeout, but the log has its setData /a",
    );
    const other = tree();
    other.client(1).set("/a", "three").unlogged().with({ xid: 3 }).fails(ErrorCode.ThrottledOp, -1);
    // The xid of what was never sent is that of the next request.
    other.logged({ ...done, value: "four", cxid: 3 });
    expect(complaint(atomicity, other)).toBe("pass");
  });

  test("right refusals, and those that the tree does not decide, are legal", () => {
    const story = tree();
    const client = story.client(1);
    client.delete("/none").at(10, 11).fails(ErrorCode.NoNode, z(3));
    client.create("/a", "x").at(12, 13).fails(ErrorCode.NodeExists, z(4));
    client.set("/a", "x").with({ expectedVersion: 7 }).at(14, 15).fails(ErrorCode.BadVersion, z(5));
    client.set("/a", "x").at(16, 17).fails(ErrorCode.QuotaExceeded, z(6));
    story.logged({ zxid: z(7), type: "setACL", path: "/a", acl: "world:anyone:1", version: 1 });
    client.set("/a", "x").at(18, 19).fails(ErrorCode.NoAuth, z(8));
    expect(judge(atomicity, story)).toMatchObject({ verdict: "pass", looked: { refusals: 4 } });
  });

  test("a server may refuse by itself, as of the state that it has", () => {
    const story = tree();
    story.client(1).delete("/none").unlogged().at(10, 11).fails(ErrorCode.NoNode, z(2));
    expect(complaint(atomicity, story)).toBe("pass");
  });
});

describe("the log fits together", () => {
  test.each<[Partial<ServerTxn> & Pick<ServerTxn, "type">, string]>([
    [{ type: "create", path: "/a" }, "create /a at zxid 0x100000003 does not fit"],
    [{ type: "create", path: "/x/y" }, "its parent is not there"],
    [{ type: "delete", path: "/x", cxid: 1 }, "there is no such znode"],
    [{ type: "setData", path: "/a", version: 3 }, "(version 3) does not fit what was before: its"],
    [{ type: "setACL", path: "/a", version: 2 }, "the version of its ACL is 0"],
    [{ type: "delete", path: "/a" }, "the leader removed /a by itself at zxid 0x100000003"],
  ])("%o is found", (txn, message) => {
    const story = tree().logged({ zxid: z(3), ...txn });
    expect(complaint(atomicity, story)).toContain(message);
  });

  test("a delete that expected another version is not done", () => {
    const story = tree();
    story.client(1).delete("/a").with({ expectedVersion: 0 }).at(10, 11).ok(z(3));
    expect(complaint(atomicity, story)).toBe(
      "State broke: client 1's delete /a was done at zxid 0x100000003, but it expected version 0, and " +
        "the version was 1.",
    );
  });

  test("a create that asks for no number makes its own path", () => {
    const story = tree();
    story.client(1).create("/b", "x").at(10, 11).ok(z(3), { created: "/b0000000001" });
    expect(complaint(atomicity, story)).toContain("but it made /b0000000001");
  });

  test("an ACL is the one that was asked for, and the one that is shown", () => {
    const story = tree();
    const acl = "world:anyone:31";
    story.client(1).setACL("/a", "world:anyone:3").with({ xid: 8 }).unlogged().ok(z(3));
    const set = { zxid: z(3), type: "setACL", path: "/a", version: 1, acl } as const;
    story.logged({ ...set, session: "0x101", cxid: 8 });
    story.client(1).getACL("/a").at(20, 21).ok(z(3), { acl: "world:anyone:3" });
    expect(complaint(atomicity, story)).toMatch(
      /gave the ACL world:anyone:31 instead of world:anyone:3\.[^]*shows the ACL world:anyone:3 instead/,
    );
  });
});

describe("the leader removes by itself", () => {
  const CONTAINER = "0x8000000000000000";
  const ONE_SECOND = "0xff000000000003e8";
  const removal = (path: string, zxid: number, timeMs: number) =>
    ({ zxid, type: "delete", path, timeMs }) as const;

  test("a container that had children, and what outlived its time", () => {
    const story = tree()
      .logged(made("/c", z(3), CONTAINER))
      .logged(made("/c/n", z(4)));
    story.logged({ ...made("/t", z(5), ONE_SECOND), timeMs: 3_000 });
    story.logged({ ...removal("/c/n", z(6), 3_500), session: "0x7", cxid: 2 });
    story.logged(removal("/c", z(7), 3_600)).logged(removal("/t", z(8), 4_001));
    expect(complaint(atomicity, story)).toBe("pass");
  });

  test("no container that is new", () => {
    const story = tree()
      .logged(made("/c", z(3), CONTAINER))
      .logged(removal("/c", z(4), 9_000));
    expect(complaint(atomicity, story)).toContain(
      "the leader removed /c by itself at zxid 0x100000004, a container that never had a child.",
    );
  });

  test("nothing whose time is not over since it was written last", () => {
    const story = tree().logged({ ...made("/t", z(3), ONE_SECOND), timeMs: 3_000 });
    const set = { type: "setData", path: "/t", version: 1, session: "0x7", cxid: 2 } as const;
    story.logged({ ...set, zxid: z(4), timeMs: 3_900 }).logged(removal("/t", z(5), 4_100));
    expect(complaint(atomicity, story)).toContain(
      "the leader removed /t by itself at zxid 0x100000005, 200 ms after it was written last, though " +
        "its time to live is 1000 ms.",
    );
  });
});

describe("an ACL that gives a right to nobody", () => {
  function closed(perms: number): Story {
    const acl = `world:anyone:${perms}`;
    const set = { zxid: z(3), type: "setACL", path: "/a", version: 1, acl } as const;
    return tree().logged({ ...set, session: "0x7", cxid: 3 });
  }

  test("keeps a reader out", () => {
    const story = closed(30);
    story.client(1).get("/a").at(10, 11).ok(z(3), { value: "two" });
    expect(complaint(atomicity, story)).toBe("pass");
    story.run = { aclsBind: true };
    expect(complaint(atomicity, story)).toBe(
      "Rights broke: client 1's getData /a was answered as of zxid 0x100000003, though the ACL " +
        "world:anyone:30 keeps it from everybody.",
    );
  });

  test("keeps a writer out, whose other rights are of no use", () => {
    const story = closed(29);
    story.client(1).get("/a").at(10, 11).ok(z(3), { value: "two" });
    story.client(1).set("/a", "three").at(10, 12).ok(z(4));
    expect(complaint(atomicity, story)).toBe("pass");
    story.run = { aclsBind: true };
    expect(complaint(atomicity, story)).toBe(
      "State broke: client 1's setData /a was done at zxid 0x100000004, but an ACL keeps it from everybody.",
    );
  });

  test("of the parent keeps children from being made, and deleted", () => {
    const story = closed(19);
    story.run = { aclsBind: true };
    story.client(1).create("/a/n", "x").at(10, 12).ok(z(4));
    story.client(1).delete("/a/n").at(20, 22).ok(z(5));
    expect(complaint(atomicity, story)).toMatch(/create \/a\/n was done[^]*delete \/a\/n was done/);
  });
});

describe("what cannot be known is not judged", () => {
  test("without a final log nothing is decided", () => {
    expect(judge(atomicity, Object.assign(tree(), { servers: 0 }))).toMatchObject({
      verdict: "unknown",
      note: "no server's final log was recorded",
    });
  });

  function later(): Story {
    const story = tree();
    for (const server of [1, 2, 3]) {
      story.server(server, ({ log }) => ({
        logFromZxid: z(1),
        log: log.filter(({ zxid }) => zxid > z(1)),
      }));
    }
    return story;
  }

  test("of a log that begins above a snapshot, what it tells is judged", () => {
    const story = later();
    story
      .client(1)
      .exists("/a")
      .at(10, 11)
      .ok(z(2), { stat: { ...STAT, czxid: 9 } });
    story.client(1).exists("/old").at(12, 13).ok(z(2), { stat: STAT });
    expect(judge(atomicity, story)).toMatchObject({
      verdict: "pass",
      looked: {
        "Stats compared": 1,
        "replies about what is older than the log (undecided)": 1,
      },
    });
    story
      .client(1)
      .exists("/a")
      .at(20, 21)
      .ok(z(2), { stat: { ...STAT, version: 0 } });
    expect(complaint(atomicity, story)).toContain("version 0 instead of 1");
  });

  test("of a log that tells of no znode that was looked at, nothing is", () => {
    const story = later();
    story.client(1).exists("/old").at(12, 13).ok(z(2), { stat: STAT });
    expect(judge(atomicity, story)).toMatchObject({
      verdict: "unknown",
      note: "the final logs begin above a snapshot: of no reply's znode the state is known",
    });
  });

  test("a state that was rolled back is for C7", () => {
    const story = tree();
    story.client(1).exists("/a").at(10, 11).ok(z(9), { stat: STAT });
    expect(judge(atomicity, story)).toMatchObject({
      verdict: "pass",
      looked: { "replies beyond the final log (for C7)": 1 },
    });
  });
});

test("the evidence of a refusal that is not right says what the state was", () => {
  const story = new Story();
  story.client(1).create("/a", "x").at(1, 2).ok(z(1));
  story
    .client(2)
    .set("/a", "y")
    .with({ expectedVersion: 3 })
    .at(5, 6)
    .fails(ErrorCode.NoNode, z(2));
  expect(judge(atomicity, story).violations[0]?.evidence).toEqual([
    expect.stringContaining("client 2 session 0x102 server 1 setData /a → fail NoNode"),
    expect.stringContaining("0x100000002 error"),
    "by the log up to there: /a has version 0, numChildren 0, and was changed last at zxid 0x100000001",
    expect.stringContaining("0x100000001 create /a by session 0x101"),
  ]);
  const none = new Story();
  none.client(1).create("/a", "x").at(1, 2).ok(z(1));
  none.client(2).delete("/a/b").at(5, 6).fails(ErrorCode.NotEmpty, z(2));
  expect(judge(atomicity, none).violations[0]?.evidence.slice(2)).toEqual([
    "by the log up to there: /a/b is not there",
    expect.stringContaining("by the log up to there: /a has version 0"),
    expect.stringContaining("0x100000001 create /a"),
  ]);
});
