/**
 * What a znode's ephemeralOwner says (ZooKeeper's EphemeralType): mostly nothing, or the session that
 * the znode ends with. Two ranges of numbers stand for znodes that the leader removes:
 *
 * ```
 * container     0x8000_0000_0000_0000
 * time to live  0xff00_00tt_tttt_tttt   t: milliseconds
 * ```
 *
 * The numbers alone decide, on every server alike; whether znodes with a time to live may be created
 * is a matter of configuration (extendedTypesEnabled). As signed numbers both are negative, and so is
 * a session of a server from 128 on. Clients do not see them: a Stat shows sessions alone.
 */
import { NO_SESSION } from "../ids.ts";
import type { SessionId } from "../ids.ts";

export type OwnerKind = "none" | "session" | "container" | "ttl";

export const CONTAINER_OWNER = -(2n ** 63n) as SessionId;
/** The longest time to live, in milliseconds: some 34 years. */
export const TTL_MAX_MS = 2n ** 40n - 1n;
const TTL_OWNER_BASE = -(2n ** 56n);

export function ownerKind(owner: SessionId): OwnerKind {
  if (owner === NO_SESSION) return "none";
  if (owner > NO_SESSION) return "session";
  if (owner === CONTAINER_OWNER) return "container";
  return owner >= TTL_OWNER_BASE && owner <= TTL_OWNER_BASE + TTL_MAX_MS ? "ttl" : "session";
}

/** Whether the znode ends with a session, and so may have no children. */
export function isSessionOwner(owner: SessionId): boolean {
  return owner !== NO_SESSION && (owner > NO_SESSION || ownerKind(owner) === "session");
}

/** The owner of a znode with this time to live; null if it is not in [1, `TTL_MAX_MS`]. */
export function ttlOwner(ttlMs: bigint): SessionId | null {
  return ttlMs >= 1n && ttlMs <= TTL_MAX_MS ? ((TTL_OWNER_BASE + ttlMs) as SessionId) : null;
}

/** The time to live of an owner of the kind `ttl`, in milliseconds; 0 is for ever. */
export function ttlMsOf(owner: SessionId): number {
  return Number(owner - TTL_OWNER_BASE);
}
