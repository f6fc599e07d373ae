import { expect, test } from "vitest";
import { parseConnectString } from "./connect-string.ts";
import { UsageError } from "./errors.ts";

test.each([
  ["localhost", [["localhost", 2181]], ""],
  [
    "a:1,b",
    [
      ["a", 1],
      ["b", 2181],
    ],
    "",
  ],
  [
    "[::1]:2182,[fe80::1]",
    [
      ["::1", 2182],
      ["fe80::1", 2181],
    ],
    "",
  ],
  ["a:1/", [["a", 1]], ""],
  [
    "a:1,b:2/app/one",
    [
      ["a", 1],
      ["b", 2],
    ],
    "/app/one",
  ],
] as const)("%s", (text, servers, chroot) => {
  const parsed = parseConnectString(text);
  expect(parsed.servers.map(({ host, port }) => [host, port])).toEqual(servers);
  expect(parsed.servers.map(({ id }) => id)).toEqual(servers.map((_, index) => index + 1));
  expect(parsed.chroot).toBe(chroot);
});

test.each(["", ",", "a:", "a:0", "a:65536", "a:x", "::1", "a b", "a:1/app/", "a:1/../x", "a:1//x"])(
  "%j is refused",
  (text) => {
    expect(() => parseConnectString(text)).toThrow(UsageError);
  },
);
