/** What a person reads after a conformance run. */
import type { ConformanceReport, SuiteReport } from "./conformance.ts";
import type { TargetName } from "./targets.ts";

/** Of a suite's log, when it broke. */
const LOG_LINES_SHOWN = 30;

/** The matrix of suites and targets, the findings below it, and what was skipped and why. */
export function matrixLines(
  report: ConformanceReport,
  targets: readonly TargetName[],
): readonly string[] {
  const rows = [
    ["", ...targets],
    ...report.suites.map((suite) => [
      suite.suite.name,
      ...targets.map((target) => cell(suite, target)),
    ]),
  ];
  const widths = ["", ...targets].map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const table = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
  const skipped = [
    ...[...report.missingTargets].map(([target, why]) => `${target} skipped: ${why}`),
    ...report.suites
      .filter(({ missing }) => missing !== null)
      .map(({ suite, missing }) => `${suite.name} skipped: ${missing}`),
  ];
  const findings = report.suites.flatMap(findingLines);
  return [...table, "", ...findings, ...skipped].filter(
    (line, index, all) => line !== "" || all[index + 1] !== undefined,
  );
}

/** Lines about everything that is a failure; empty when the suite passed. */
export function findingLines({ suite, results, judgement }: SuiteReport): readonly string[] {
  return judgement.findings.flatMap(({ target, caseName, what }) => {
    const head = `${suite.name} on ${target}${caseName === null ? "" : `, "${caseName}"`}:`;
    const log = caseName === null ? (results.get(target)?.log ?? []).slice(-LOG_LINES_SHOWN) : [];
    return [head, ...what.map((line) => `    ${line}`), ...log.map((line) => `    | ${line}`)];
  });
}

function cell({ results, judgement, missing }: SuiteReport, target: TargetName): string {
  const result = results.get(target);
  if (missing !== null || result === undefined) return "skipped";
  const bad = judgement.findings.filter((finding) => finding.target === target);
  const seconds = `${(result.durationMs / 1000).toFixed(0)} s`;
  const parts = [`${result.cases.size} cases`];
  if (bad.some(({ caseName }) => caseName === null)) parts.push("broke off");
  const differing = bad.filter(({ caseName }) => caseName !== null).length;
  if (differing > 0) parts.push(`${differing} DIFFER`);
  const excepted = judgement.excepted.get(target) ?? 0;
  if (excepted > 0) parts.push(`${excepted} excepted`);
  return `${parts.join(", ")} (${seconds})`;
}
