import { expect, test } from "vitest";
import { seededRandom } from "./generated-ensemble.ts";
import { RowsByPath } from "./rows-by-path.ts";

test("rows are found by path and zxid as by looking at all of them, also after more were added", () => {
  const seed = 7;
  const random = seededRandom(seed);
  const rows = new RowsByPath();
  const all: { path: number; zxid: number }[] = [];
  for (let round = 0; round < 3; round++) {
    // More than a column has room for at first.
    for (let i = 0; i < 1_000; i++) {
      const row = { path: Math.floor(random() * 40), zxid: Math.floor(all.length / 2) };
      rows.add(row.path, row.zxid);
      all.push(row);
    }
    for (let path = 0; path < 41; path++) {
      const own = [...all.keys()].filter((row) => all[row]?.path === path);
      expect([...rows.of(path)]).toEqual(own);
      expect(rows.last(path)).toBe(own.at(-1) ?? -1);
      const zxid = Math.floor(random() * all.length * 0.6);
      const upTo = own.findLast((row) => (all[row]?.zxid ?? 0) <= zxid) ?? -1;
      expect(rows.upTo(path, zxid), `seed ${seed}, path ${path} up to ${zxid}`).toBe(upTo);
    }
  }
});
