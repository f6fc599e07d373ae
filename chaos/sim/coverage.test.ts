import { expect, test } from "vitest";
import { COVERAGE, COVERAGE_SEEDS_MIN, missingCoverage } from "./coverage.ts";

/** So many seeds that everything must have come up, however rare. */
const MANY = 1_000_000;

test("what never happened is named, group by group", () => {
  expect(missingCoverage({}, MANY).map(({ missing }) => missing)).toEqual(
    COVERAGE.map(({ expected }) => expected),
  );
});

test("a set of seeds in which everything happened misses nothing", () => {
  const all = COVERAGE.flatMap(({ expected }) => expected);
  const counts = Object.fromEntries(all.map((name) => [name, 1]));
  expect(missingCoverage(counts, COVERAGE_SEEDS_MIN)).toEqual([]);
  expect(missingCoverage({ ...counts, "fault: pause": 0 }, COVERAGE_SEEDS_MIN)).toEqual([
    { name: "fault classes", missing: ["fault: pause"] },
  ]);
});

test("what is rare is missed only in many seeds, and nothing in a few", () => {
  const all = COVERAGE.flatMap(({ expected }) => expected);
  const counts = Object.fromEntries(all.map((name) => [name, 1]));
  const without = { ...counts, "crash point: remove": 0 };
  expect(missingCoverage(without, COVERAGE_SEEDS_MIN)).toEqual([]);
  expect(missingCoverage(without, MANY)).toHaveLength(1);
  expect(missingCoverage({}, COVERAGE_SEEDS_MIN - 1)).toEqual([]);
});
