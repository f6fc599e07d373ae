import { expect, test } from "vitest";
import { TagSource, tagOf, taggedValue } from "./value-tag.ts";

test("a value carries its tag through any size", () => {
  for (const size of [0, 3, 4, 5, 1024]) {
    const value = taggedValue("a.1f", size);
    expect(value).toHaveLength(Math.max(4, size));
    expect(tagOf(value)).toBe("a.1f");
  }
});

test("data that nobody tagged has a tag too: none, empty, or its first bytes", () => {
  expect([tagOf(null), tagOf(Buffer.alloc(0)), tagOf(Buffer.from("x".repeat(40)))]).toEqual([
    null,
    "",
    "x".repeat(16),
  ]);
});

test("a tag that would not be read back is refused", () => {
  expect(() => taggedValue("a b", 10)).toThrow(/no space/);
  expect(() => taggedValue("x".repeat(17), 10)).toThrow(/at most 16/);
});

test("writers never share a tag", () => {
  const tags = [1, 36, 37].flatMap((writer) => {
    const source = new TagSource(writer);
    return Array.from({ length: 100 }, () => source.next());
  });
  expect(new Set(tags).size).toBe(300);
});
