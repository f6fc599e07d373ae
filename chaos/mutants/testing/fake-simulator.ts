/**
 * A simulator that takes no time, for tests of what goes on around it. C2 fails where the server takes
 * an older version for the one that was wanted; and some seeds are bad ones whatever the server does.
 */
import { versionFits } from "../../../server/tree/prepared.ts";
import type { CheckResult } from "../../../results/schema.ts";
import type { SimOutcome } from "../../sim/outcome.ts";
import type { SimPlan } from "../../sim/plan.ts";

export const SEED_THAT_THROWS = 13;
export const SEED_THAT_HANGS = 14;
export const SEED_THAT_ENDS_THE_PROCESS = 15;

export function drawPlan(seed: number): SimPlan {
  return { seed } as SimPlan;
}

export function simulate(plan: SimPlan): SimOutcome {
  const { seed } = plan;
  if (seed === SEED_THAT_THROWS) throw new RangeError("no such server");
  if (seed === SEED_THAT_ENDS_THE_PROCESS) process.exit(7);
  while (seed === SEED_THAT_HANGS);
  const found = versionFits(3, 2);
  const checks = [{ id: "C2", verdict: found ? "fail" : "pass" } as CheckResult];
  const reasons = found ? ["C2 atomicity: a version that was wrong"] : [];
  const verdict = found ? "fail" : "pass";
  return { plan, checks, verdict, reasons, simulatedMs: 1 } as unknown as SimOutcome;
}
