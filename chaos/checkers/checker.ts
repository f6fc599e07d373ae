/**
 * What a checker is, and how its findings become a result.
 */
import type { FaultRecord } from "../../results/history.ts";
import type { CheckResult, Violation } from "../../results/schema.ts";
import { faultsAt } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";

/** One check of guarantees.md; it only reads the history. */
export interface Checker {
  /** C1 … C12. */
  readonly id: string;
  readonly name: string;
  readonly guarantee: string;
  /** Judges; `elapsedMs` of the result is left at 0 for the caller. */
  readonly check: (history: PreparedHistory) => CheckResult;
}

export interface Judged {
  /** What was looked at, by the plural of its name: a check that looked at nothing is `unknown`. */
  readonly looked: Readonly<Record<string, number>>;
  /** Why nothing could be decided although something was seen; absent when it could. */
  readonly undecided?: string | undefined;
}

/** Evidence is kept for the first few violations; all are counted. */
const VIOLATIONS_KEPT = 5;

/** Collects violations, in the order they are found. */
export class Findings {
  readonly kept: Violation[] = [];
  count = 0;
  readonly #faults: readonly FaultRecord[];

  constructor(faults: readonly FaultRecord[]) {
    this.#faults = faults;
  }

  /** `describe` is asked only for a violation that is kept: evidence is dear, counting is not. */
  add(describe: () => { message: string; evidence: string[]; atMs: number | null }): void {
    this.count++;
    if (this.kept.length >= VIOLATIONS_KEPT) return;
    const { message, evidence, atMs } = describe();
    const faults = atMs === null ? [] : faultsAt(this.#faults, atMs);
    this.kept.push({ message, evidence, atMs, faults });
  }
}

/** Makes a checker of a function that reports violations and says what it looked at. */
export function defineChecker(
  identity: Pick<Checker, "id" | "name" | "guarantee">,
  judge: (history: PreparedHistory, findings: Findings) => Judged,
): Checker {
  const { id, name, guarantee } = identity;
  return {
    id,
    name,
    guarantee,
    check(history) {
      const findings = new Findings(history.run.faults);
      const { looked, undecided } = judge(history, findings);
      const sawNothing = Object.values(looked).every((count) => count === 0);
      const note = undecided ?? (sawNothing ? "there was nothing to look at" : "");
      const found = findings.count > 0;
      return {
        id,
        name,
        guarantee,
        verdict: found ? "fail" : note === "" ? "pass" : "unknown",
        looked: { ...looked },
        violations: findings.kept,
        violationCount: findings.count,
        note: found ? "" : note,
        elapsedMs: 0,
      };
    },
  };
}
