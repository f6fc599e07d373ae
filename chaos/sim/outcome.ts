/** What one simulated run gives, and what is kept of one that failed. */
import type { RunHistory } from "../../results/history.ts";
import type { CheckResult, Verdict } from "../../results/schema.ts";
import type { SimPlan } from "./plan.ts";
import type { TraceEvent } from "./trace.ts";

export interface SimOutcome {
  readonly plan: SimPlan;
  /**
   * Of everything that happened, in its order, of the history and of what the checks say of it: equal
   * runs have equal hashes. Hexadecimal.
   */
  readonly traceHash: string;
  readonly verdict: Verdict;
  /** Why it is no pass, the worst first. */
  readonly reasons: readonly string[];
  readonly checks: readonly CheckResult[];
  /** Virtual time, ms. */
  readonly simulatedMs: number;
  readonly events: number;
  /** Operations that ended, and those of them that ended ok. */
  readonly operations: number;
  readonly okOperations: number;
  /** How often what happened: fault classes, crash points, Zab transitions, recovery paths. */
  readonly coverage: Readonly<Record<string, number>>;
  /** Only when it was asked for. */
  readonly history: RunHistory | null;
  readonly trace: readonly TraceEvent[] | null;
}

/** A failure that can be run again: `npm run sim -- --replay FILE`. */
export interface SimFailure {
  readonly format: 1;
  readonly commit: string;
  /** The mutant that was planted; null: none, it is the server's own bug. */
  readonly mutant: string | null;
  /** As it was drawn, and as it was shrunk. */
  readonly seed: number;
  readonly plan: SimPlan;
  /** The check that fails, and its first violation in the shrunk plan. */
  readonly check: Pick<CheckResult, "id" | "name" | "guarantee" | "violations" | "violationCount">;
  readonly traceHash: string;
  /** How much the shrinker took away. */
  readonly before: { readonly ops: number; readonly faults: number };
}
