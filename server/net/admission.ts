/**
 * How many clients may be connected: from one address (maxClientCnxns) and in all (maxCnxns). Whoever
 * connects counts at once, also while its TLS handshake is still under way.
 */
import type { Clock, Log } from "../env.ts";

export interface AdmissionLimits {
  /** 0 is no limit. */
  readonly perAddress: number;
  readonly total: number;
}

/** One line per interval: whoever fills the port must not fill the disk too. */
const FULL_LOG_INTERVAL_MS = 5_000;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #perAddress = new Map<string, number>();
  #total = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(limits: AdmissionLimits, clock: Clock, log: Log) {
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  /** Counts a connection from `remote` (host:port) until it leaves; false: there are too many. */
  enter(remote: string): boolean {
    const ip = hostOf(remote);
    const fromIp = this.#perAddress.get(ip) ?? 0;
    const { perAddress, total } = this.#limits;
    if (perAddress > 0 && fromIp >= perAddress) {
      this.#logFull(remote, "maxClientCnxns", perAddress);
      return false;
    }
    if (total > 0 && this.#total >= total) {
      this.#logFull(remote, "maxCnxns", total);
      return false;
    }
    this.#perAddress.set(ip, fromIp + 1);
    this.#total++;
    return true;
  }

  leave(remote: string): void {
    const ip = hostOf(remote);
    const left = (this.#perAddress.get(ip) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(ip, left);
    else this.#perAddress.delete(ip);
    this.#total--;
  }

  #logFull(remote: string, key: string, limit: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#loggedMs < FULL_LOG_INTERVAL_MS) return;
    this.#loggedMs = nowMs;
    this.#log.warn({ remote, limit }, `refused a connection: ${key} is reached`);
  }
}

export function hostOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(":"));
}
