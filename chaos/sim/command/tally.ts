/** What all runs of the command add up to. */
import type { CheckResult } from "../../../results/schema.ts";
import type { SimSummary } from "../workers/messages.ts";

export class Tally {
  /** Runs that ended, those of the corpus included. */
  runs = 0;
  simulatedMs = 0;
  operations = 0;
  okOperations = 0;
  /** That took effect. */
  faults = 0;
  events = 0;
  readonly coverage = new Map<string, number>();
  readonly #checks = new Map<string, CheckResult>();

  add(summary: SimSummary): void {
    this.runs++;
    this.simulatedMs += summary.simulatedMs;
    this.operations += summary.operations;
    this.okOperations += summary.okOperations;
    this.events += summary.events;
    for (const [name, count] of Object.entries(summary.coverage)) {
      this.coverage.set(name, (this.coverage.get(name) ?? 0) + count);
      if (name.startsWith("fault: ")) this.faults += count;
    }
    for (const check of summary.checks) {
      const before = this.#checks.get(check.id);
      this.#checks.set(check.id, before === undefined ? check : both(before, check));
    }
  }

  /** Every check over all runs: it fails if it did in one, and passes if it looked at anything. */
  get checks(): CheckResult[] {
    return [...this.#checks.values()];
  }

  /** Checks that looked at nothing in all the runs. */
  get blindChecks(): CheckResult[] {
    return this.checks.filter(({ looked }) => Object.values(looked).every((count) => count === 0));
  }
}

const WORST_FIRST = ["fail", "pass", "invalid", "unknown"] as const;

function both(one: CheckResult, other: CheckResult): CheckResult {
  const looked: Record<string, number> = { ...one.looked };
  for (const [what, count] of Object.entries(other.looked))
    looked[what] = (looked[what] ?? 0) + count;
  const verdicts = [one.verdict, other.verdict];
  const verdict = WORST_FIRST.find((each) => verdicts.includes(each)) ?? "unknown";
  return {
    ...one,
    verdict,
    looked,
    violations: one.violations.length > 0 ? one.violations : other.violations,
    violationCount: one.violationCount + other.violationCount,
    note: verdict === "pass" || verdict === "fail" ? "" : one.note || other.note,
    elapsedMs: one.elapsedMs + other.elapsedMs,
  };
}
