import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { liveness } from "./liveness.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

/** One fault from 10 s to 20 s, a bound of 10 s; then a write and three servers that serve. */
function healed(): Story {
  const story = new Story().fault("kill-leader", 10_000, 20_000);
  story.run = { healedMs: 20_000 };
  story.client(1).create("/a", "x").at(1_000, 1_001).ok(z(1));
  return story;
}

function serving(story: Story): Story {
  story.sample(1, 21_000, { state: "LEADING" }).sample(2, 21_000, {}).sample(3, 21_000, {});
  return story;
}

function writing(story: Story): Story {
  return story.client(1).set("/a", "y").at(20_100, 20_200).ok(z(2));
}

test("writes, leader and servers that are back within the bound pass", () => {
  expect(judge(liveness, serving(writing(healed())))).toMatchObject({
    verdict: "pass",
    looked: { operations: 2, samples: 3, servers: 3, faults: 1 },
  });
});

describe("after healing", () => {
  test("no acknowledged write is found", () => {
    const story = serving(healed());
    story.client(1).set("/a", "y").at(20_100, 25_000).lost();
    expect(complaint(liveness, story)).toBe(
      "Liveness broke: no write succeeded from t=20.000s to t=30.000s, after all faults were healed.",
    );
    expect(judge(liveness, story).violations[0]?.evidence).toEqual([
      "1 write was sent, none was acknowledged; the last at t=1.001s",
      expect.stringContaining("client 1 session 0x101 server 1 setData /a → info ConnectionLoss"),
      expect.stringContaining("server 1 LEADING"),
      expect.stringContaining("server 2 FOLLOWING"),
      expect.stringContaining("server 3 FOLLOWING"),
    ]);
  });

  test("writes that succeed no more, long after it, are found", () => {
    const stops = (): Story => {
      const story = serving(writing(healed()));
      story.client(1).set("/a", "z").at(34_000, 34_001).ok(z(3));
      for (const atMs of [36_000, 40_000, 46_000]) {
        story
          .client(1)
          .set("/a", `${atMs}`)
          .at(atMs, atMs + 3_000)
          .lost();
      }
      return story;
    };
    expect(complaint(liveness, stops())).toBe(
      "Liveness broke: no write succeeded from t=34.001s to t=44.001s, long after all faults were healed.",
    );
    expect(complaint(liveness, stops().fault("pause", 40_000, 44_000))).toBe("pass");
    const goesOn = stops();
    goesOn.client(2).set("/a", "q").at(43_000, 43_500).ok(z(4));
    goesOn.client(2).set("/a", "r").at(52_000, 52_500).ok(z(5));
    expect(complaint(liveness, goesOn)).toBe("pass");
  });

  test("no leader, and a server that does not serve or does not answer, are found", () => {
    const story = writing(healed()).sample(1, 21_000, {});
    story.sample(2, 21_000, { state: "LOOKING", serving: false });
    expect(complaint(liveness, story)).toMatch(
      /no leader was seen to serve[^]*server 2 was not seen to serve again[^]*server 3 was not seen/,
    );
  });

  test("a run that ended before the bound had passed cannot tell", () => {
    const story = serving(healed());
    story.client(1).set("/a", "y").at(20_100, 21_000).lost();
    story.run = { ...story.run, endMs: 25_000 };
    expect(judge(liveness, story)).toMatchObject({
      verdict: "unknown",
      note: "no write succeeded after healing, but the run ended before the bound had passed",
    });
  });

  test("where nothing was tried or asked, nothing is decided", () => {
    expect(judge(liveness, healed())).toMatchObject({
      verdict: "unknown",
      note: "no write was tried after healing; no server was asked for its state after healing",
    });
  });
});

test("an operation that never ended, or ended long after it could, is found", () => {
  const story = serving(writing(healed()));
  story.client(2).get("/a").at(15_000, Number.NaN).lost();
  story.client(3).get("/a").at(15_000, 30_500).lost();
  expect(complaint(liveness, story)).toMatch(
    /client 2's getData \/a, sent at t=15.000s, never ended[^]*client 3's .* ended 10500 ms after it could/,
  );
});

test("a server that broke with a stack trace is told by its first line, the frames are evidence", () => {
  const story = serving(writing(healed()));
  const root = new URL("../../", import.meta.url);
  const frames = [1, 2, 3, 4, 5, 6].map(
    (line) => `    at Follower.receive (${root.href}server/zab/follower.ts:${line}:5)`,
  );
  const exit = ["invariant broken: InvariantError: zxid 5 after 7", ...frames].join("\n");
  story.crashes.push({ server: 2, atMs: 12_000, exit, lastLines: [] });
  const [violation] = judge(liveness, story).violations;
  expect(violation).toMatchObject({
    message:
      "Liveness broke: server 2 stopped by itself (invariant broken: InvariantError: zxid 5 after 7).",
    evidence: [
      "t=12.000s server 2: invariant broken: InvariantError: zxid 5 after 7",
      "at Follower.receive (server/zab/follower.ts:1:5)",
      expect.anything(),
      expect.anything(),
      "at Follower.receive (server/zab/follower.ts:4:5)",
    ],
  });
  expect(JSON.stringify(violation)).not.toContain(root.pathname);
});

test("a server that stopped by itself is shown with its last lines", () => {
  const story = serving(writing(healed()));
  const lastLines = ["InvariantError: zxid 5 after 7"];
  story.crashes.push({ server: 2, atMs: 12_000, exit: "exit code 1", lastLines });
  expect(judge(liveness, story).violations).toEqual([
    {
      message: "Liveness broke: server 2 stopped by itself (exit code 1).",
      evidence: ["t=12.000s server 2: exit code 1; its log:", ...lastLines],
      atMs: 12_000,
      faults: ["kill-leader"],
    },
  ]);
});

describe("convergence", () => {
  test("a server that ends behind the others is found", () => {
    const story = serving(writing(healed())).server(3, (final) => ({
      log: final.log.slice(0, 1),
      appliedZxid: z(1),
    }));
    expect(complaint(liveness, story)).toBe(
      "Convergence broke: servers 1, 2 and 3 ended in different states.",
    );
  });

  test("servers that are equal, and all behind what a client was shown, are found", () => {
    const story = serving(writing(healed()));
    for (const id of [1, 2, 3]) story.server(id, () => ({ appliedZxid: z(1) }));
    expect(complaint(liveness, story)).toBe(
      "Convergence broke: the servers ended without zxid 0x100000002, which a client was shown and " +
        "their logs have.",
    );
  });

  test("the begin of an epoch is no difference, nor is an expiry between two questions", () => {
    const epoch = serving(writing(healed())).server(1, () => ({ appliedZxid: z(0, 2) }));
    expect(complaint(liveness, epoch)).toBe("pass");
    const expiry = serving(writing(healed()));
    expiry.logged({ zxid: z(3), type: "closeSession", session: "0x7" });
    expiry.server(1, () => ({ appliedZxid: z(2) }));
    expect(complaint(liveness, expiry)).toBe("pass");
  });
});

describe("under a fault that leaves a quorum", () => {
  function longFault(): Story {
    const story = serving(writing(new Story().fault("partition-leader", 2_000, 15_000)));
    story.run = { healedMs: 20_000 };
    return story;
  }

  test("writes must go on within the bound", () => {
    const story = longFault();
    story.client(1).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toContain("under partition-leader, which leaves a quorum");
    story.client(1).set("/a", "w").at(9_000, 9_001).ok(z(1));
    expect(complaint(liveness, story)).toBe("pass");
  });

  test("a second fault at the time may well take the quorum away", () => {
    const story = longFault().fault("kill-follower", 6_000, 9_000);
    story.client(1).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toBe("pass");
  });

  function aimedAt(name: string, ...servers: number[]): Story {
    const story = new Story().fault(name, 2_000, 15_000, false, servers);
    story.run = { healedMs: 20_000 };
    return serving(writing(story));
  }

  test("a client of the server that it was aimed at may well wait", () => {
    const story = aimedAt("delay", 3);
    story.client(1).on(3).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toBe("pass");
    story.client(2).on(2).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toContain("under delay, which leaves a quorum");
  });

  test("a client without a connection may wait if it is known to use that server alone", () => {
    const waits = (): Story => {
      const story = aimedAt("kill", 3);
      story.client(2).on(3).get("/a").at(1_000, 1_001).ok(z(1), { value: "x" });
      story.client(2).on(0).set("/a", "w").at(3_000, 8_000).lost();
      return story;
    };
    expect(complaint(liveness, waits())).toBe("pass");
    const knowsMore = waits();
    knowsMore.client(2).on(1).get("/a").at(30_000, 30_001).ok(z(2), { value: "y" });
    expect(complaint(liveness, knowsMore)).toContain("under kill, which leaves a quorum");
  });

  test("when it was aimed at all servers, clients of less than a majority may wait", () => {
    const story = aimedAt("halves", 1, 2, 3);
    story.client(1).on(3).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toBe("pass");
    story.client(2).on(2).set("/a", "w").at(3_000, 8_000).lost();
    expect(complaint(liveness, story)).toContain("under halves, which leaves a quorum");
  });

  test("a write that was refused by a transaction shows that writes go on", () => {
    const story = longFault();
    story.client(1).create("/a", "w").at(3_000, 3_001).fails(ErrorCode.NodeExists, z(3));
    expect(complaint(liveness, story)).toBe("pass");
  });
});

describe("timeliness", () => {
  function stale(): Story {
    const story = serving(writing(healed()));
    story.client(1).set("/a", "z").at(30_000, 30_001).ok(z(3));
    return story;
  }

  test("a server that shows what is older than the bound is found", () => {
    const story = stale();
    story.client(2).on(3).get("/a").at(39_000, 39_001).ok(z(2), { value: "y" });
    expect(complaint(liveness, story)).toBe("pass");
    story.client(2).on(3).get("/a").at(41_000, 41_001).ok(z(2), { value: "y" });
    expect(complaint(liveness, story)).toContain(
      "was answered by server 3 as of zxid 0x100000002, more than 10000 ms after 0x100000003",
    );
  });

  test("a process that stood still may answer what was waiting", () => {
    const story = stale().fault("pause-follower", 29_000, 41_000);
    story.client(2).on(3).get("/a").at(40_500, 41_001).ok(z(2), { value: "y" });
    story.client(2).get("/a").at(42_000, 42_001).ok(z(3), { value: "z" });
    expect(judge(liveness, story).violations.map((one) => one.message)).toEqual([]);
  });
});
