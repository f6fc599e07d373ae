import { expect, test } from "vitest";
import type { ServerFinal } from "../../results/history.ts";
import { Story, z } from "./story.ts";
import { treeDifferences } from "./tree-differences.ts";

/** Servers 1 and 2 after two transactions; the second is otherwise when that is asked for. */
function finals(change: (final: ServerFinal) => Partial<ServerFinal>): [ServerFinal, ServerFinal] {
  const story = new Story();
  story.client(1).create("/a", "x").at(1, 2).ok(z(1));
  story.client(1).set("/a", "y").at(3, 4).ok(z(2));
  story.server(2, change);
  const [one, other] = story.history().finals;
  return [one as ServerFinal, other as ServerFinal];
}

test("names the ephemerals and sessions that one of them lacks", () => {
  const [one, other] = finals(() => ({ ephemerals: { "0x7": ["/e", "/f"] }, sessions: ["0x7"] }));
  expect(treeDifferences(one, other)).toEqual([
    "only server 2 has the ephemeral /e of session 0x7, /f of session 0x7",
    "only server 2 has the session 0x7",
  ]);
});

test("says where the logs first differ", () => {
  const [one, other] = finals(({ log }) => ({
    log: log.map((txn) => (txn.zxid === z(2) ? { ...txn, hash: "other", value: "w" } : txn)),
  }));
  expect(treeDifferences(one, other)).toEqual([
    expect.stringMatching(
      /^their logs first differ there: server 1 has 0x100000002 setData \/a .*value "y"/,
    ),
    expect.stringMatching(/^and server 2 has 0x100000002 setData \/a .*value "w"/),
  ]);
  const [whole, gap] = finals(({ log }) => ({ log: log.slice(1) }));
  expect(treeDifferences(whole, gap)).toEqual([
    expect.stringContaining("server 1 has 0x100000001 create /a"),
    "and server 2 has nothing at 0x100000001",
  ]);
});

test("says so when all that is known is the same", () => {
  const [one, other] = finals(({ log }) => ({ logFromZxid: z(1), log: log.slice(1) }));
  expect(treeDifferences(one, other)).toEqual([
    expect.stringContaining("their logs, sessions and ephemerals are the same"),
  ]);
});
