import type { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";

/** Delays of directed links; those of several faults add up. */
export class LinkDelays {
  readonly #network: Network;
  readonly #extraMs = new Map<string, number>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** How much longer what goes from one to the other may take now, ms. */
  of(from: Host, to: Host): number {
    return this.#extraMs.get(`${from.name}>${to.name}`) ?? 0;
  }

  /** Adds to the delay of what goes from one to the other, ms; negative: takes away. */
  add(from: Host, to: Host, delayMs: number): void {
    const link = `${from.name}>${to.name}`;
    const extraMs = Math.max(0, (this.#extraMs.get(link) ?? 0) + delayMs);
    this.#extraMs.set(link, extraMs);
    this.#network.slowDown(from, to, extraMs);
  }
}
