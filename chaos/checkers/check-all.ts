/**
 * Runs the checkers over a run's history, and composes the verdict of the run.
 */
import type { RunHistory } from "../../results/history.ts";
import type { CheckResult, Verdict } from "../../results/schema.ts";
import { agreement } from "./agreement.ts";
import { atomicity } from "./atomicity.ts";
import { blackBox, isBlackBox } from "./black-box.ts";
import type { Checker } from "./checker.ts";
import { ephemerals } from "./ephemerals.ts";
import { linearizableWrites } from "./linearizable-writes.ts";
import { liveness } from "./liveness.ts";
import { locks } from "./locks.ts";
import { prepareHistory } from "./prepared-history.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { reliability } from "./reliability.ts";
import { sequentialNames } from "./sequential-names.ts";
import { sessionOrder } from "./session-order.ts";
import { singleSystemImage } from "./single-system-image.ts";
import { syncs } from "./sync.ts";
import { watches } from "./watches.ts";

/** All checkers of a history with zxids, in the order of guarantees.md. */
export const CHECKERS: readonly Checker[] = [
  agreement,
  atomicity,
  linearizableWrites,
  sessionOrder,
  singleSystemImage,
  syncs,
  reliability,
  watches,
  ephemerals,
  sequentialNames,
  locks,
  liveness,
];

/** All that there are: C13 is run where there are no zxids, or when it is asked for. */
const ALL_CHECKERS: readonly Checker[] = [...CHECKERS, blackBox];

/** C1 … C13. */
export const CHECKER_IDS: readonly string[] = ALL_CHECKERS.map((checker) => checker.id);

/** `only`: the ids of the checkers to run (`C1` …); all when absent. */
export interface CheckOptions {
  readonly only?: readonly string[];
  /** Replaces the checkers; for tests. */
  readonly checkers?: readonly Checker[];
}

/**
 * One result per checker. A checker that throws is `unknown`, with the error in its note. Throws a
 * RangeError when `only` names a checker that there is not.
 */
export function checkAll(history: RunHistory, options: CheckOptions = {}): CheckResult[] {
  const byItself = isBlackBox(history) ? ALL_CHECKERS : CHECKERS;
  const checkers =
    options.only === undefined
      ? (options.checkers ?? byItself)
      : select(options.checkers ?? ALL_CHECKERS, options.only);
  let prepared: PreparedHistory;
  try {
    prepared = prepareHistory(history);
  } catch (error) {
    return checkers.map((checker) => crashed(checker, error, 0));
  }
  return checkers.map((checker) => {
    const startMs = performance.now();
    try {
      const result = checker.check(prepared);
      return { ...result, elapsedMs: performance.now() - startMs };
    } catch (error) {
      return crashed(checker, error, performance.now() - startMs);
    }
  });
}

function select(checkers: readonly Checker[], only: readonly string[]): Checker[] {
  const known = checkers.map((checker) => checker.id);
  for (const id of only) {
    if (!known.includes(id)) {
      throw new RangeError(`only: there is no checker ${id}; there are ${known.join(", ")}`);
    }
  }
  return checkers.filter((checker) => only.includes(checker.id));
}

function crashed(checker: Checker, error: unknown, elapsedMs: number): CheckResult {
  const { id, name, guarantee } = checker;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    id,
    name,
    guarantee,
    verdict: "unknown",
    looked: {},
    violations: [],
    violationCount: 0,
    note: `the checker crashed: ${firstLines(reason)}`,
    elapsedMs,
  };
}

/** The error and where it came from, without the rest of the stack. */
function firstLines(stack: string): string {
  const [message = "", place = ""] = stack.split("\n");
  const at = place.trim().replace(/\(?(?:file:\/\/)?\/.*\//, "(");
  return at === "" ? message : `${message} ${at}`;
}

const WORST_FIRST: readonly Verdict[] = ["fail", "invalid", "unknown", "pass"];

export interface ComposedVerdict {
  readonly verdict: Verdict;
  /** Why it is not a pass, the worst first: one sentence each. */
  readonly reasons: string[];
}

/**
 * The worst of the checks' verdicts and `invalid` if there is a reason for it. A run that was not
 * checked at all is `unknown`.
 */
export function composeVerdict(
  results: readonly CheckResult[],
  extra: { readonly invalidReasons: readonly string[] },
): ComposedVerdict {
  const verdicts = new Set<Verdict>(results.map((result) => result.verdict));
  if (extra.invalidReasons.length > 0) verdicts.add("invalid");
  if (results.length === 0) verdicts.add("unknown");
  const reasons: string[] = [];
  for (const verdict of WORST_FIRST) {
    if (verdict === "invalid") reasons.push(...extra.invalidReasons);
    for (const result of results) {
      if (result.verdict === verdict && verdict !== "pass") reasons.push(reasonOf(result));
    }
  }
  if (results.length === 0) reasons.push("No checker was run.");
  return { verdict: WORST_FIRST.find((verdict) => verdicts.has(verdict)) ?? "unknown", reasons };
}

function reasonOf(result: CheckResult): string {
  const first = result.violations[0];
  const subject = `${result.id} ${result.name}`;
  if (first === undefined) return `${subject}: ${result.note || result.verdict}`;
  const more = result.violationCount - 1;
  return `${subject}: ${first.message}${more > 0 ? ` (and ${more} more)` : ""}`;
}
