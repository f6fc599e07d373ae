/**
 * A chaos experiment as data: what is started, what load it takes, which faults come when, and what
 * makes the result worth anything. `run/` carries it out.
 */
import type { WorkloadSpec } from "../../loadgen/workloads/spec.ts";
import type { FaultSpec } from "../faults/fault.ts";

export interface FaultStep {
  readonly fault: FaultSpec;
  /** How long it stays in force, ms, from when it was verified. */
  readonly holdMs: number;
  /** How long the load goes on undisturbed after it was healed and all servers serve again, ms. */
  readonly calmMs: number;
}

export interface Scenario {
  readonly name: string;
  /** What should be true if the system is right: one sentence. */
  readonly hypothesis: string;
  readonly servers: number;
  /** Keys of zoo.cfg that every server gets. */
  readonly config: Readonly<Record<string, string>>;
  readonly workloads: readonly WorkloadSpec[];
  /** Load before the first fault: what "normal" looks like, ms. */
  readonly steadyMs: number;
  readonly steps: readonly FaultStep[];
  /** After a fault is healed everything must be live again within this time, ms. */
  readonly livenessBoundMs: number;
  /** Fewer operations that ended ok than this, and the run proves nothing. */
  readonly minOperations: number;
  /** More arrivals handed out late than this share, and the load was not the one asked for. */
  readonly lateShareMax: number;
}

/** How long the whole takes when everything goes as it should, ms (start and end not counted). */
export function plannedMs(scenario: Scenario): number {
  let total = scenario.steadyMs;
  for (const { holdMs, calmMs } of scenario.steps) total += holdMs + calmMs;
  return total;
}
