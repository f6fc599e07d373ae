/**
 * Who belongs to the ensemble, as far as Zab is concerned: the servers that vote, and those that only
 * learn. Addresses are the driver's business.
 */
import type { ServerId, Zxid } from "../ids.ts";

export interface Membership {
  /** The zxid of the transaction that made it; 0: it comes from the configuration file. */
  readonly version: Zxid;
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];
}

export function isVoter(membership: Membership, sid: ServerId): boolean {
  return membership.voters.includes(sid);
}

/** True of voters and observers. A server that is neither may still be led, as one that only learns. */
export function isMember(membership: Membership, sid: ServerId): boolean {
  return membership.voters.includes(sid) || membership.observers.includes(sid);
}
