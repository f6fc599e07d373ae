import { describe, expect, test } from "vitest";
import { agreement } from "./agreement.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

function threeWrites(): Story {
  const story = new Story();
  const client = story.client(1);
  client.create("/a", "x").at(10, 12).ok(z(1));
  client.set("/a", "y").at(20, 22).ok(z(2));
  client.set("/a", "z").at(30, 32).ok(z(3));
  return story;
}

/** The third write's reply was lost, and only its successor's leader committed it. */
function lastReplyLost(): Story {
  const story = new Story();
  const client = story.client(1);
  client.create("/a", "x").at(10, 12).ok(z(1));
  client.set("/a", "y").at(20, 22).ok(z(2));
  client.set("/a", "z").at(30, 32).lost(z(3));
  return story;
}

describe("final logs", () => {
  test("equal logs agree", () => {
    expect(judge(agreement, threeWrites())).toMatchObject({
      verdict: "pass",
      looked: { servers: 3, transactions: 3 },
    });
  });

  test("a server that is behind, and one whose log begins at a snapshot, agree", () => {
    const story = threeWrites()
      .server(1, (final) => ({ log: final.log.slice(0, 2), appliedZxid: z(2) }))
      .server(2, (final) => ({ logFromZxid: z(2), log: final.log.slice(2) }));
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("an uncommitted tail beyond the other logs' end is no disagreement", () => {
    const tail = { ...new Story().logged({ zxid: z(4), type: "setData", path: "/a" }).log[0] };
    const story = threeWrites().server(3, (final) => ({ log: [...final.log, tail as never] }));
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("an uncommitted tail that a minority has is no disagreement", () => {
    const tail = { ...new Story().logged({ zxid: z(4), type: "setData", path: "/a" }).log[0] };
    const story = threeWrites();
    story.servers = 5;
    for (const server of [4, 5]) {
      story.server(server, (final) => ({ log: [...final.log, tail as never] }));
    }
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("a hole in one log is named with its transaction", () => {
    const story = threeWrites().server(2, (final) => ({
      log: final.log.filter((txn) => txn.zxid !== z(2)),
    }));
    expect(complaint(agreement, story)).toBe(
      "Agreement broke: server 2's final log has no zxid 0x100000002, though it goes on to " +
        "0x100000003 and the other servers have it.",
    );
  });

  test("a tail that should have been truncated is found below the next epoch", () => {
    const story = threeWrites();
    story.client(1).set("/a", "new").at(90, 92).ok(z(1, 2));
    const zombie = new Story().logged({ zxid: z(4), type: "setData", path: "/a" }).log;
    story.server(1, (final) => ({
      log: [...final.log, ...zombie].toSorted((a, b) => a.zxid - b.zxid),
    }));
    expect(complaint(agreement, story)).toContain(
      "server 1's final log has zxid 0x100000004, which is not in the log of server 2 and 3",
    );
  });

  test("another transaction at the same zxid is a conflict", () => {
    const story = threeWrites().server(3, (final) => ({
      log: final.log.map((txn) => (txn.zxid === z(3) ? { ...txn, hash: "other" } : txn)),
    }));
    expect(complaint(agreement, story)).toContain("another transaction at zxid 0x100000003");
  });

  test("zxids that do not rise, and trees that differ at one zxid, are found", () => {
    const twice = threeWrites().server(1, (final) => ({
      log: [...final.log, ...final.log.slice(2)],
    }));
    expect(complaint(agreement, twice)).toContain("zxids must rise");
    const trees = threeWrites().server(2, () => ({ treeDigest: "other" }));
    expect(complaint(agreement, trees)).toContain("their trees differ");
  });

  test("without final logs it cannot say", () => {
    const story = threeWrites();
    story.servers = 0;
    expect(judge(agreement, story)).toMatchObject({ verdict: "unknown" });
  });
});

test("a server that has applied more than its own log has is found", () => {
  const story = threeWrites();
  story.server(3, ({ log }) => ({ log: log.slice(0, -1) }));
  expect(complaint(agreement, story)).toContain("server 3 has applied zxid");
});

test("empty logs and no samples are nothing to compare", () => {
  expect(judge(agreement, new Story())).toMatchObject({ verdict: "unknown" });
});

describe("what is shown is committed", () => {
  const leading = { state: "LEADING" } as const;

  test("a follower that applied what its leader has not committed is found", () => {
    const story = threeWrites()
      .sample(2, 40, { appliedZxid: z(4) })
      .sample(1, 50, { ...leading, appliedZxid: z(3) });
    expect(complaint(agreement, story)).toContain(
      "server 2 had applied zxid 0x100000004 before server 1, the leader of its epoch",
    );
  });

  test("the leader's sample of the same moment counts, and of several the last one", () => {
    const story = threeWrites()
      .logged({ zxid: z(4), type: "closeSession", session: "0x7" })
      .sample(2, 40, { appliedZxid: z(4), receivedMs: 40 })
      .sample(1, 40, { ...leading, appliedZxid: z(3) });
    expect(complaint(agreement, story)).toContain("server 2 had applied zxid 0x100000004 before");
    story.sample(1, 40, { ...leading, appliedZxid: z(4) });
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("what servers knew to be committed, and no log has at the end, is found", () => {
    const story = threeWrites();
    for (const atMs of [40, 60]) story.sample(2, atMs, { appliedZxid: z(3), committedZxid: z(9) });
    expect(judge(agreement, story).violations.map(({ message }) => message)).toEqual([
      "Agreement broke: server 2 knew zxid 0x100000009 to be committed, but the final logs end at " +
        "0x100000003.",
    ]);
  });

  test("a server that has applied more than it knows to be committed is found", () => {
    const story = threeWrites().sample(2, 40, { appliedZxid: z(4), committedZxid: z(3) });
    expect(complaint(agreement, story)).toContain("knows only 0x100000003 to be committed");
  });

  test("a reply that shows what the leader has not committed is found", () => {
    const story = threeWrites();
    story.client(2).on(2).get("/a").at(40, 41).ok(z(4));
    story.sample(2, 45, { appliedZxid: z(3) }).sample(1, 46, { ...leading, appliedZxid: z(3) });
    expect(complaint(agreement, story)).toContain("was answered by server 2 with zxid 0x100000004");
  });

  test("a cut-off leader does not know what its successor has committed of its epoch", () => {
    const story = lastReplyLost();
    story.client(2).on(2).get("/a").at(40, 41).ok(z(3));
    story
      .sample(2, 45, { epoch: 2, appliedZxid: z(3) })
      .sample(1, 50, { ...leading, appliedZxid: z(2) });
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("an elected leader that does not serve yet still names its old epoch", () => {
    const story = threeWrites()
      .sample(2, 40, { appliedZxid: z(3) })
      .sample(3, 50, { ...leading, serving: false, appliedZxid: z(2) });
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("a sample that was asked for before the reply proves nothing", () => {
    const story = lastReplyLost();
    story.client(2).on(2).get("/a").at(40, 49).ok(z(3));
    story.sample(1, 48, { ...leading, appliedZxid: z(2) }).sample(2, 60, { appliedZxid: z(3) });
    expect(complaint(agreement, story)).toBe("pass");
  });

  test("two serving leaders of one epoch are found, of two epochs are not", () => {
    const leads = { ...leading, appliedZxid: z(3) };
    const rivals = threeWrites().sample(1, 40, leads).sample(2, 50, leads);
    expect(complaint(agreement, rivals)).toContain("servers 1 and 2 both led epoch 1");
    const heirs = threeWrites()
      .sample(1, 40, leads)
      .sample(2, 50, { ...leads, epoch: 2 });
    expect(complaint(agreement, heirs)).toBe("pass");
  });
});
