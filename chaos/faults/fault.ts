/**
 * Faults as data, and what it means to have injected one. One file per fault; this is their contract.
 */
import type { LocalEnsemble } from "../engines/local.ts";

export type FaultSpec =
  /** SIGKILL to the leader; healed by starting it again. */
  | { readonly type: "kill-leader" }
  /** The leader and the others no longer hear each other. */
  | { readonly type: "partition-leader" }
  /** No two servers hear each other: nobody has a quorum. */
  | { readonly type: "no-quorum" }
  /** One follower hears of everything late: what it shows is old, and must never look newer. */
  | { readonly type: "lagging-follower"; readonly delayMs: number }
  /** Followers log proposals at once, but the leader hears of it late: nothing is committed early. */
  | { readonly type: "slow-acks"; readonly delayMs: number }
  /** SIGKILL to all servers at once; healed by starting all again. */
  | { readonly type: "kill-all" };

export interface ActiveFault {
  /** A sentence for a person: what was done to which server and link. */
  readonly description: string;
  readonly servers: readonly number[];
  readonly links: readonly string[];
  /** While it is in force no server can have a quorum. */
  readonly noQuorum: boolean;
  /** Takes it back; resolves when that is verified. */
  heal(): Promise<void>;
}

/** Injects the fault; resolves when it is verified to be in force. */
export type Inject = (ensemble: LocalEnsemble) => Promise<ActiveFault>;

/** The leader, or an error that says why a fault that needs one cannot be made. */
export async function requireLeader(ensemble: LocalEnsemble): Promise<number> {
  const leader = await ensemble.leader();
  if (leader === null) throw new Error("there is no leader to be the target of this fault");
  return leader;
}

/** The other servers, in the order of ids. */
export function othersThan(ensemble: LocalEnsemble, id: number): number[] {
  return ensemble.servers.map((server) => server.id).filter((other) => other !== id);
}
