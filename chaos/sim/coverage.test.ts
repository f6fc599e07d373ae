import { expect, test } from "vitest";
import { COVERAGE, missingCoverage } from "./coverage.ts";

test("what never happened is named, group by group", () => {
  expect(missingCoverage({}).map(({ missing }) => missing)).toEqual(
    COVERAGE.map(({ expected }) => expected),
  );
});

test("a set of seeds in which everything happened misses nothing", () => {
  const all = COVERAGE.flatMap(({ expected }) => expected);
  const counts = Object.fromEntries(all.map((name) => [name, 1]));
  expect(missingCoverage(counts)).toEqual([]);
  expect(missingCoverage({ ...counts, "fault: bit-rot": 0 })).toEqual([
    { name: "fault classes", missing: ["fault: bit-rot"] },
  ]);
});
