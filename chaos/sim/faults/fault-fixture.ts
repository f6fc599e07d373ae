/** A small world of three servers or more, for tests of single faults. */
import { Recorder } from "../../../loadgen/recorder.ts";
import { SimClient } from "../clients/sim-client.ts";
import { SimEnsemble } from "../ensemble/sim-ensemble.ts";
import type { SimServer } from "../ensemble/sim-server.ts";
import { Nemesis } from "../nemesis.ts";
import type { SimFault, SimFaultKind, SimPlan } from "../plan.ts";
import { Network } from "../world/network.ts";
import { World } from "../world/world.ts";
import { Operator } from "./operator.ts";

export const QUIET_PLAN: SimPlan = {
  format: 1,
  seed: 1,
  servers: 3,
  observers: 0,
  spares: 0,
  sampleMs: 100,
  config: { tickTime: "100", initLimit: "10", syncLimit: "5", snapCount: "5" },
  latencyMs: [0.1, 0.5],
  turnMs: 0,
  diskStepMs: [0.05, 0.2],
  logFileMaxBytes: 300,
  sessionTimeoutsMs: [400],
  ops: [],
  agents: [],
  faults: [],
  safetyMs: 10_000,
  livenessMs: 30_000,
};

export class FaultFixture {
  readonly world: World;
  readonly network: Network;
  readonly ensemble: SimEnsemble;
  readonly client: SimClient;
  readonly nemesis: Nemesis;

  /** Its servers serve. */
  constructor(changes: Partial<SimPlan> = {}) {
    const plan = { ...QUIET_PLAN, ...changes };
    this.world = new World({ seed: plan.seed, turnMs: plan.turnMs, trace: null });
    const { world } = this;
    this.network = new Network(world, plan.latencyMs);
    this.ensemble = new SimEnsemble(world, this.network, plan);
    const recorder = new Recorder({ originMs: 0 });
    const servers = this.ensemble.addresses.slice(0, plan.servers + plan.observers);
    const shared = { servers, recorder, sessionTimeoutMs: 400, opTimeoutMs: 1_000 };
    this.client = new SimClient(world, this.network, { ...shared, number: 1 });
    const operator = new Operator(world, this.network, shared);
    const parts = { world, network: this.network, ensemble: this.ensemble, operator };
    this.nemesis = new Nemesis({ ...parts, clients: [this.client] }, plan);
    this.ensemble.start();
    this.until(() => this.ensemble.converged);
  }

  get servers(): readonly SimServer[] {
    return this.ensemble.servers;
  }
  get leader(): SimServer {
    const { leader } = this.ensemble;
    if (leader === null) throw new Error("there is no leader");
    return leader;
  }
  get follower(): SimServer {
    return this.servers.find((each) => each !== this.leader) as SimServer;
  }

  begin(kind: SimFaultKind, holdMs = 60_000): void {
    const fault: SimFault = { atMs: this.world.nowMs, holdMs, ...kind };
    this.nemesis.begin(fault, 0);
  }

  pass(ms: number): void {
    this.world.runUntil(this.world.nowMs + ms);
  }

  /** Lets time pass until this is so. Throws when it is not within `limitMs`. */
  until(isSo: () => boolean, limitMs = 20_000): void {
    const endMs = this.world.nowMs + limitMs;
    if (!isSo()) this.world.runUntil(endMs, isSo);
    if (!isSo()) throw new Error(`not so within ${limitMs} ms`);
  }

  /** Creates znodes through the client, one after the other. */
  write(count: number): void {
    let done = 0;
    for (let left = count; left > 0; left--) {
      const data = this.client.client.value(20);
      const path = `/w${this.world.nowMs}-${left}`;
      this.client.run(
        {
          type: "create",
          path,
          data,
          acl: [{ perms: 31, scheme: "world", id: "anyone" }],
          flags: 0,
        },
        () => done++,
      );
    }
    this.until(() => done === count);
  }
}
