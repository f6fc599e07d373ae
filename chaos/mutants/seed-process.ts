/**
 * The program of a process that simulates seeds, one after the other as it is told, with the mutant of
 * its environment planted (plant.ts is its `--import`). It ends when its parent is gone.
 *
 *     node --import ./chaos/mutants/plant.ts ./chaos/mutants/seed-process.ts SIMULATE-URL DRAWPLAN-URL
 */
import type { SimOutcome } from "../sim/outcome.ts";
import { filesNotLoaded, plantedMutant } from "./plant.ts";
import type { SeedOrder, SeedReport } from "./seed-message.ts";
import { loadSimulator, type Simulator } from "./simulator.ts";

function report(message: SeedReport, then: () => void = () => undefined): void {
  process.send?.(message, (error: Error | null) => {
    // Whoever asked is gone: there is nobody to work for.
    if (error === null) then();
    else process.exit(1);
  });
}

function broken(reason: string): void {
  report({ type: "broken", reason }, () => process.exit(1));
}

function run(simulator: Simulator, seed: number): SeedReport {
  let outcome: SimOutcome;
  try {
    outcome = simulator.simulate(simulator.drawPlan(seed));
  } catch (error) {
    return { type: "threw", seed, error: describe(error) };
  }
  const { checks, verdict, reasons, simulatedMs } = outcome;
  const failed = checks.filter((check) => check.verdict === "fail").map(({ id }) => id);
  const isFailure = verdict === "fail" || failed.length > 0;
  return { type: "ended", seed, failed, isFailure, reason: reasons[0] ?? "", simulatedMs };
}

/** An error and where it was thrown: enough to know it again. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return `${error.name}: ${error.message}${place === undefined ? "" : ` (${place.trim()})`}`;
}

async function start(simulateUrl: string, drawPlanUrl: string): Promise<void> {
  const simulator = await loadSimulator({ simulate: simulateUrl, drawPlan: drawPlanUrl });
  const missing = filesNotLoaded();
  if (missing.length > 0) {
    const name = plantedMutant()?.name ?? "";
    broken(`mutant ${name} is not planted: the simulator loads no ${missing.join(", ")}`);
    return;
  }
  // A simulation must not begin inside of a promise's reaction: this handler is none.
  process.on("message", ({ seed }: SeedOrder) => report(run(simulator, seed)));
  report({ type: "ready" });
}

const [simulateUrl = "", drawPlanUrl = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));
start(simulateUrl, drawPlanUrl).catch((error: unknown) => broken(describe(error)));
