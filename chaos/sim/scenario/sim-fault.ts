import type { FaultSpec } from "../../faults/fault.ts";
import type { SimFaultKind } from "../plan.ts";

/** The fault of a scenario as the simulator has it. Where a link is slow one way there, it is both ways here. */
export function simFaultOf(spec: FaultSpec): SimFaultKind {
  switch (spec.type) {
    case "kill-leader":
      return { type: "kill", target: "leader" };
    case "partition-leader":
      return { type: "partition", target: "leader" };
    case "lagging-follower":
      return { type: "delay", target: "follower", delayMs: spec.delayMs };
    case "slow-acks":
      return { type: "delay", target: "leader", delayMs: spec.delayMs };
    case "no-quorum":
    case "kill-all":
      return { type: spec.type };
  }
}
