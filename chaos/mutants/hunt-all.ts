/** Hunts many mutants, several at a time. */
import { hunt, type Hunt, type HuntOptions, type StartRunner } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";

export interface HuntAllOptions extends HuntOptions {
  /** How many mutants are hunted at a time; each takes a process, and one more for a moment. */
  readonly jobs: number;
}

export interface HuntEvents {
  /** What is under way: each mutant with its seed. */
  progress(running: ReadonlyMap<string, number>, done: number): void;
  ended(result: Hunt): void;
}

/** The results in the order of the mutants. Rejects with the signal's reason when that is aborted. */
export async function huntAll(
  mutants: readonly Mutant[],
  options: HuntAllOptions,
  start: StartRunner,
  signal: AbortSignal,
  events: HuntEvents,
): Promise<Hunt[]> {
  const results = new Map<string, Hunt>();
  const running = new Map<string, number>();
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { name } = mutant;
      const result = await hunt(mutant, options, start, signal, (seed) => {
        running.set(name, seed);
        events.progress(running, results.size);
      });
      running.delete(name);
      results.set(name, result);
      events.ended(result);
    }
  };
  const workers = Array.from({ length: Math.min(options.jobs, mutants.length) }, work);
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return mutants.flatMap(({ name }) => results.get(name) ?? []);
}
