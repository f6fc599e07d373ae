/** What a full or failing disk means for a server, and what its operator can do about it. */
import type { ServerConfig } from "./config.ts";
import type { ZabPeer } from "./zab/peer.ts";

/** How long nothing is committed on a full disk before writes are refused. */
const STUCK_AFTER_MS = 500;

/**
 * The disk is full here since `fullSinceMs` (null: it is not), and not enough of the others log what is
 * proposed: writes are refused. Times are those of the monotonic clock.
 */
export function isStuck(
  fullSinceMs: number | null,
  lastCommitMs: number,
  nowMs: number,
  peer: Pick<ZabPeer, "isSettled" | "leading">,
): boolean {
  if (fullSinceMs === null || peer.isSettled) return false;
  if (peer.leading?.needsOwnLog === true) return true;
  return nowMs - Math.max(fullSinceMs, lastCommitMs) > STUCK_AFTER_MS;
}

/** The end of the line that says that the disk is full, or has failed. */
export function diskRemedy(
  { dataDir, dataLogDir }: Pick<ServerConfig, "dataDir" | "dataLogDir">,
  isFull: boolean,
): string {
  const where = dataDir === dataLogDir ? `dataDir ${dataDir}` : `${dataDir} and ${dataLogDir}`;
  if (isFull) return `make room in ${where}, and this server goes on by itself`;
  return `look at ${where} (space left, permissions, health) and start this server again: what was acknowledged is kept`;
}
