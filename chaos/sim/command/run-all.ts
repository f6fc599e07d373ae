/** Carries out what is to be simulated with all workers of a pool, in no particular order. */
import type { CorpusEntry } from "../corpus/corpus.ts";
import type { SimResult } from "../workers/lane.ts";
import type { SimWork } from "../workers/messages.ts";
import type { Pool } from "../workers/pool.ts";
import type { RunSource } from "./finding.ts";

/** First the corpus, then seeds; no seed is begun when `isTimeUp` says so. */
export function* sourcesOf(
  corpus: readonly CorpusEntry[],
  seeds: { readonly from: number; readonly count: number },
  isTimeUp: () => boolean,
): Generator<RunSource, void> {
  for (const entry of corpus) yield { entry };
  for (let index = 0; index < seeds.count && !isTimeUp(); index++)
    yield { seed: seeds.from + index };
}

/**
 * Rejects with a `PoolStoppedError` when the pool is stopped meanwhile, and with a `SimWorkerError` when
 * there is no simulator to be had.
 */
export async function runAll(
  sources: Iterable<RunSource>,
  pool: Pool,
  ended: (source: RunSource, result: SimResult) => void,
): Promise<void> {
  const rest = sources[Symbol.iterator]();
  const takeTurns = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next())
      ended(next.value, await pool.run(workOf(next.value)));
  };
  await Promise.all(Array.from({ length: pool.width }, takeTurns));
}

function workOf(source: RunSource): SimWork {
  return "seed" in source ? { seed: source.seed } : { plan: source.entry.plan };
}
