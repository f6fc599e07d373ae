/**
 * Which paths have a quota: those with a znode /zookeeper/quota/PATH/zookeeper_limits, which clients
 * create. Of a znode below several of them the deepest counts it, and no other (DataTree and PathTrie
 * of ZooKeeper). The root cannot have one.
 */
import { parentOf } from "./path.ts";

const QUOTA_PREFIX = "/zookeeper/quota/";
const ROOT_LENGTH = "/zookeeper/quota".length;
const LIMITS_SUFFIX = "/zookeeper_limits";
const STATS_SUFFIX = "/zookeeper_stats";

export function limitsPathOf(path: string): string {
  return `/zookeeper/quota${path}${LIMITS_SUFFIX}`;
}
export function statsPathOf(path: string): string {
  return `/zookeeper/quota${path}${STATS_SUFFIX}`;
}

/** Whether it lies below /zookeeper/quota: no other znode says anything about quotas. */
export function isQuotaZnode(path: string): boolean {
  return path.startsWith(QUOTA_PREFIX);
}
/** The path whose limits the znode `path` holds; null if it holds none. */
export function limitedBy(path: string): string | null {
  return subjectOf(path, LIMITS_SUFFIX);
}
/** The path whose usage the znode `path` shows; null if it shows none. */
export function countedBy(path: string): string | null {
  return subjectOf(path, STATS_SUFFIX);
}

export class QuotaPaths {
  readonly #paths = new Set<string>();

  get isEmpty(): boolean {
    return this.#paths.size === 0;
  }
  get all(): ReadonlySet<string> {
    return this.#paths;
  }
  add(path: string): void {
    this.#paths.add(path);
  }
  remove(path: string): void {
    this.#paths.delete(path);
  }

  /** The path with a quota that counts the znode `path`: itself, or its nearest ancestor; null: none. */
  counting(path: string): string | null {
    if (this.#paths.size === 0) return null;
    for (let at = path; at !== "/"; at = parentOf(at)) if (this.#paths.has(at)) return at;
    return null;
  }
}

function subjectOf(path: string, suffix: string): string | null {
  if (!path.startsWith(QUOTA_PREFIX) || !path.endsWith(suffix)) return null;
  const end = path.length - suffix.length;
  return end > ROOT_LENGTH ? path.slice(ROOT_LENGTH, end) : null;
}
