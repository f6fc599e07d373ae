import { describe, expect, test } from "vitest";
import { nameOf, parentOf, validatePath } from "./path.ts";

describe("validatePath", () => {
  test.each([
    "/",
    "/a",
    "/a/b",
    "/.a",
    "/..a",
    "/a.",
    "/a/...",
    "/é/\ud7ff",
    "/\uf900",
    "/\uffef",
    "/ ",
  ])("allows %j", (path) => {
    expect(validatePath(path, false)).toBeNull();
  });

  const BAD: readonly [string, string][] = [
    ["", "is empty"],
    ["a", "does not start with /"],
    ["/a/", "ends with /"],
    ["//", "has an empty element at 1"],
    ["/a//b", "has an empty element at 3"],
    ["/.", "has the relative element . at 1"],
    ["/..", "has the relative element .. at 1"],
    ["/a/./b", "has the relative element . at 3"],
    ["/a/../b", "has the relative element .. at 3"],
    ["/a\0", "has the forbidden character 0x0 at 2"],
    ["/a\u001f", "has the forbidden character 0x1f at 2"],
    ["/\u007f", "has the forbidden character 0x7f at 1"],
    ["/\u009f", "has the forbidden character 0x9f at 1"],
    ["/\ud800", "has the forbidden character 0xd800 at 1"],
    ["/\uf8ff", "has the forbidden character 0xf8ff at 1"],
    ["/\ufff0", "has the forbidden character 0xfff0 at 1"],
    ["/𐀀", "has the forbidden character 0xd800 at 1"],
  ];
  for (const [path, reason] of BAD) {
    test(`${JSON.stringify(path)} ${reason}`, () => {
      expect(validatePath(path, false)).toBe(reason);
    });
  }

  test.each(["/a/", "/", "/.", "/a/.."])("counts the number of a sequential %j", (path) => {
    expect(validatePath(path, true)).toBeNull();
  });
  test.each(["", "a", "//", "/a//"])("does not let a number mend %j", (path) => {
    expect(validatePath(path, true)).not.toBeNull();
  });
});

test("a path is its parent and its name", () => {
  expect([parentOf("/a/b"), nameOf("/a/b")]).toEqual(["/a", "b"]);
  expect([parentOf("/a"), nameOf("/a")]).toEqual(["/", "a"]);
  expect(parentOf("/")).toBe("/");
});
