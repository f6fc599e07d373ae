/**
 * Whether a write stays within the limits that hold for it (ZooKeeperServer.checkQuota). A hard limit
 * takes the place of the soft one; the deepest path with a quota counts, and no other. A write that
 * shrinks a znode is looked at like any other, as ZooKeeper does.
 */
import type { PendingState } from "./pending-state.ts";
import type { OverQuota, PrepareOptions } from "./prepare-request.ts";
import { parseQuota, type QuotaNumbers, quotaNumber } from "./quota-numbers.ts";
import { limitsPathOf, statsPathOf } from "./quota-paths.ts";

/** False: a hard limit refuses the write. `count` and `bytes` are what it adds at `path`. */
export function withinQuota(
  state: PendingState,
  options: PrepareOptions,
  path: string,
  count: number,
  bytes: number,
): boolean {
  if (!options.enforceQuota) return true;
  const quota = state.tree.quotas.counting(path);
  if (quota === null) return true;
  const stats = state.tree.get(statsPathOf(quota));
  // Limits alone, without a znode that counts: nothing is known of the usage.
  if (stats === undefined) return true;
  const limits = parseQuota(state.tree.get(limitsPathOf(quota))?.data ?? null);
  const shown = parseQuota(stats.data);
  const pending = state.usage.of(quota);
  const findings: (OverQuota | null)[] = [
    count === 0
      ? null
      : over(quota, "count", limits, quotaNumber(shown, "count") + pending.count + count),
    bytes === 0
      ? null
      : over(quota, "bytes", limits, quotaNumber(shown, "bytes") + pending.bytes + bytes),
  ];
  let within = true;
  for (const finding of findings) {
    if (finding === null) continue;
    options.overQuota?.(finding);
    if (finding.limit === "hard") within = false;
  }
  return within;
}

function over(
  path: string,
  what: OverQuota["what"],
  limits: QuotaNumbers,
  used: number,
): OverQuota | null {
  const hard = quotaNumber(limits, what === "count" ? "countHardLimit" : "byteHardLimit");
  const allowed = hard > -1 ? hard : quotaNumber(limits, what);
  if (allowed <= -1 || used <= allowed) return null;
  return { path, what, limit: hard > -1 ? "hard" : "soft", allowed, used };
}
