/**
 * Says in the log which writes go beyond a quota: the same finding once in a while, since a client that
 * writes beyond a limit seldom does it once (RateLogger of ZooKeeper).
 */
import type { Env } from "./env.ts";
import type { OverQuota } from "./tree/prepare-request.ts";

const QUIET_MS = 15 * 60 * 1000;
/** Findings that are remembered; with more quotas than that, some are said more often. */
const MAX_REMEMBERED = 1_000;

export class OverQuotaLog {
  readonly #env: Env;
  readonly #saidMs = new Map<string, number>();

  constructor(env: Env) {
    this.#env = env;
  }

  found({ path, what, limit, allowed, used }: OverQuota): void {
    const nowMs = this.#env.clock.nowMs();
    const key = `${limit} ${what} ${path}`;
    const saidMs = this.#saidMs.get(key);
    if (saidMs !== undefined && nowMs - saidMs < QUIET_MS) return;
    if (this.#saidMs.size >= MAX_REMEMBERED) this.#saidMs.clear();
    this.#saidMs.set(key, nowMs);
    this.#env.log.warn({ path, what, limit, allowed, used }, "quota exceeded");
  }
}
