import fc from "fast-check";
import { expect, test } from "vitest";
import { Pairs } from "./pairs.ts";

test("holds what a set of pairs holds, and no key without a value", () => {
  const key = fc.constantFrom("k", "l");
  const value = fc.constantFrom("", "a", "b");
  const step = fc.record({
    do: fc.constantFrom("add", "add", "add", "delete", "delete", "take"),
    key,
    value,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const pairs = new Pairs<string, string>();
      const plain = new Map<string, Set<string>>([
        ["k", new Set()],
        ["l", new Set()],
      ]);
      for (const one of steps) {
        const values = plain.get(one.key) ?? new Set();
        const there = values.has(one.value);
        if (one.do === "add") {
          expect(pairs.add(one.key, one.value)).toBe(!there);
          values.add(one.value);
        } else if (one.do === "delete") {
          expect(pairs.delete(one.key, one.value)).toBe(there);
          values.delete(one.value);
        } else {
          expect([...pairs.take(one.key)]).toEqual([...values]);
          values.clear();
        }
        const used = [...plain].filter(([, some]) => some.size > 0);
        expect(new Set(pairs.keys())).toEqual(new Set(used.map(([name]) => name)));
        expect(pairs.keyCount).toBe(used.length);
        for (const [name, some] of plain) {
          expect([...pairs.values(name)]).toEqual([...some]);
          expect([pairs.countOf(name), pairs.hasKey(name)]).toEqual([some.size, some.size > 0]);
          expect(pairs.has(name, "a")).toBe(some.has("a"));
        }
      }
    }),
  );
});
