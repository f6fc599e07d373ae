import { expect, test } from "vitest";
import { parseSuiteLine } from "./suite-lines.ts";

test.each([
  ['@case {"name":"a","observed":null}', { kind: "case", name: "a", observed: null }],
  ['@error {"name":"a","error":"x"}', { kind: "error", name: "a", error: "x" }],
  ['@do {"kill":"leader"}', { kind: "kill", who: "leader" }],
  ['@do {"start":"127.0.0.1:2181"}', { kind: "start", who: "127.0.0.1:2181" }],
  ["a log line", { kind: "log" }],
  ["@caseless", { kind: "log" }],
])("%s is understood", (line, expected) => {
  expect(parseSuiteLine(line)).toEqual(expected);
});

test.each([
  '@case {"name":"a"}',
  "@case nonsense",
  '@error {"name":"a"}',
  '@do {"kill":"somebody"}',
  '@do {"start":"leader"}',
  '@do {"pause":"leader"}',
])("%s is refused", (line) => {
  expect(parseSuiteLine(line).kind).toBe("malformed");
});
