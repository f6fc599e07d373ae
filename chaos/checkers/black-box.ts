/**
 * C13: where replies carry no zxid (etcd, Redis, black boxes), every znode by itself must be
 * linearizable. It needs a search, which is bounded: what is beyond the bound is not known.
 */
import type { RunHistory } from "../../results/history.ts";
import { defineChecker } from "./checker.ts";
import type { Findings } from "./checker.ts";
import { describeOp, formatValue, listed, nameOp } from "./evidence.ts";
import { linearize } from "./linearization.ts";
import type { SearchBounds, SearchResult } from "./linearization.ts";
import { partByRegister } from "./register-operations.ts";
import { UNSEEN } from "./register-classes.ts";
import type { RegisterState } from "./register-model.ts";

/** For one znode; and for all of them together, in steps. */
const BOUNDS: SearchBounds = { stepsMax: 2_000_000, configurationsMax: 100_000 };
const ALL_STEPS_MAX = 20_000_000;
const OPERATIONS_SHOWN = 8;
const UNDECIDED_SHOWN = 3;

export const blackBox = defineBlackBox(BOUNDS, ALL_STEPS_MAX);

/** There is nothing but what clients saw: no zxid, no server's log. */
export function isBlackBox(history: RunHistory): boolean {
  if (history.finals.some((final) => final.log.length > 0)) return false;
  let answers = 0;
  for (const record of history.records) {
    if (record.kind !== "op" || record.op === "connect" || record.outcome !== "ok") continue;
    if (record.zxid > 0) return false;
    answers++;
  }
  return answers > 0;
}

/** With other bounds; for tests. */
export function defineBlackBox(
  bounds: SearchBounds,
  allStepsMax: number,
): ReturnType<typeof defineChecker> {
  return defineChecker(
    {
      id: "C13",
      name: "black box",
      guarantee:
        "Every operation on a znode takes effect at once, between its call and its answer.",
    },
    (history, findings) => {
      // ZooKeeper's reads may be stale, which zxids judge better.
      const reads = isBlackBox(history.run);
      const registers = partByRegister(history.operations, { reads });
      let operations = 0;
      let left = allStepsMax;
      let openOperations = 0;
      const open: string[] = [];
      for (const register of registers) {
        operations += register.operations.length;
        const stepsMax = Math.min(bounds.stepsMax, left);
        const result = linearize(register, { ...bounds, stepsMax });
        left -= Math.min(left, result.steps);
        if (result.outcome === "violation") report(register.path, result, findings);
        if (result.outcome !== "bound") continue;
        openOperations += register.operations.length;
        open.push(`${register.path} (${result.bound})`);
      }
      const looked = { znodes: registers.length, operations };
      if (open.length === 0) return { looked };
      const shown = open.slice(0, UNDECIDED_SHOWN);
      const more = open.length - shown.length;
      const undecided =
        `${open.length} of ${registers.length} znodes, with ${openOperations} of ${operations} ` +
        `operations, were not decided: the search was given up at its bound on ` +
        listed([...shown, ...(more > 0 ? [`${more} more`] : [])]);
      return { looked, undecided };
    },
  );
}

function report(
  path: string,
  result: Extract<SearchResult, { outcome: "violation" }>,
  findings: Findings,
): void {
  const { misfit, prefix, before, maker } = result;
  findings.add(() => {
    const shown = prefix.slice(-OPERATIONS_SHOWN).map(({ op, invokeMs }) => {
      const line = describeOp(op);
      return invokeMs === op.invokeMs ? line : `may go with its session: ${line}`;
    });
    const hidden = prefix.length - shown.length;
    const evidence = [
      ...(before === null ? [] : [`before: ${describeState(before)}`]),
      ...(maker === null ? [] : [`made by: ${describeOp(maker.op)}`]),
      ...(hidden === 0 ? [] : [`… ${hidden} operations`]),
      ...shown,
    ];
    return {
      message:
        `Linearizability broke: the answer to ${nameOp(misfit.op)} fits no order of the ` +
        `${prefix.length === 1 ? "operation" : `${prefix.length} operations`} on ${path} up to it.`,
      evidence,
      atMs: misfit.op.completeMs,
    };
  });
}

function describeState({ exists, value, version }: RegisterState): string {
  if (exists !== true) return exists === false ? "no znode" : "not known";
  const shown = value === UNSEEN ? "that nobody read" : formatValue(value);
  return `value ${shown}${version < 0 ? "" : `, version ${version}`}`;
}
