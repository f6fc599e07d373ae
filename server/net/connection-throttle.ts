/**
 * How fast clients may open sessions and come back with them (ZooKeeper's connection_throttle_*): a
 * bucket of tokens that fills with time. A crowd that comes all at once, after a restart, is let in at a
 * pace that the ensemble can bear; who is sent away tries the next server, or comes again.
 */
import type { ConnectionRate } from "../config.ts";
import type { Clock, Log } from "../env.ts";

/** One line per interval: whoever comes in a crowd must not fill the disk with it. */
const LOG_INTERVAL_MS = 5_000;

export class ConnectionThrottle {
  readonly #rate: ConnectionRate;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #log: Pick<Log, "warn">;
  #left: number;
  #filledMs: number;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(rate: ConnectionRate, clock: Pick<Clock, "nowMs">, log: Pick<Log, "warn">) {
    this.#rate = rate;
    this.#clock = clock;
    this.#log = log;
    this.#left = rate.tokens;
    this.#filledMs = clock.nowMs();
  }

  /** Takes a token for a client from `remote` (host:port); false: there is none, it must go. */
  enter(remote: string): boolean {
    const { tokens, fillMs, fillCount } = this.#rate;
    if (tokens === 0) return true;
    const nowMs = this.#clock.nowMs();
    const fills = Math.floor((nowMs - this.#filledMs) / fillMs);
    this.#filledMs += fills * fillMs;
    this.#left = Math.min(tokens, this.#left + fills * fillCount);
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    if (nowMs - this.#loggedMs >= LOG_INTERVAL_MS) {
      this.#loggedMs = nowMs;
      this.#log.warn(
        { remote, tokens, fillMs, fillCount },
        "refused a session: connection_throttle_tokens are used up",
      );
    }
    return false;
  }
}
