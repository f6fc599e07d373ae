import { expect, test } from "vitest";
import { seededRandom } from "./generated-ensemble.ts";
import { sortedBy } from "./sorted-by.ts";

const keyOf = ({ key }: { readonly key: number }): number => key;

test.each([0, 1, 2, 15, 16, 17, 33, 1_000, 4_097])(
  "%i items come in the order of their keys, and equal ones keep theirs",
  (length) => {
    const seed = 11;
    const random = seededRandom(seed);
    for (const disorder of [2, 20, 10_000]) {
      const items = Array.from({ length }, (_, at) => ({
        at,
        key: Math.floor(at / 3 + random() * disorder),
      }));
      const due = items.toSorted((a, b) => a.key - b.key);
      expect(sortedBy(items, keyOf), `seed ${seed}, disorder ${disorder}`).toEqual(due);
    }
  },
);

test("what is in order already is not copied", () => {
  const items = [{ key: 1 }, { key: 1 }, { key: 2 }];
  expect(sortedBy(items, keyOf)).toBe(items);
});
