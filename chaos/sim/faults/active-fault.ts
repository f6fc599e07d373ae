/** What it means to have begun a fault, and what faults are made with. */
import type { SimClient } from "../clients/sim-client.ts";
import type { SimEnsemble } from "../ensemble/sim-ensemble.ts";
import type { SimServer } from "../ensemble/sim-server.ts";
import type { SimFault, SimTarget } from "../plan.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import type { LinkDelays } from "./link-delays.ts";
import type { Operator } from "./operator.ts";
import type { Outages } from "./outages.ts";

/** A fault that was begun. */
export interface ActiveFault {
  /** A sentence for a person: what was done to which server and link. */
  readonly description: string;
  readonly servers: readonly number[];
  readonly links: readonly string[];
  /** While it is in force no server can have a quorum. */
  readonly noQuorum: boolean;
  /** It waits for something and is not in force yet: `FaultContext.effective` tells when it is. */
  readonly waits?: boolean;
  /** It lasts this long instead of the `holdMs` of the plan, ms. */
  readonly lastsMs?: number;
  /** Asked just before it is taken back: how long after that what it did may still be felt, ms. */
  readonly lingersMs?: () => number;
  /** Takes it back. Called once, also when it never came into force. */
  heal(): void;
}

export interface FaultContext {
  readonly world: World;
  readonly network: Network;
  readonly ensemble: SimEnsemble;
  readonly clients: readonly SimClient[];
  readonly outages: Outages;
  readonly delays: LinkDelays;
  readonly operator: Operator;
  /** The plan has reconfigurations: who votes is not known beforehand. */
  readonly reconfigures: boolean;
  /** The server that is meant now; null: there is none. */
  readonly target: (target: SimTarget) => SimServer | null;
}

/** Begins a fault; null: it is not possible now. `effective` is for those that wait: in force now. */
export type FaultMaker<T extends SimFault["type"]> = (
  context: FaultContext,
  fault: Extract<SimFault, { readonly type: T }>,
  effective: () => void,
) => ActiveFault | null;
