import { expect, test } from "vitest";
import { Findings } from "./findings.ts";
import { renderSetSummary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { judgeSet } from "./verdict.ts";

test("a summary of no run says so, and that the checkout has changes", () => {
  const tally = new Tally();
  const commit = `${"0123456789".repeat(4)}+changes-89abcdef`;
  const judged = judgeSet(tally, new Findings(), { seeds: 0, isWhole: true });
  const set = { firstSeed: 1, seeds: 0, corpus: 0, wallMs: 1, cores: 1, mutant: null };
  const text = renderSetSummary({ ...set, commit, tally, judged }, { color: false, columns: 100 });
  expect(text).toContain("0 seeds from 1, commit 012345678+changes-89abcdef\n");
  expect(text).toMatch(/\nCoverage {2}none: no run ended\n$/);
});
