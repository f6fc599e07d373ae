import { ErrorCode } from "../../server/errors.ts";
import type { RequestMethods } from "../client/request-methods.ts";
import { CommandError, checked } from "./errors.ts";
import { formatLimits, formatUsage, parseLimits, type QuotaLimits } from "./quota-limits.ts";
import { subtree } from "./subtree.ts";

/** Where ZooKeeper keeps quotas: below this, at the path of the znode, in two children. */
export const QUOTA_ROOT = "/zookeeper/quota";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

/** The znode with the limits of `path`. */
export function limitPath(path: string): string {
  return `${QUOTA_ROOT}${path}/${LIMITS}`;
}
function statPath(path: string): string {
  return `${QUOTA_ROOT}${path}/${STATS}`;
}

/** What a quota limits, and what is used; null if the znode has no quota. Throws a `CommandError`. */
export async function readQuota(
  zk: RequestMethods,
  path: string,
): Promise<{ readonly limits: QuotaLimits; readonly used: QuotaLimits } | null> {
  const limits = await zk.getData(limitPath(path));
  if (limits.code === ErrorCode.NoNode) return null;
  checked(limits, limitPath(path));
  const used = await zk.getData(statPath(path));
  if (used.code === ErrorCode.NoNode) return null;
  checked(used, statPath(path));
  return { limits: parseLimits(limits.data), used: parseLimits(used.data) };
}

/**
 * Throws a `CommandError` if a znode above or below has a quota: they do not add up, so that zkCli
 * allows one on each way from the root.
 */
export async function checkNoOtherQuota(
  zk: RequestMethods,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const names = path.slice(1).split("/");
  for (let depth = 1; depth < names.length; depth++) {
    const above = `/${names.slice(0, depth).join("/")}`;
    if ((await zk.exists(limitPath(above))).outcome === "ok") {
      throw new CommandError(`${path} has a parent ${above} which has a quota`);
    }
  }
  const root = `${QUOTA_ROOT}${path}`;
  if ((await zk.exists(root)).code === ErrorCode.NoNode) return;
  for (const each of await subtree(zk, root, signal)) {
    if (!each.endsWith(`/${LIMITS}`) || each === limitPath(path)) continue;
    const below = each.slice(QUOTA_ROOT.length, -LIMITS.length - 1);
    throw new CommandError(`${path} has a child ${below} which has a quota`);
  }
}

/** Puts the limits of a znode in place of what it had. Throws a `CommandError`. */
export async function writeLimits(
  zk: RequestMethods,
  path: string,
  limits: QuotaLimits,
): Promise<void> {
  const data = Buffer.from(formatLimits(limits));
  const changed = await zk.setData(limitPath(path), data);
  if (changed.code !== ErrorCode.NoNode) {
    checked(changed, limitPath(path));
    return;
  }
  const names = path.slice(1).split("/");
  for (let depth = 1; depth <= names.length; depth++) {
    await createUnlessThere(zk, `${QUOTA_ROOT}/${names.slice(0, depth).join("/")}`, null);
  }
  await createUnlessThere(zk, limitPath(path), data);
  // The server fills in what is used as soon as the limits are there.
  const usage = Buffer.from(formatUsage({ count: 0, bytes: 0 }));
  await createUnlessThere(zk, statPath(path), usage);
}

/** Takes a quota away, and what only led to it. Throws a `CommandError`. */
export async function removeQuota(zk: RequestMethods, path: string): Promise<void> {
  for (const each of [limitPath(path), statPath(path)]) await deleteIfThere(zk, each);
  for (let at = `${QUOTA_ROOT}${path}`; at !== QUOTA_ROOT; at = at.slice(0, at.lastIndexOf("/"))) {
    const result = await zk.delete(at);
    if (result.code === ErrorCode.NotEmpty) return;
    if (result.code !== ErrorCode.NoNode) checked(result, at);
  }
}

async function createUnlessThere(
  zk: RequestMethods,
  path: string,
  data: Buffer | null,
): Promise<void> {
  const result = await zk.create(path, data);
  if (result.code !== ErrorCode.NodeExists) checked(result, path);
}

async function deleteIfThere(zk: RequestMethods, path: string): Promise<void> {
  const result = await zk.delete(path);
  if (result.code !== ErrorCode.NoNode) checked(result, path);
}
