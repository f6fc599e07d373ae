/**
 * The program of a worker thread or a process that simulates what it is told, one thing after the other:
 *
 *     node --import ./chaos/mutants/plant.ts ./chaos/sim/workers/sim-worker.ts SIMULATE-URL DRAWPLAN-URL
 *
 * It imports nothing of the product by itself: the mutant of the environment is planted before. A process
 * ends when its parent is gone.
 */
import { parentPort } from "node:worker_threads";
import { filesNotLoaded, plantedMutant } from "../../mutants/plant.ts";
import { endWithParent } from "./end-with-parent.ts";
import type { SimOrder, SimReport } from "./messages.ts";
import { type LoadedSimulator, loadSimulator } from "./simulator.ts";

const STACK_LINES = 4;
/** The clock of the machine, before a simulation closes it. */
const now = performance.now.bind(performance);

function report(message: SimReport): void {
  if (parentPort !== null) parentPort.postMessage(message);
  else
    process.send?.(message, (error: Error | null) => {
      // Whoever asked is gone: there is nobody to work for.
      if (error !== null) process.exit(1);
    });
}

function run({ simulate, drawPlan }: LoadedSimulator, order: SimOrder): SimReport {
  const startMs = now();
  try {
    const plan = order.plan ?? drawPlan(order.seed);
    const evidence = order.evidence === true;
    const isTraced = order.trace === true || evidence;
    const outcome = simulate(plan, { trace: isTraced, bytes: evidence, history: evidence });
    const { plan: _plan, history, trace, ...summary } = outcome;
    const isOfInterest = outcome.verdict !== "pass" || isTraced;
    const wallMs = now() - startMs;
    return { type: "ended", summary, plan: isOfInterest ? plan : null, trace, history, wallMs };
  } catch (error) {
    const isEscape = error instanceof Error && error.name === "EscapeError";
    return { type: "threw", error: describe(error), isEscape };
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.split("\n").slice(0, STACK_LINES).join("\n");
}

async function start(urls: { simulate: string; drawPlan: string }): Promise<void> {
  const simulator = await loadSimulator(urls);
  const missing = filesNotLoaded();
  if (missing.length > 0) {
    const name = plantedMutant()?.name ?? "";
    throw new Error(`mutant ${name} is not planted: the simulator loads no ${missing.join(", ")}`);
  }
  // A simulation must not begin inside of a promise's reaction: an immediate is none.
  const obey = (order: SimOrder): void => {
    setImmediate(() => report(run(simulator, order)));
  };
  if (parentPort !== null) parentPort.on("message", obey);
  else process.on("message", obey);
  report({ type: "ready" });
}

const [simulateUrl = "", drawPlanUrl = ""] = process.argv.slice(2);
if (parentPort === null) {
  process.on("disconnect", () => process.exit(0));
  endWithParent();
}
start({ simulate: simulateUrl, drawPlan: drawPlanUrl }).catch((error: unknown) =>
  report({ type: "broken", reason: describe(error) }),
);
