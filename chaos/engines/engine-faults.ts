/** Which faults an engine can make: a scenario with another one is refused before anything is started. */
import type { FaultSpec } from "../faults/fault.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export const ENGINES = ["local", "sim", "docker"] as const;
export type EngineName = (typeof ENGINES)[number];

type FaultType = FaultSpec["type"];

const PROCESSES_AND_LINKS: readonly FaultType[] = [
  "kill-leader",
  "kill-all",
  "partition-leader",
  "no-quorum",
  "lagging-follower",
  "slow-acks",
];

/** The faults of an engine, and why it has no others. */
const FAULTS_OF: Readonly<
  Record<EngineName, { readonly has: readonly FaultType[]; readonly because: string }>
> = {
  local: { has: PROCESSES_AND_LINKS, because: "processes and the proxy cannot make it" },
  sim: { has: PROCESSES_AND_LINKS, because: "it is not simulated" },
  docker: { has: [], because: "this engine is still to be built" },
};

/** Why the engine cannot run the scenario, one sentence for every kind of fault; empty: it can. */
export function refusals(engine: EngineName, scenario: Scenario): string[] {
  const { has, because } = FAULTS_OF[engine];
  // Every scenario ends with the death of all processes.
  const wanted = new Set<FaultType>([...scenario.steps.map(({ fault }) => fault.type), "kill-all"]);
  return [...wanted]
    .filter((type) => !has.includes(type))
    .map((type) => `The engine ${engine} has no fault ${type}: ${because}.`);
}
