/** The simulator as workers load it: by URLs, so that a mutant is planted before, and tests have their own. */
import type { simulate } from "../simulate.ts";
import type { SimPlan } from "../plan.ts";

export interface SimulatorUrls {
  /** A module that exports `simulate`. */
  readonly simulate: string;
  /** A module that exports `drawPlan`. */
  readonly drawPlan: string;
}

export interface LoadedSimulator {
  readonly simulate: typeof simulate;
  readonly drawPlan: (seed: number) => SimPlan;
}

export const SIMULATOR_URLS: SimulatorUrls = {
  simulate: new URL("../simulate.ts", import.meta.url).href,
  drawPlan: new URL("../generate.ts", import.meta.url).href,
};

/** Rejects when a module cannot be loaded or does not export what it should. */
export async function loadSimulator(urls: SimulatorUrls): Promise<LoadedSimulator> {
  const { simulate } = (await import(urls.simulate)) as Partial<LoadedSimulator>;
  const { drawPlan } = (await import(urls.drawPlan)) as Partial<LoadedSimulator>;
  if (simulate === undefined) throw new Error(`${urls.simulate} exports no simulate`);
  if (drawPlan === undefined) throw new Error(`${urls.drawPlan} exports no drawPlan`);
  return { simulate, drawPlan };
}
