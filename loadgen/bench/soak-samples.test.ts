import { expect, test } from "vitest";
import { growth, heldLine, trendOf, type HeldSample } from "./soak-samples.ts";

const MIB = 1024 * 1024;

function samples(mib: (index: number) => number, files: (index: number) => number): HeldSample[] {
  return Array.from({ length: 300 }, (_, index) => ({
    rssBytes: mib(index) * MIB,
    files: files(index),
  }));
}

test("what goes up and down is flat", () => {
  const held = samples(
    (index) => 200 + 80 * (index % 7 === 0 ? 1 : 0),
    (index) => 40 + (index % 5),
  );
  expect(growth("it", held)).toEqual([]);
  expect(heldLine("it", held)).toBe(
    "it: memory 200 MiB in the first third, 200 in the last, 280 at most; open files 42, 42, 44 at most",
  );
});

test("memory that grows and files that stay open are found", () => {
  const held = samples(
    (index) => 200 + index / 2,
    (index) => 40 + Math.floor(index / 10),
  );
  expect(growth("it", held)).toEqual([
    "it: memory grew from 225 to 325 MiB",
    "it: open files grew from 44.5 to 64.5",
  ]);
});

test("the thirds are compared, whatever is in between", () => {
  expect(trendOf([1, 1, 1, 9, 9, 9, 2, 2, 2])).toEqual({ first: 1, last: 2, max: 9 });
});
