/** The simulator as this folder needs it; a test puts another one in its place. */
import type { SimOutcome } from "../sim/outcome.ts";
import type { SimPlan } from "../sim/plan.ts";

export interface Simulator {
  /** Runs a plan to its end, in this call. */
  simulate(plan: SimPlan): SimOutcome;
  /** The plan of a seed: the generator's, the same that `npm run sim` uses. */
  drawPlan(seed: number): SimPlan;
}

/** Modules that export them, as URLs. They are loaded late: a mutant has to be planted before. */
export interface SimulatorUrls {
  readonly simulate: string;
  readonly drawPlan: string;
}

export const SIMULATOR_URLS: SimulatorUrls = {
  simulate: new URL("../sim/simulate.ts", import.meta.url).href,
  drawPlan: new URL("../sim/generate.ts", import.meta.url).href,
};

/** Throws when a module cannot be loaded or does not export what it should. */
export async function loadSimulator(urls: SimulatorUrls): Promise<Simulator> {
  const { simulate } = (await import(urls.simulate)) as Partial<Simulator>;
  const { drawPlan } = (await import(urls.drawPlan)) as Partial<Simulator>;
  if (simulate === undefined) throw new Error(`${urls.simulate} exports no simulate`);
  if (drawPlan === undefined) throw new Error(`${urls.drawPlan} exports no drawPlan`);
  return { simulate, drawPlan };
}
