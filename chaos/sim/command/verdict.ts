/** What a set of runs comes to. */
import type { Verdict } from "../../../results/schema.ts";
import { COVERAGE_SEEDS_MIN, missingCoverage } from "../coverage.ts";
import type { Findings } from "./findings.ts";
import type { Tally } from "./tally.ts";

export interface SetVerdict {
  readonly verdict: Verdict;
  /** Why it is no pass, the worst first. */
  readonly reasons: readonly string[];
  /** What never happened although it should, by group; empty when the seeds are too few to tell. */
  readonly missing: ReturnType<typeof missingCoverage>;
}

/** `isWhole`: nothing was broken off. `seeds`: those of the generator that ended. */
export function judgeSet(
  tally: Tally,
  findings: Findings,
  set: { readonly seeds: number; readonly isWhole: boolean },
): SetVerdict {
  const { kinds, failed, hangs, troubles } = findings;
  const fails: string[] = [];
  if (failed > 0)
    fails.push(`${counted(failed, "run")} broke a guarantee, in ${counted(kinds.length, "way")}.`);
  if (hangs > 0) fails.push(`${counted(hangs, "run")} did not come to an end.`);
  const unknown: string[] = [];
  if (troubles.length > hangs)
    unknown.push(`${counted(troubles.length - hangs, "run")} gave no verdict.`);
  const isLarge = set.seeds >= COVERAGE_SEEDS_MIN;
  const missing = missingCoverage(Object.fromEntries(tally.coverage), set.seeds);
  for (const group of missing)
    unknown.push(`Never seen, ${group.name}: ${group.missing.join(", ")}.`);
  if (isLarge)
    for (const { id, name } of tally.blindChecks)
      unknown.push(`${id} ${name} never had anything to look at.`);
  if (tally.runs === 0 && fails.length === 0) unknown.push("No run came to its end.");
  if (!set.isWhole) unknown.push("Broken off: these are the runs until then.");
  const verdict = fails.length > 0 ? "fail" : unknown.length > 0 ? "unknown" : "pass";
  return { verdict, reasons: [...fails, ...unknown], missing };
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
