/** The same steps against two ensembles, and the first step at which they did not say the same. */
import type { RunningTarget } from "../../../loadgen/targets/target.ts";
import { differences } from "../differences.ts";
import { cleanTree } from "./clean.ts";
import { observe } from "./observe.ts";
import type { Step } from "./steps.ts";

export interface Divergence {
  /** The number of the step. */
  readonly at: number;
  readonly step: Step;
  /** What the judge said, and what the other said in its place. */
  readonly what: readonly string[];
}

export const CLIENTS = 3;

/**
 * Both walk from an empty tree; null: they said the same all along. `judge` is what `other` has to be
 * like. All clients go to the first server of each.
 */
export async function compareWalks(
  judge: RunningTarget,
  other: RunningTarget,
  steps: readonly Step[],
): Promise<Divergence | null> {
  const [expected, found] = await Promise.all([walk(judge, steps), walk(other, steps)]);
  for (const [at, step] of steps.entries()) {
    const [wanted, got] = [expected[at], found[at]];
    if (wanted === undefined || got === undefined) {
      const who = [
        ...(wanted === undefined ? ["the judge"] : []),
        ...(got === undefined ? ["what is compared with it"] : []),
      ];
      return { at, step, what: [`${who.join(" and ")} takes no connections any more`] };
    }
    const what = differences(wanted.seen, got.seen);
    if (what.length > 0) return { at, step, what };
  }
  return null;
}

async function walk(target: RunningTarget, steps: readonly Step[]): ReturnType<typeof observe> {
  const server = target.servers[0];
  if (server === undefined) throw new Error("an ensemble without servers");
  await cleanTree(server.port);
  return observe(server.port, CLIENTS, steps);
}

/**
 * Fewer steps that end in the same step with a difference: chunks are left out, large ones first, as long
 * as the last step still differs. `attempts` bounds how often the walk is repeated.
 */
export async function shrink(
  judge: RunningTarget,
  other: RunningTarget,
  steps: readonly Step[],
  attempts: number,
): Promise<readonly Step[]> {
  let kept = steps;
  let left = attempts;
  for (let chunk = Math.ceil(kept.length / 2); chunk >= 1 && left > 0;) {
    let removed = false;
    // From the end: what was long ago matters least, but the last step is the one that differs.
    for (let start = kept.length - 1 - chunk; start > -chunk && left > 0; start -= chunk) {
      const from = Math.max(0, start);
      const fewer = [...kept.slice(0, from), ...kept.slice(start + chunk)];
      left--;
      const divergence = await compareWalks(judge, other, fewer);
      if (divergence === null || divergence.at !== fewer.length - 1) continue;
      kept = fewer;
      removed = true;
    }
    if (!removed || chunk === 1) chunk = Math.floor(chunk / 2);
  }
  return kept;
}
