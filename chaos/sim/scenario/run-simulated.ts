/** `npm run chaos -- SCENARIO --engine sim`: in a thread, so that it can be shown and broken off. */
import { Worker } from "node:worker_threads";
import { endThread } from "../workers/end-thread.ts";
import type { RunIdentity } from "../../../results/schema.ts";
import type { SimulatedScenario } from "./scenario-run.ts";
import type { ScenarioOrder, ScenarioReport } from "./scenario-worker.ts";

const PROGRAM = new URL("./scenario-worker.ts", import.meta.url);

/** Rejects when the simulator throws, and with the signal's reason when it breaks the run off. */
export function runSimulated(
  identity: RunIdentity,
  told: (atMs: number, what: string) => void,
  signal: AbortSignal,
): Promise<SimulatedScenario> {
  signal.throwIfAborted();
  const order: ScenarioOrder = { identity };
  const worker = new Worker(PROGRAM, { workerData: order });
  const stop = (): void => void endThread(worker);
  signal.addEventListener("abort", stop, { once: true });
  return new Promise<SimulatedScenario>((resolve, reject) => {
    worker.on("message", (report: ScenarioReport) => {
      if (report.type === "told") told(report.atMs, report.what);
      else resolve(report.result);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      // After a result this changes nothing.
      reject(signal.aborted ? (signal.reason as Error) : new Error(`it ended with code ${code}`));
    });
  }).finally(() => signal.removeEventListener("abort", stop));
}
