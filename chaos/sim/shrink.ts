/**
 * From a plan that fails to a small one that fails in the same way: delta debugging over what happens,
 * then a simpler ensemble and rounder times, over and over until nothing can be taken away.
 */
import type { SimPlan } from "./plan.ts";
import { onlyClient, withMergedClient, withoutClient } from "./shrink/fewer-hosts.ts";
import { type FailureTest, Search } from "./shrink/search.ts";
import { CHEAPER_SETTINGS, SIMPLER_SETTINGS, type Simplify } from "./shrink/simpler-settings.ts";
import { simplerRequests } from "./shrink/simpler-requests.ts";
import { SHORTER, SIMPLER_TIMES } from "./shrink/simpler-times.ts";
import { withSmallerList } from "./shrink/smaller-list.ts";

export interface ShrinkOptions {
  /** Plans that are run at a time; changes the time that it takes, not what comes out. Default 1. */
  readonly width?: number;
  /** Plans that are run in all, at most. Default 3,000. */
  readonly runsMax?: number;
  /** Wall-clock time, at most. Default 60,000. */
  readonly wallMsMax?: number;
  /** Told after every step how small the plan is by now. */
  readonly progress?: (state: ShrinkState) => void;
}

export interface ShrinkState {
  readonly plan: SimPlan;
  /** Plans that were run. */
  readonly runs: number;
}

export interface ShrinkResult extends ShrinkState {
  /** A bound was reached: a smaller plan may be there. */
  readonly isCutShort: boolean;
}

const RUNS_MAX = 3_000;
const WALL_MS_MAX = 60_000;
const ROUNDS_MAX = 50;

/**
 * `test` says of a plan whether it fails in the way that is to be kept; it must for `plan`, and give the
 * same answer for the same plan. Deterministic unless time runs out. Rejects with what `test` rejects with.
 */
export async function shrink(
  plan: SimPlan,
  test: FailureTest,
  options: ShrinkOptions = {},
): Promise<ShrinkResult> {
  const search = new Search(test, {
    runsMax: options.runsMax ?? RUNS_MAX,
    wallMsMax: options.wallMsMax ?? WALL_MS_MAX,
    width: options.width ?? 1,
  });
  let smallest = plan;
  for (let round = 0; round < ROUNDS_MAX && !search.isExhausted; round++) {
    const before = smallest;
    for (const pass of PASSES) {
      smallest = await pass(smallest, search);
      options.progress?.({ plan: smallest, runs: search.runs });
    }
    if (smallest === before || JSON.stringify(smallest) === JSON.stringify(before)) {
      return { plan: smallest, runs: search.runs, isCutShort: search.isExhausted };
    }
  }
  return { plan: smallest, runs: search.runs, isCutShort: true };
}

type Pass = (plan: SimPlan, search: Search) => Promise<SimPlan>;

/** What costs most of a run's time, and what says most about the cause, goes first. */
const PASSES: readonly Pass[] = [
  repeated(SHORTER),
  (plan, search) => withSmallerList(plan, plan.faults, (of, faults) => ({ ...of, faults }), search),
  withOneClient,
  (plan, search) => withSmallerList(plan, plan.agents, (of, agents) => ({ ...of, agents }), search),
  withFewerClients,
  ...CHEAPER_SETTINGS.map(repeated),
  (plan, search) => withSmallerList(plan, plan.ops, (of, ops) => ({ ...of, ops }), search),
  repeated(simplerRequests),
  ...SIMPLER_SETTINGS.map(repeated),
  ...SIMPLER_TIMES.map(repeated),
];

/** As often as one of its candidates still fails. */
function repeated(simplify: Simplify): Pass {
  return async (plan, search) => {
    let simplest = plan;
    for (;;) {
      const candidates = simplify(simplest);
      const found = await search.firstFailing(candidates);
      const simpler = candidates[found];
      if (simpler === undefined) return simplest;
      simplest = simpler;
    }
  };
}

/** One of the clients is alone: most failures need no other, and all that the others did is gone at once. */
async function withOneClient(plan: SimPlan, search: Search): Promise<SimPlan> {
  const { length } = plan.sessionTimeoutsMs;
  if (length === 1) return plan;
  const candidates = Array.from({ length }, (_, index) => onlyClient(plan, index + 1));
  return candidates[await search.firstFailing(candidates)] ?? plan;
}

/** A client is not there, or another one does what it did. */
async function withFewerClients(plan: SimPlan, search: Search): Promise<SimPlan> {
  let fewest = plan;
  for (let client = plan.sessionTimeoutsMs.length; client > 0; client--) {
    if (fewest.sessionTimeoutsMs.length === 1) break;
    const candidates = [withoutClient(fewest, client), withMergedClient(fewest, client)];
    const found = candidates[await search.firstFailing(candidates)];
    if (found !== undefined) fewest = found;
  }
  return fewest;
}
