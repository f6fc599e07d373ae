/**
 * Connections that have not said who they are: so many may be there at once. When one too many comes, the
 * one that has waited longest is closed, of the address that has most of them: a flood pushes out its own,
 * and a server that connects meanwhile has its handshake behind it long before it would be its turn.
 */
import { hostOf } from "./admission.ts";

/** At most, of all addresses together. */
const MAX_WAITING = 64;
const TOO_MANY = "too many that say nothing";

export interface Visit {
  readonly host: string;
  /** Closes the connection. */
  readonly close: (reason: string) => void;
}

export class Doorstep {
  /** In the order in which they came. */
  readonly #waiting = new Set<Visit>();

  /** Counts a connection from `remote` (host:port) until it leaves; closing it makes it leave. */
  enter(remote: string, close: (reason: string) => void): Visit {
    const visit = { host: hostOf(remote), close };
    this.#waiting.add(visit);
    if (this.#waiting.size > MAX_WAITING) this.#evict();
    return visit;
  }

  /** It has said who it is, or is gone. Harmless when it has left. */
  leave(visit: Visit): void {
    this.#waiting.delete(visit);
  }

  #evict(): void {
    const counts = new Map<string, number>();
    for (const { host } of this.#waiting) counts.set(host, (counts.get(host) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const visit of this.#waiting) {
      if (counts.get(visit.host) !== most) continue;
      this.#waiting.delete(visit);
      visit.close(TOO_MANY);
      return;
    }
  }
}
