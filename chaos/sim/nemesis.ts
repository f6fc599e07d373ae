/** Carries out the faults of a plan, takes them back, and keeps the fault log. */
import type { CrashRecord, FaultRecord } from "../../results/history.ts";
import type { SimClient } from "./clients/sim-client.ts";
import type { SimEnsemble } from "./ensemble/sim-ensemble.ts";
import type { SimServer } from "./ensemble/sim-server.ts";
import type { SimFault, SimTarget } from "./plan.ts";
import type { Network } from "./world/network.ts";
import type { World } from "./world/world.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface InForce {
  readonly record: Mutable<FaultRecord>;
  heal: () => void;
}

export class Nemesis {
  readonly #world: World;
  readonly #network: Network;
  readonly #ensemble: SimEnsemble;
  readonly #clients: readonly SimClient[];
  readonly #inForce = new Set<InForce>();
  readonly records: FaultRecord[] = [];

  constructor(
    world: World,
    network: Network,
    ensemble: SimEnsemble,
    clients: readonly SimClient[],
  ) {
    this.#world = world;
    this.#network = network;
    this.#ensemble = ensemble;
    this.#clients = clients;
  }

  begin(fault: SimFault, _index: number): void {
    void this.#clients;
    const heal = this.#make(fault);
    const { nowMs } = this.#world;
    const record: Mutable<FaultRecord> = {
      name: fault.type,
      description: fault.type,
      servers: [],
      links: [],
      requestedMs: nowMs,
      effectiveMs: heal === null ? null : nowMs,
      healRequestedMs: null,
      healedMs: null,
      noQuorum: false,
    };
    if (heal === null) return;
    this.#world.count(`fault: ${fault.type}`);
    this.records.push(record);
    const inForce: InForce = { record, heal };
    this.#inForce.add(inForce);
    this.#world.after(fault.holdMs, null, () => this.#end(inForce));
  }

  endAll(): void {
    for (const inForce of this.#inForce) this.#end(inForce);
    for (const server of this.#ensemble.servers) server.start();
  }

  explains(_crash: CrashRecord): boolean {
    return false;
  }

  #end(inForce: InForce): void {
    if (!this.#inForce.delete(inForce)) return;
    inForce.record.healRequestedMs = this.#world.nowMs;
    inForce.heal();
    inForce.record.healedMs = this.#world.nowMs;
  }

  #make(fault: SimFault): (() => void) | null {
    switch (fault.type) {
      case "kill": {
        const server = this.#target(fault.target);
        if (server === null) return null;
        server.kill();
        return () => server.start();
      }
      case "partition": {
        const server = this.#target(fault.target);
        if (server === null) return null;
        const others = this.#ensemble.servers.filter((each) => each !== server);
        for (const other of others) {
          this.#network.cut(server.host, other.host);
          this.#network.cut(other.host, server.host);
        }
        return () => {
          for (const other of others) {
            this.#network.heal(server.host, other.host);
            this.#network.heal(other.host, server.host);
          }
        };
      }
      case "power-cut-all":
        for (const server of this.#ensemble.servers) server.cutPower();
        return () => {
          for (const server of this.#ensemble.servers) server.start();
        };
      default:
        return null;
    }
  }

  #target(target: SimTarget): SimServer | null {
    if (typeof target === "number") return this.#ensemble.get(target);
    const { leader } = this.#ensemble;
    if (target === "leader") return leader;
    const others = this.#ensemble.servers.filter((each) => each.server !== null && each !== leader);
    return others[this.#world.random.below(others.length)] ?? null;
  }
}
