import type { RunFile, RunIdentity, Verdict } from "../../results/schema.ts";
import type { RunWriter } from "../../results/run-writer.ts";
import { goalLine } from "./goal.ts";
import type { PartName, PartResult } from "./part.ts";

/** One part of a run, with when it began and ended, milliseconds of the run. */
export interface DonePart {
  readonly name: PartName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly result: PartResult;
}

const WORST_FIRST: readonly Verdict[] = ["fail", "invalid", "unknown"];

/** The run's result: what all parts found, and the worst of their verdicts with the reasons. */
export function composeBench(
  identity: RunIdentity,
  durationMs: number,
  parts: readonly DonePart[],
): RunFile {
  const results = parts.map(({ result }) => result);
  const reasons = new Map<Verdict, string[]>();
  const add = (verdict: Verdict, reason: string): void => {
    reasons.set(verdict, [...(reasons.get(verdict) ?? []), reason]);
  };
  for (const { goal, invalid, checks } of results) {
    for (const check of checks ?? []) {
      if (check.verdict === "pass") continue;
      const why = check.verdict === "fail" ? `${check.violationCount} violations` : check.note;
      add(check.verdict, `${check.id} ${check.name}: ${why}`);
    }
    for (const reason of invalid) add("invalid", reason);
    if (goal?.outcome === "missed") add("fail", goalLine(goal));
    // Where the measurement is invalid that is the reason, and has been said.
    const undecided = goal?.outcome === "not judged" && !goal.expected && invalid.length === 0;
    if (undecided) add("unknown", goalLine(goal));
  }
  return {
    identity,
    durationMs,
    phases: parts.map(({ name, fromMs, toMs }) => ({ name, fromMs, toMs })),
    operations: results.flatMap(({ operations }) => operations ?? []),
    elections: [],
    outages: results.flatMap(({ outages }) => outages ?? []),
    fanOut: null,
    locks: null,
    leadership: null,
    hotZnodes: [],
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as RunFile["figures"],
    checks: results.flatMap(({ checks }) => checks ?? []),
    verdict: WORST_FIRST.find((verdict) => reasons.has(verdict)) ?? "pass",
    reasons: WORST_FIRST.flatMap((verdict) => reasons.get(verdict) ?? []),
  };
}

/** Writes all files of the run; resolves to its directory, which is whole or not there. */
export async function writeBench(
  writer: RunWriter,
  run: RunFile,
  parts: readonly DonePart[],
): Promise<string> {
  const results = parts.map(({ result }) => result);
  await writer.writeFaults(results.flatMap(({ faults }) => faults ?? []));
  await writer.writeSeries({ series: results.flatMap(({ series }) => series ?? []) });
  await writer.writeHistory(results.flatMap(({ history }) => history ?? []));
  return writer.finish(run);
}
