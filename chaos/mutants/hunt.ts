/** Looks for one mutant: seed after seed, until something says that the server is not what it should be. */
import type { CheckId, Mutant } from "./mutant.ts";
import { SeedProcessError, type SeedResult } from "./seed-runner.ts";

/** Simulates seeds in a process of its own. */
export interface Runner {
  readonly isOver: boolean;
  run(seed: number): Promise<SeedResult>;
  stop(): Promise<void>;
}

/** With a mutant by its name, or the server as it is. */
export type StartRunner = (mutant: string | null) => Runner;

export interface HuntOptions {
  readonly firstSeed: number;
  /** How many seeds, from the first on. */
  readonly seeds: number;
  /** Goes on until one of the checks says so that should (`seenBy`). */
  readonly onlyExpected: boolean;
}

/** A check; or the run as a whole failed, or it did not come to an end. A simulator that throws is none. */
export type Witness = CheckId | "run" | "hang";

export interface Finding {
  readonly seed: number;
  readonly seedsNeeded: number;
  readonly by: readonly Witness[];
  /** The first reason that was given. */
  readonly reason: string;
}

export interface Hunt {
  readonly mutant: Mutant;
  readonly status: "found" | "survived" | "undecided";
  readonly finding: Finding | null;
  readonly seedsRun: number;
  /** Seeds that decide nothing, and why. */
  readonly doubts: readonly string[];
  /** Why no more seeds could be run, if that is so: the mutant is not planted … */
  readonly broken: string | null;
  readonly elapsedMs: number;
}

/** The last reason why a mutant is undecided. */
export function whyUndecided({ broken, doubts }: Hunt): string {
  return broken ?? doubts.at(-1) ?? "no seed was run";
}

/**
 * What the server as it is does on the same seed counts against a finding: a check that fails there, too,
 * has not seen the mutant. Nor has a simulator that throws: such a seed decides nothing. Rejects only when the signal breaks it off.
 */
export async function hunt(
  mutant: Mutant,
  options: HuntOptions,
  start: StartRunner,
  signal: AbortSignal,
  progress: (seed: number) => void,
): Promise<Hunt> {
  signal.throwIfAborted();
  const startMs = performance.now();
  const doubts: string[] = [];
  let broken: string | null = null;
  const end = (status: Hunt["status"], finding: Finding | null, seedsRun: number): Hunt => {
    const elapsedMs = Math.round(performance.now() - startMs);
    return { mutant, status, finding, seedsRun, doubts, broken, elapsedMs };
  };

  let runner = start(mutant.name);
  const kill = (): void => void runner.stop();
  signal.addEventListener("abort", kill);
  try {
    for (let index = 0; index < options.seeds; index++) {
      const seed = options.firstSeed + index;
      progress(seed);
      if (runner.isOver) runner = start(mutant.name);
      const result = await runner.run(seed);
      signal.throwIfAborted();
      const by = await newWitnesses(mutant, result, options, start, signal, doubts);
      signal.throwIfAborted();
      if (by.length === 0) continue;
      const finding = { seed, seedsNeeded: index + 1, by, reason: reasonOf(result) };
      return end("found", finding, index + 1);
    }
    return end(doubts.length < options.seeds ? "survived" : "undecided", null, options.seeds);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SeedProcessError)) throw error;
    broken = error.message;
    return end("undecided", null, 0);
  } finally {
    signal.removeEventListener("abort", kill);
    await runner.stop();
  }
}

/** Who says that something is wrong, and does not say so of the server without the mutant. */
async function newWitnesses(
  mutant: Mutant,
  result: SeedResult,
  { onlyExpected }: HuntOptions,
  start: StartRunner,
  signal: AbortSignal,
  doubts: string[],
): Promise<readonly Witness[]> {
  if (result.type === "threw") {
    doubts.push(`seed ${result.seed}: the simulator threw ${result.error}`);
    return [];
  }
  const witnesses = witnessesOf(result);
  if (witnesses.length === 0) return [];
  const expected: readonly string[] = mutant.seenBy;
  if (onlyExpected && !witnesses.some((witness) => expected.includes(witness))) return [];
  const control = start(null);
  const kill = (): void => void control.stop();
  signal.addEventListener("abort", kill);
  try {
    const controlled = await control.run(result.seed);
    if (controlled.type === "threw") {
      doubts.push(
        `seed ${result.seed}: without the mutant the simulator threw ${controlled.error}`,
      );
      return [];
    }
    const without = witnessesOf(controlled);
    const found = witnesses.filter((witness) => !without.includes(witness));
    if (found.length === 0) {
      doubts.push(`seed ${result.seed}: ${without.join(", ")} without the mutant, too`);
    }
    return found;
  } finally {
    signal.removeEventListener("abort", kill);
    await control.stop();
  }
}

function witnessesOf(result: Exclude<SeedResult, { type: "threw" }>): Witness[] {
  switch (result.type) {
    case "ended":
      if (result.failed.length > 0) return [...(result.failed as CheckId[])];
      return result.isFailure ? ["run"] : [];
    case "hung":
      return ["hang"];
  }
}

function reasonOf(result: SeedResult): string {
  switch (result.type) {
    case "ended":
      return result.reason;
    case "threw":
      return result.error;
    case "hung":
      return `no end within ${result.limitMs} ms`;
  }
}
