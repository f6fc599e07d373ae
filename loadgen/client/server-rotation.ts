import type { SeededRandom } from "../seeded-random.ts";

/** A server as a client reaches it: directly, or through a proxy that stands for it. */
export interface ServerAddress {
  /** The server's number in the ensemble. */
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/**
 * Which server to try next: all in turn, from a random start, so that clients spread out and a dead
 * server is passed over.
 */
export class ServerRotation {
  readonly #servers: readonly ServerAddress[];
  #next: number;

  /** Throws for an empty list, or a `firstId` that is not in it. */
  constructor(servers: readonly ServerAddress[], random: SeededRandom, firstId: number | null) {
    if (servers.length === 0) throw new Error("servers: expected at least one address");
    this.#servers = servers;
    this.#next = random.below(servers.length);
    if (firstId !== null) this.prefer(firstId);
  }

  next(): ServerAddress {
    const server = this.#servers[this.#next] as ServerAddress;
    this.#next = (this.#next + 1) % this.#servers.length;
    return server;
  }

  /** Tries this server next. Throws when it is not in the list. */
  prefer(id: number): void {
    const index = this.#servers.findIndex((server) => server.id === id);
    if (index < 0)
      throw new Error(`server ${id}: not among ${this.#servers.map((s) => s.id).join(", ")}`);
    this.#next = index;
  }
}
