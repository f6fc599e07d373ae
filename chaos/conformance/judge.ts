/**
 * Judges what a suite saw on the targets. ZooKeeper 3.9 is what all others are compared with; where it
 * is not there, 3.8 is, except for the cases in which 3.8 is known to differ from 3.9.
 *
 * ZooKeeper and the clients have races of their own, so what it may answer is a set: a case is run again
 * on the ZooKeepers when they disagree with somebody about it, and what the judge showed once in any of
 * its runs is right. Our ensemble has one try: what it did must be among those.
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

/** What one target showed of one case, each time that it was run; never empty, the first is the suite's. */
type Shown = readonly (CaseResult | undefined)[];

/**
 * `exceptions` are those of this suite; `partial` says that only some of its cases were asked for;
 * `again` has the runs that followed on the ZooKeepers, of some cases.
 */
export function judgeSuite(
  results: SuiteResults,
  exceptions: readonly Exception[],
  partial: boolean,
  again: ReadonlyMap<TargetName, readonly SuiteResult[]> = new Map(),
): Judgement {
  const judge = judgeOf(results);
  const shown = (target: TargetName, caseName: string): Shown => [
    results.get(target)?.cases.get(caseName),
    ...(again.get(target) ?? []).flatMap(({ cases }) => cases.get(caseName) ?? []),
  ];
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
    const wanted = judge === null ? [] : shown(judge, caseName);
    for (const target of results.keys()) {
      const exception = ofCase.some((each) => each.target === target);
      const what = differs(shown(target, caseName), judge === target ? [] : wanted);
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

/** Empty when something of `shown` is something of `wanted`, else what is different in the first. */
function differs(shown: Shown, wanted: Shown): readonly string[] {
  let first: readonly string[] | null = null;
  for (const found of shown) {
    for (const what of differencesTo(found, wanted)) {
      if (what.length === 0) return [];
      first ??= what;
    }
  }
  return first ?? [];
}

function differencesTo(
  found: CaseResult | undefined,
  wanted: Shown,
): readonly (readonly string[])[] {
  if (found === undefined) return [["was not run"]];
  if (found.kind === "error") return [[`broke: ${found.error}`]];
  const observed = wanted.flatMap((each) => (each?.kind === "observed" ? [each.observed] : []));
  // Nothing to compare with: that the judge's own case broke is said there.
  if (observed.length === 0) return [[]];
  return observed.map((each) => differences(each, found.observed));
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
