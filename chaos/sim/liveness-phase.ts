/** What comes after the faults: probes and a look at all servers, until everything is well again. */
import type { SimClient } from "./clients/sim-client.ts";
import { SIM_ROOT } from "./clients/to-request.ts";
import type { SimEnsemble } from "./ensemble/sim-ensemble.ts";
import type { World } from "./world/world.ts";

export interface LivenessParts {
  readonly world: World;
  readonly ensemble: SimEnsemble;
  /** Those that probe. */
  readonly clients: readonly SimClient[];
  /** All that may have sessions and operations. */
  readonly sessions: () => readonly SimClient[];
}

export class LivenessPhase {
  readonly #parts: LivenessParts;
  readonly #pollMs: number;
  #over = false;

  /** Looks every `pollMs`. */
  constructor(parts: LivenessParts, pollMs: number) {
    this.#parts = parts;
    this.#pollMs = pollMs;
  }

  /**
   * Lets the world go on until everything is well: every operation has ended, every client can write and
   * read, all members serve and agree, and sessions that nobody has are gone. False: it was not within
   * `boundMs`.
   */
  run(boundMs: number): boolean {
    const { world } = this.#parts;
    this.#over = false;
    const endMs = world.nowMs + boundMs;
    // What counts as after the healing is what is asked later than that.
    world.after(Math.min(1, this.#pollMs), null, () => {
      for (const client of this.#parts.clients) client.probe(SIM_ROOT);
      this.#poll();
    });
    world.runUntil(endMs, () => this.#over);
    const isWell = this.#over;
    this.#over = true;
    return isWell;
  }

  #poll(): void {
    if (this.#over) return;
    const { ensemble, clients, world } = this.#parts;
    ensemble.look();
    for (const client of clients) {
      if (client.probed === "failed") client.probe(SIM_ROOT);
    }
    this.#over = this.#isWell();
    if (!this.#over) world.after(this.#pollMs, null, () => this.#poll());
  }

  #isWell(): boolean {
    const { ensemble, clients, sessions } = this.#parts;
    if (clients.some(({ probed }) => probed !== "ok")) return false;
    if (sessions().some(({ pending }) => pending > 0) || !ensemble.converged) return false;
    const had = new Set(sessions().flatMap((client) => client.sessions));
    const open = ensemble.leader?.server?.finalState().sessions ?? [];
    return open.every((session) => had.has(session));
  }
}
