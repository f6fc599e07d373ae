import type { SimPlan } from "../plan.ts";
import type { Search } from "./search.ts";

/**
 * Delta debugging over a list in the plan: takes away all, then halves, quarters … single elements, for
 * as long as it still fails. `rebuild` puts a shorter list in the plan's place.
 */
export async function withSmallerList<T>(
  plan: SimPlan,
  list: readonly T[],
  rebuild: (plan: SimPlan, shorter: readonly T[]) => SimPlan,
  search: Search,
): Promise<SimPlan> {
  if (list.length === 0) return plan;
  const empty = rebuild(plan, []);
  if ((await search.firstFailing([empty])) === 0) return empty;
  let kept = list;
  for (let size = Math.ceil(kept.length / 2); ; size = Math.ceil(size / 2)) {
    kept = await withoutChunks(plan, kept, size, rebuild, search);
    if (size === 1 || search.isExhausted) return rebuild(plan, kept);
    size = Math.min(size, kept.length);
  }
}

/** Every chunk of this size is tried once, from the end: what came last is least likely a cause. */
async function withoutChunks<T>(
  plan: SimPlan,
  list: readonly T[],
  size: number,
  rebuild: (plan: SimPlan, shorter: readonly T[]) => SimPlan,
  search: Search,
): Promise<readonly T[]> {
  let kept = list;
  let end = kept.length;
  while (end > 0 && !search.isExhausted) {
    const shorter: T[][] = [];
    for (let to = end; to > 0; to -= size)
      shorter.push([...kept.slice(0, Math.max(0, to - size)), ...kept.slice(to)]);
    const found = await search.firstFailing(shorter.map((each) => rebuild(plan, each)));
    if (found < 0) break;
    kept = shorter[found] as T[];
    end -= (found + 1) * size;
  }
  return kept;
}
