/** Carries out the faults of a plan, takes them back, and keeps the fault log. */
import type { CrashRecord, FaultRecord } from "../../results/history.ts";
import type { SimClient } from "./clients/sim-client.ts";
import type { SimEnsemble } from "./ensemble/sim-ensemble.ts";
import type { SimServer } from "./ensemble/sim-server.ts";
import type { ActiveFault, FaultContext } from "./faults/active-fault.ts";
import { beginFault } from "./faults/begin-fault.ts";
import { LinkDelays } from "./faults/link-delays.ts";
import type { Operator } from "./faults/operator.ts";
import { Outages } from "./faults/outages.ts";
import type { SimDestination, SimFault, SimPlan, SimTarget } from "./plan.ts";
import type { TraceEvent } from "./trace.ts";
import type { Network } from "./world/network.ts";
import type { World } from "./world/world.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A server that its disk made stop is started again after so many ticks, as often as it needs. */
const RESTART_TICKS = 2;

interface InForce {
  readonly index: number;
  readonly type: SimFault["type"];
  readonly record: Mutable<FaultRecord>;
  readonly active: ActiveFault;
}

export interface NemesisParts {
  readonly world: World;
  readonly network: Network;
  readonly ensemble: SimEnsemble;
  readonly clients: readonly SimClient[];
  readonly operator: Operator;
}

export class Nemesis {
  readonly records: FaultRecord[] = [];
  readonly #world: World;
  readonly #ensemble: SimEnsemble;
  readonly #outages: Outages;
  readonly #context: FaultContext;
  readonly #inForce = new Set<InForce>();
  #aimed: SimServer | null = null;

  constructor(parts: NemesisParts, plan: SimPlan) {
    this.#world = parts.world;
    this.#ensemble = parts.ensemble;
    const outages = new Outages(parts.world, parts.ensemble);
    this.#outages = outages;
    // What a disk had failed at may show long after it is whole again.
    const restartMs = RESTART_TICKS * Number(plan.config["tickTime"]);
    for (const server of parts.ensemble.servers) {
      server.onDiskCrash = () =>
        void parts.world.after(restartMs, null, () => outages.revive(server));
    }
    this.#context = {
      ...parts,
      outages,
      delays: new LinkDelays(parts.network),
      reconfigures: plan.faults.some(({ type }) => type === "reconfig"),
      target: (target) => this.#find(target),
    };
  }

  /** The number of the server that is meant now. */
  destination(meant: SimDestination): number {
    if (typeof meant === "number") return meant;
    const { leader } = this.#ensemble;
    return (meant === "leader" ? leader : this.#aimed)?.id ?? 1;
  }

  /** `index`: of the fault in the plan, for the trace. */
  begin(fault: SimFault, index: number): void {
    if (!("target" in fault)) {
      this.#beginOne(fault, index);
      return;
    }
    if (fault.target === "others") {
      for (const { id } of this.#others()) this.#beginOne({ ...fault, target: id }, index);
      return;
    }
    const server = this.#find(fault.target);
    if (server !== null) this.#aimed = server;
    this.#beginOne(server === null ? fault : { ...fault, target: server.id }, index);
  }

  #beginOne(fault: SimFault, index: number): void {
    const requestedMs = this.#world.nowMs;
    let record: Mutable<FaultRecord> | null = null;
    const effective = (): void => {
      if (record === null || record.effectiveMs !== null) return;
      record.effectiveMs = this.#world.nowMs;
      this.#world.count(`fault: ${fault.type}`);
    };
    const active = beginFault(this.#context, fault, effective);
    if (active === null) {
      this.#world.count(`fault not possible: ${fault.type}`);
      this.#trace(index, "not possible", [], fault.type);
      return;
    }
    const { description, servers, links, noQuorum } = active;
    record = {
      name: fault.type,
      description,
      servers,
      links,
      requestedMs,
      effectiveMs: null,
      healRequestedMs: null,
      healedMs: null,
      noQuorum,
    };
    this.records.push(record);
    if (active.waits !== true) effective();
    this.#trace(index, "begins", servers, description);
    const inForce: InForce = { index, type: fault.type, record, active };
    this.#inForce.add(inForce);
    this.#world.after(active.lastsMs ?? fault.holdMs, null, () => this.#end(inForce));
  }

  /** Takes all faults back; every server that can starts. */
  endAll(): void {
    for (const inForce of this.#inForce) this.#end(inForce);
    for (const server of this.#ensemble.servers) this.#outages.revive(server);
  }

  /** Once it is stopped it is not started again: it is no member any more. */
  retire(server: SimServer): void {
    this.#outages.hold(server);
  }

  /** Whether a server that stopped by itself had to: of its disk, not of a broken invariant. */
  explains(crash: CrashRecord): boolean {
    const server = this.#ensemble.get(crash.server);
    if (server.diskCrashes.has(crash)) return true;
    return this.#ensemble.rotten.has(server) && crash.exit.startsWith("refused to start");
  }

  #end(inForce: InForce): void {
    if (!this.#inForce.delete(inForce)) return;
    const { record, active, index } = inForce;
    record.healRequestedMs = this.#world.nowMs;
    const lingersMs = active.lingersMs?.() ?? 0;
    active.heal();
    record.healedMs = this.#world.nowMs + lingersMs;
    this.#trace(index, "ends", record.servers, record.description);
  }

  /** All members but the one that was aimed at last. */
  #others(): SimServer[] {
    const { leader, members } = this.#ensemble;
    const one = this.#aimed ?? leader;
    return members.filter((each) => each !== one);
  }

  #find(target: SimTarget): SimServer | null {
    if (typeof target === "number") return this.#ensemble.get(target);
    const { leader, members } = this.#ensemble;
    if (target === "aimed" && this.#aimed !== null) return this.#aimed;
    if (target === "leader" && leader !== null) return leader;
    const isWanted = (each: SimServer): boolean => {
      const part = each.server?.status().part;
      if (target === "observer") return part === "observer";
      return part === "participant" && (target !== "follower" || each !== leader);
    };
    const found = members.filter(isWanted);
    const running = members.filter(({ server }) => server !== null);
    const choices = found.length > 0 ? found : running.length > 0 ? running : members;
    return choices[this.#world.random.below(choices.length)] ?? null;
  }

  #trace(
    index: number,
    what: Extract<TraceEvent, { kind: "fault" }>["what"],
    servers: readonly number[],
    text: string,
  ): void {
    const world = this.#world;
    if (!world.isTraced) return;
    const hosts = servers.map((id) => `s${id}`);
    world.record({ kind: "fault", atMs: world.nowMs, index, what, hosts, text });
  }
}
