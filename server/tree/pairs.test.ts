import fc from "fast-check";
import { expect, test } from "vitest";
import { Pairs } from "./pairs.ts";

interface Step {
  readonly do: string;
  readonly key: string;
  readonly value: string;
}

/** Takes the step, and gives what it answers. */
function take(pairs: Pairs<string, string>, { do: what, key, value }: Step): boolean | string[] {
  if (what === "add") return pairs.add(key, value);
  return what === "delete" ? pairs.delete(key, value) : [...pairs.take(key)];
}

function takePlain(values: Set<string>, { do: what, value }: Step): boolean | string[] {
  const there = values.has(value);
  if (what === "add") {
    values.add(value);
    return !there;
  }
  if (what === "delete") return values.delete(value);
  const taken = [...values];
  values.clear();
  return taken;
}

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
        expect(take(pairs, one)).toEqual(takePlain(plain.get(one.key) as Set<string>, one));
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
