/** Which servers are kept down, and by how many faults: it starts again when the last lets go. */
import type { SimEnsemble } from "../ensemble/sim-ensemble.ts";
import type { SimServer } from "../ensemble/sim-server.ts";
import type { World } from "../world/world.ts";

export class Outages {
  readonly #world: World;
  readonly #ensemble: SimEnsemble;
  readonly #held = new Map<SimServer, number>();
  readonly #paused = new Map<SimServer, number>();

  constructor(world: World, ensemble: SimEnsemble) {
    this.#world = world;
    this.#ensemble = ensemble;
  }

  /** From now on it is not to run; who asks ends it as suits. Every call needs a `release`. */
  hold(server: SimServer): void {
    this.#held.set(server, (this.#held.get(server) ?? 0) + 1);
  }

  release(server: SimServer): void {
    const left = (this.#held.get(server) ?? 1) - 1;
    if (left > 0) this.#held.set(server, left);
    else this.#held.delete(server);
    this.revive(server);
  }

  /** Starts a server that does not run, unless something keeps it down. */
  revive(server: SimServer): void {
    // A process that is just about to exit is gone by then.
    this.#world.atTurnEnd(null, () => {
      if (!this.#held.has(server) && !this.#ensemble.lost.has(server.id)) this.#start(server);
    });
  }

  /** Every call needs a `resume`. */
  pause(server: SimServer): void {
    this.#paused.set(server, (this.#paused.get(server) ?? 0) + 1);
    server.pause();
  }

  resume(server: SimServer): void {
    const left = (this.#paused.get(server) ?? 1) - 1;
    if (left > 0) {
      this.#paused.set(server, left);
      return;
    }
    this.#paused.delete(server);
    server.resume();
  }

  #start(server: SimServer): void {
    if (server.server !== null) return;
    server.start();
    // It refuses what its disk has: only a person with a copy could help.
    if (server.server === null) this.#ensemble.lost.add(server.id);
  }
}
