import { expect, test } from "vitest";
import { parseArguments, type FlagSpec } from "./arguments.ts";
import { UsageError } from "./errors.ts";
import { splitWords } from "./words.ts";

const SPEC: FlagSpec = { s: "flag", w: "flag", v: "value", add: "value" };

test.each([
  ["", []],
  ["  ls   /  ", ["ls", "/"]],
  [`set /a "two words"`, ["set", "/a", "two words"]],
  [`set /a 'with "quotes"'`, ["set", "/a", 'with "quotes"']],
  [`set /a ""`, ["set", "/a", ""]],
  [`set /a {"x":1}`, ["set", "/a", '{"x":1}']],
  [`set /a "x"y`, ["set", "/a", "x", "y"]],
  ["set /a grün\tx", ["set", "/a", "grün", "x"]],
])("the words of %j", (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test("a quote that is not closed is said, with its place", () => {
  expect(() => splitWords(`set /a "two words`)).toThrow(
    new UsageError('the quote " at 8 is not closed'),
  );
});

test.each([
  ["/a", ["/a"], {}],
  ["-s /a -w", ["/a"], { s: true, w: true }],
  ["-sw /a", ["/a"], { s: true, w: true }],
  ["/a -v 3", ["/a"], { v: "3" }],
  ["-v=3 /a", ["/a"], { v: "3" }],
  ["-v3 /a", ["/a"], { v: "3" }],
  ["-v -1 /a", ["/a"], { v: "-1" }],
  ["/a -5 -2.5 -", ["/a", "-5", "-2.5", "-"], {}],
  ["/a -- -s -x", ["/a", "-s", "-x"], {}],
  ["-add server.1=a:1:2;3", [], { add: "server.1=a:1:2;3" }],
  ["-add=server.1=a", [], { add: "server.1=a" }],
])("flags and operands of %j", (line, operands, flags) => {
  const args = parseArguments(line.split(" "), SPEC);
  expect(args.operands).toEqual(operands);
  const given: Record<string, string | true> = {};
  for (const name of Object.keys(SPEC)) if (args.has(name)) given[name] = args.value(name) ?? true;
  expect(given).toEqual(flags);
});

test.each([
  ["-x", "Unrecognized option: -x"],
  ["-sx", "Unrecognized option: -sx"],
  ["--s", "Unrecognized option: --s"],
  ["-toString", "Unrecognized option: -toString"],
  ["-v", "Missing argument for option: v"],
])("%j is refused", (word, message) => {
  expect(() => parseArguments([word], SPEC)).toThrow(new UsageError(message));
});
