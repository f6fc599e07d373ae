import { expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { reliability } from "./reliability.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

function history(): Story {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  client.create("/a", "one").at(10, 12).ok(z(2));
  client.set("/a", "two").at(13, 14).ok(z(3));
  return story;
}

test("a history whose writes are all in the log passes", () => {
  const story = history();
  story.client(1).set("/a", "maybe").at(15, 16).lost();
  story.client(1).set("/a", "surely").at(17, 18).lost(z(4));
  story.client(1).delete("/b").at(19, 20).fails(ErrorCode.NoNode, z(5));
  story.client(1).get("/a").at(21, 22).ok(z(0, 2));
  expect(judge(reliability, story)).toMatchObject({
    verdict: "pass",
    // That of the refusal; the begin of an epoch, which the read shows, is no transaction.
    looked: { "acknowledged writes": 2, "observed zxids": 1 },
  });
});

test("an acknowledged write that no log has is named with where the logs end", () => {
  const story = history();
  story.client(12).set("/lab/canary", "v7").unlogged().at(30, 31).ok(z(4));
  expect(judge(reliability, story).violations[0]).toMatchObject({
    message:
      "Reliability broke: client 12's setData /lab/canary was acknowledged with zxid 0x100000004, " +
      "but no server's final log has it.",
    evidence: [
      't=0.030–0.031s client 12 session 0x10c server 1 setData /lab/canary → zxid 0x100000004 (value "v7")',
      "server 1's final log ends at 0x100000003 without 0x100000004",
      "server 2's final log ends at 0x100000003 without 0x100000004",
      "server 3's final log ends at 0x100000003 without 0x100000004",
    ],
  });
});

test("a write that only a minority kept is lost", () => {
  const story = history();
  for (const server of [2, 3]) story.server(server, (final) => ({ log: final.log.slice(0, -1) }));
  expect(complaint(reliability, story)).toContain("only the final log of server 1 has it");
});

test("a write that one server of three has yet to get is not lost", () => {
  const story = history().server(2, (final) => ({ log: final.log.slice(0, -1) }));
  expect(complaint(reliability, story)).toBe("pass");
});

test("a state that a read showed must stay, also by the mzxid alone", () => {
  const story = history();
  story.client(2).get("/a").at(20, 21).ok(z(4), { value: "ghost" });
  expect(complaint(reliability, story)).toContain("client 2's getData /a saw zxid 0x100000004");
  const stat = { czxid: z(2), mzxid: z(4), pzxid: z(2), version: 2, cversion: 0, numChildren: 0 };
  const byStat = history();
  const shown = { stat: { ...stat, ephemeralOwner: "0x0" } };
  byStat.client(2).get("/a").at(20, 21).ok(z(0, 2), shown);
  expect(complaint(reliability, byStat)).toContain("saw zxid 0x100000004");
  const byWatch = history();
  byWatch.client(2).sees("dataChanged", "/a", z(4), 20);
  expect(complaint(reliability, byWatch)).toContain("client 2's watch on /a saw zxid 0x100000004");
});

test("many who saw one lost zxid are one violation", () => {
  const story = history();
  for (let i = 0; i < 9; i++)
    story
      .client(i + 2)
      .get("/a")
      .at(20 + i, 21 + i)
      .ok(z(4));
  expect(judge(reliability, story).violationCount).toBe(1);
});

test.each([
  ["another transaction", { type: "delete", path: "/a", session: "0x101", cxid: 3 }, "a delete /a"],
  ["another's", { type: "setData", path: "/a", session: "0x7", cxid: 3 }, "session 0x7's setData"],
  ["another request's", { type: "setData", path: "/a", session: "0x101", cxid: 4 }, "xid 4, not 3"],
  [
    "another value",
    { type: "setData", path: "/a", session: "0x101", cxid: 3, value: "other" },
    'value "other" instead of "two"',
  ],
] as const)("%s at the acknowledged zxid is found", (_, txn, difference) => {
  const story = new Story().logged({ zxid: z(3), ...txn });
  story.client(1).set("/a", "two").with({ xid: 3 }).unlogged().at(13, 14).ok(z(3));
  expect(complaint(reliability, story)).toContain(difference);
});

test("an ephemeral that became persistent is found", () => {
  const story = new Story().logged({
    zxid: z(1),
    type: "create",
    path: "/e",
    session: "0x101",
    cxid: 1,
    ephemeralOwner: "0x0",
  });
  story.client(1).create("/e", "x", 1).with({ xid: 1 }).unlogged().at(10, 12).ok(z(1));
  expect(complaint(reliability, story)).toContain("ephemeralOwner 0x0 instead of 0x101");
});

test("a request that waited for a connection may have been sent in the next session", () => {
  const story = new Story();
  const client = story.client(1).opens(z(1), 5);
  story.logged({ zxid: z(3), type: "setData", path: "/a", session: "0x101", cxid: 4 });
  const waiting = client.set("/a", "x").with({ session: "0xdead", xid: 4 });
  waiting.unlogged().at(2, 9).ok(z(3));
  expect(complaint(reliability, story)).toBe("pass");
});

test("a close that the session's expiry overtook is answered with the expiry's zxid", () => {
  const story = history().logged({ zxid: z(4), type: "closeSession", session: "0x101" });
  story.client(1).closes().unlogged().at(20, 21).ok(z(4));
  expect(complaint(reliability, story)).toBe("pass");
});

test("a session that a client was given but no log knows is found", () => {
  const story = history();
  story.client(4).reconnects(1);
  story.records.push({
    kind: "session",
    client: 5,
    session: "0x105",
    server: 2,
    event: "created",
    timeoutMs: 1_000,
    lastZxid: 0,
    atMs: 30,
  });
  expect(complaint(reliability, story)).toBe(
    "Reliability broke: client 5 was given session 0x105 by server 2, but the final log has no " +
      "createSession for it.",
  );
});

test("what is below the begin of the logs is not asked for", () => {
  const story = history();
  for (const server of [1, 2, 3]) {
    story.server(server, (final) => ({ logFromZxid: z(2), log: final.log.slice(2) }));
  }
  expect(complaint(reliability, story)).toBe("pass");
});

test("nothing answered, nothing to say", () => {
  expect(judge(reliability, new Story()).verdict).toBe("unknown");
  const story = history();
  story.servers = 0;
  expect(judge(reliability, story).note).toBe("no server's final log was recorded");
});
