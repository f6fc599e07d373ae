import { expect, test } from "vitest";
import { ServersSplitter } from "./servers-splitter.ts";
import type { ServersPart } from "./servers-splitter.ts";

/** What stands in strings is no structure, however much it looks like it. */
const TRICKY = 'a "quote", a ] and a } and "log":[ and a \\';

const SERVERS = [
  {
    server: 1,
    log: [{ zxid: 1, path: TRICKY, parts: [{ removed: ["/a", "/b"] }] }, { zxid: 2 }],
    ephemerals: { "0x1": ["/e", "/f"] },
    treeDigest: TRICKY,
    sessions: ["0x1", "0x2"],
  },
  { server: 2, ephemerals: { log: [] }, log: [] },
  { log: [{ zxid: 3, value: "" }] },
];

function split(text: string, size: number): ServersPart[] {
  const splitter = new ServersSplitter();
  const parts: ServersPart[] = [];
  for (let at = 0; at < text.length; at += size) {
    parts.push(...splitter.push(text.slice(at, at + size)));
  }
  splitter.end();
  return parts;
}

test.each([
  ["in one line", JSON.stringify(SERVERS)],
  ["laid out for people", JSON.stringify(SERVERS, null, 2)],
  ["with room around", `\n ${JSON.stringify(SERVERS)} \n`],
])("the servers and the entries of their logs come one by one, %s", (_, text) => {
  for (const size of [1, 2, 7, 64, 100_000]) {
    const parts = split(text, size).map(({ kind, text: part }) => [kind, JSON.parse(part)]);
    expect(parts).toEqual(
      SERVERS.flatMap((server) => [
        ...server.log.map((entry) => ["entry", entry]),
        ["server", { ...server, log: [] }],
      ]),
    );
  }
});

test("what is no list of servers, or not all of it, is said", () => {
  const whole = JSON.stringify(SERVERS);
  expect(() => split(whole.slice(0, -30), 64)).toThrow("ends too early");
  expect(() => split('{"server":1}', 64)).toThrow("not one list of servers");
  expect(() => split(`x${whole}`, 64)).toThrow("not one list of servers");
  expect(() => split(`${whole}x`, 64)).toThrow("not one list of servers");
  expect(split("[]", 64)).toEqual([]);
});
