import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunHistory } from "../../results/history.ts";
import { BROKEN_HISTORIES } from "./broken-histories.ts";
import { checkAll, CHECKERS } from "./check-all.ts";
import { seededRandom } from "./generated-ensemble.ts";
import { generateRun } from "./generated-run.ts";

/** Runs per way of breaking; each has its own good history, of a few that are made once. */
const RUNS = 12;
const HISTORIES = 8;
const STEPS = 300;
const good = new Map<number, RunHistory>();

function goodHistory(seed: number): RunHistory {
  const history = good.get(seed) ?? generateRun(seed, STEPS);
  good.set(seed, history);
  return history;
}

function failedBy(history: RunHistory): string[] {
  return checkAll(history)
    .filter(({ verdict }) => verdict === "fail")
    .map(({ id }) => id);
}

const choices = fc.record({
  good: fc.integer({ min: 1, max: HISTORIES }),
  place: fc.integer({ min: 0, max: 2 ** 31 }),
});

describe("a good history broken in one place: the right checkers say so, and no other", () => {
  test.each(BROKEN_HISTORIES)("$name ($seenBy)", ({ break: breakIt, seenBy, mayBeSeenBy = [] }) => {
    let broken = 0;
    fc.assert(
      fc.property(choices, (choice) => {
        const history = breakIt(goodHistory(choice.good), seededRandom(choice.place));
        if (history === null) return;
        broken++;
        const failed = failedBy(history);
        expect(failed.filter((id) => !mayBeSeenBy.includes(id) || seenBy.includes(id))).toEqual(
          seenBy,
        );
      }),
      { numRuns: RUNS },
    );
    expect(broken).toBeGreaterThan(0);
  });
});

test("each checker that a generated history says something to has a way of breaking it", () => {
  const seen = new Set(BROKEN_HISTORIES.flatMap(({ seenBy }) => seenBy));
  const judged = checkAll(goodHistory(1)).filter(({ verdict }) => verdict === "pass");
  expect(judged.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
  expect(judged.length).toBeGreaterThanOrEqual(CHECKERS.length - 2);
});
