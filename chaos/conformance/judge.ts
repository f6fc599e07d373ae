/**
 * Judges what a suite saw on the targets. ZooKeeper 3.9 is what all others are compared with; where it
 * is not there, 3.8 is, except for the cases in which 3.8 is known to differ from 3.9.
 */
import { differences } from "./differences.ts";
import type { Exception } from "./exceptions.ts";
import type { CaseResult, SuiteResult } from "./suite-run.ts";
import type { TargetName } from "./targets.ts";

export interface Finding {
  readonly target: TargetName;
  /** Null when it is about the whole run of the suite. */
  readonly caseName: string | null;
  readonly what: readonly string[];
}

export interface Judgement {
  /** What the others were compared with; null when only one target, or none that can judge, ran. */
  readonly judge: TargetName | null;
  /** Everything that is a failure. */
  readonly findings: readonly Finding[];
  /** Per target, how many cases differ as the exceptions say. */
  readonly excepted: ReadonlyMap<TargetName, number>;
}

export type SuiteResults = ReadonlyMap<TargetName, SuiteResult>;

/** `exceptions` are those of this suite; `partial` says that only some of its cases were asked for. */
export function judgeSuite(
  results: SuiteResults,
  exceptions: readonly Exception[],
  partial: boolean,
): Judgement {
  const judge = judgeOf(results);
  const findings: Finding[] = [];
  const excepted = new Map<TargetName, number>();
  const names = new Set([...results.values()].flatMap((result) => [...result.cases.keys()]));
  for (const [target, result] of results) {
    if (result.broken !== null) findings.push({ target, caseName: null, what: [result.broken] });
    else if (result.cases.size === 0) {
      findings.push({ target, caseName: null, what: ["no case was run"] });
    }
  }
  for (const caseName of names) {
    const ofCase = exceptions.filter((each) => each.case === caseName);
    for (const [target, result] of results) {
      const found = result.cases.get(caseName);
      const exception = ofCase.some((each) => each.target === target);
      const what = differs(found, judge === target ? null : expected(results, judge, caseName));
      if (target !== judge && judge === "zookeeper-3.8" && isUnsure(ofCase, exception)) continue;
      if (what.length > 0 && !exception) findings.push({ target, caseName, what });
      if (what.length > 0 && exception) excepted.set(target, (excepted.get(target) ?? 0) + 1);
      if (what.length === 0 && exception && judge !== null && judge !== target) {
        findings.push({ target, caseName, what: [STALE] });
      }
    }
  }
  if (!partial) findings.push(...unknownCases(results, exceptions, names));
  return { judge, findings, excepted };
}

const STALE = "is listed as an exception, but does not differ: remove it from exceptions.ts";

/** With 3.8 as the judge: this case is one in which 3.9 would say something else. */
function isUnsure(ofCase: readonly Exception[], exception: boolean): boolean {
  return exception || ofCase.some((each) => each.target === "zookeeper-3.8");
}

function judgeOf(results: SuiteResults): TargetName | null {
  if (results.size < 2) return null;
  if (results.has("zookeeper-3.9")) return "zookeeper-3.9";
  return results.has("zookeeper-3.8") ? "zookeeper-3.8" : null;
}

/** Null when nothing is known to compare with. */
function expected(
  results: SuiteResults,
  judge: TargetName | null,
  caseName: string,
): CaseResult | null {
  if (judge === null) return null;
  return results.get(judge)?.cases.get(caseName) ?? null;
}

function differs(found: CaseResult | undefined, wanted: CaseResult | null): readonly string[] {
  if (found === undefined) return ["was not run"];
  if (found.kind === "error") return [`broke: ${found.error}`];
  // That the judge's own case broke is said there.
  if (wanted === null || wanted.kind === "error") return [];
  return differences(wanted.observed, found.observed);
}

function unknownCases(
  results: SuiteResults,
  exceptions: readonly Exception[],
  names: ReadonlySet<string>,
): readonly Finding[] {
  return exceptions
    .filter((each) => results.has(each.target) && !names.has(each.case))
    .map(({ target, case: caseName }) => ({
      target,
      caseName,
      what: ["is listed as an exception, but there is no such case"],
    }));
}
