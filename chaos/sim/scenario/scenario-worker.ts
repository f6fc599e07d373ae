/** The thread that simulates a scenario: it tells what goes on, and in the end the result. */
// Before all others: what a module keeps of the machine when it is loaded is guarded, too.
import "../world/escape-guard.ts";
import { parentPort, workerData } from "node:worker_threads";
import type { RunIdentity } from "../../../results/schema.ts";
import { scenarioNamed } from "../../scenarios/all.ts";
import { type SimulatedScenario, simulateScenario } from "./scenario-run.ts";

export interface ScenarioOrder {
  readonly identity: RunIdentity;
}

export type ScenarioReport =
  | { readonly type: "told"; readonly atMs: number; readonly what: string }
  | { readonly type: "ended"; readonly result: SimulatedScenario };

function report(message: ScenarioReport): void {
  parentPort?.postMessage(message);
}

const { identity } = workerData as ScenarioOrder;
// A simulation must not begin inside of a promise's reaction, as which a module is evaluated.
setImmediate(() => {
  const scenario = scenarioNamed(identity.name);
  if (scenario === undefined) throw new Error(`there is no scenario ${identity.name}`);
  const told = (atMs: number, what: string): void => report({ type: "told", atMs, what });
  report({ type: "ended", result: simulateScenario(scenario, identity, told) });
});
