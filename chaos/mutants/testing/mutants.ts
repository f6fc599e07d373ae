/** Handmade mutants, hunts and runners, for tests. */
import type { Runner, StartRunner } from "../hunt.ts";
import type { CheckId, Mutant } from "../mutant.ts";
import type { SeedResult } from "../seed-runner.ts";

export function mutantCalled(name: string, seenBy: Mutant["seenBy"] = ["C7", "C1"]): Mutant {
  return {
    name,
    file: "server/tree/version.ts",
    find: "version + 1",
    replace: "version + 2",
    guarantee: "reliability",
    seenBy,
    why: "A write is lost.",
    broughtOut: "power cut",
  };
}

export function ended(seed: number, failed: readonly CheckId[] = []): SeedResult {
  const isFailure = failed.length > 0;
  const reason = isFailure ? `${failed[0]} is broken` : "";
  return { type: "ended", seed, failed, isFailure, reason, simulatedMs: 1 };
}

/** Runners that give what `judge` says; what they ran is kept, and how many still run. */
export class FakeRunners {
  readonly ran: string[] = [];
  open = 0;
  readonly #judge: (mutant: string | null, seed: number) => SeedResult | Error;

  constructor(judge: (mutant: string | null, seed: number) => SeedResult | Error) {
    this.#judge = judge;
  }

  readonly start: StartRunner = (mutant) => {
    this.open++;
    let isOver = false;
    const stop = async (): Promise<void> => {
      if (!isOver) this.open--;
      isOver = true;
    };
    const run: Runner["run"] = async (seed) => {
      this.ran.push(`${mutant ?? "-"} ${seed}`);
      const result = this.#judge(mutant, seed);
      if (result instanceof Error) throw result;
      if (result.type === "hung") await stop();
      return result;
    };
    return {
      run,
      stop,
      get isOver() {
        return isOver;
      },
    };
  };
}
