/** Removes old snapshots and log files now and then (autopurge.*; ZooKeeper's DatadirCleanupManager). */
import type { ServerConfig } from "./config.ts";
import type { Env, Timer } from "./env.ts";
import type { Persistence } from "./persistence.ts";

export class Purger {
  readonly #env: Pick<Env, "timers" | "log">;
  readonly #config: ServerConfig["autopurge"];
  readonly #persistence: Pick<Persistence, "purge">;
  #timer: Timer | null = null;

  constructor(
    env: Pick<Env, "timers" | "log">,
    config: ServerConfig["autopurge"],
    persistence: Pick<Persistence, "purge">,
  ) {
    this.#env = env;
    this.#config = config;
    this.#persistence = persistence;
  }

  /** Purges now, and again after each interval; does nothing when there is none. */
  start(): void {
    const { intervalMs } = this.#config;
    if (intervalMs === 0) return;
    this.#timer = this.#env.timers.after(intervalMs, () => this.start());
    this.purgeNow();
  }

  /** Does nothing where nothing is to be purged by itself. */
  purgeNow(): void {
    const { intervalMs, snapRetainCount } = this.#config;
    if (intervalMs === 0) return;
    const { log } = this.#env;
    this.#persistence.purge(snapRetainCount, (error, removed) => {
      if (error) log.warn({ err: error }, "could not purge old snapshots and logs");
      else if (removed > 0) log.info({ removed, snapRetainCount }, "purged old snapshots and logs");
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
