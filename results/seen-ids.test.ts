import { expect, test } from "vitest";
import { SeenIds } from "./seen-ids.ts";

test.each([0, 1, 7, 8, 1_000_000, 2 ** 28 - 1, 2 ** 28, 2 ** 40, -1, 1.5])(
  "knows %d again",
  (id) => {
    const ids = new SeenIds();
    ids.add(3);
    expect(ids.add(id)).toBe(true);
    expect(ids.add(id + 1)).toBe(true);
    expect(ids.add(id)).toBe(false);
    expect(ids.add(3)).toBe(false);
  },
);
