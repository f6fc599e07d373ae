/** Runs a plan: the ensemble, its clients and its faults in a world of their own, and judges what came. */
// Before all others: what a module keeps of the machine when it is loaded is guarded, too.
import { withoutEscapes } from "./world/escape-guard.ts";
import type { RunHistory } from "../../results/history.ts";
import { FencedResource } from "../../loadgen/recipes/fenced-resource.ts";
import { OPEN_ACL } from "../../loadgen/client/request-op.ts";
import { ErrorCode } from "../../server/errors.ts";
import { Recorder } from "../../loadgen/recorder.ts";
import { checkAll, composeVerdict } from "../checkers/check-all.ts";
import { Agent } from "./clients/sim-agent.ts";
import { SimClient } from "./clients/sim-client.ts";
import { SIM_ROOT } from "./clients/to-request.ts";
import { countHistory } from "./coverage.ts";
import { describeLinkBytes } from "./ensemble/describe-link.ts";
import { simFinals } from "./ensemble/finals.ts";
import { SimEnsemble } from "./ensemble/sim-ensemble.ts";
import { Operator } from "./faults/operator.ts";
import { hashChecks, hashHistory } from "./hash-history.ts";
import { LivenessPhase } from "./liveness-phase.ts";
import { Nemesis } from "./nemesis.ts";
import type { SimOutcome } from "./outcome.ts";
import type { SimPlan } from "./plan.ts";
import type { TraceEvent } from "./trace.ts";
import { withClientEvents } from "./trace-clients.ts";
import { Network } from "./world/network.ts";
import { World } from "./world/world.ts";

export interface SimulateOptions {
  /** Keeps what happened, thing by thing. */
  readonly trace?: boolean;
  /** With a trace: the bytes of every message are in it. */
  readonly bytes?: boolean;
  /** Keeps the history. */
  readonly history?: boolean;
}

/** The operator of the ensemble has a session of this many ticks. */
const OPERATOR_TICKS = 10;
const OP_TIMEOUT_MS = 8_000;
/** How long everything stays down at the end of a run, ticks. */
const ENDING_TICKS = 0.5;
/** Before a znode that all need is asked for again, ms. */
const RETRY_MS = 50;

/**
 * Synchronous: returns when the run is over and judged. Throws only for what is wrong with the simulator
 * or the plan. The caller must not be inside of a promise reaction (an async function that was resumed):
 * promises of the simulated clients would not go on.
 */
export function simulate(plan: SimPlan, options: SimulateOptions = {}): SimOutcome {
  const trace: TraceEvent[] | null = options.trace === true ? [] : null;
  const simulation = new Simulation(plan, trace, options.bytes === true);
  return simulation.run(options.history === true);
}

class Simulation {
  readonly #plan: SimPlan;
  readonly #trace: TraceEvent[] | null;
  readonly #world: World;
  readonly #ensemble: SimEnsemble;
  readonly #recorder = new Recorder({ originMs: 0, latencies: false });
  readonly #clients: SimClient[];
  readonly #agents: Agent[];
  readonly #operator: Operator;
  readonly #nemesis: Nemesis;
  readonly #tickMs: number;
  #healedMs = 0;

  constructor(plan: SimPlan, trace: TraceEvent[] | null, keepsBytes: boolean) {
    this.#plan = plan;
    this.#trace = trace;
    this.#tickMs = Number(plan.config["tickTime"]);
    const world = new World({ seed: plan.seed, turnMs: plan.turnMs, trace });
    this.#world = world;
    const network = new Network(world, plan.latencyMs, plan.splitPercent);
    network.keepsBytes = keepsBytes;
    network.describe = ({ owner, peerHost }, data) =>
      owner.name.startsWith("s") && peerHost.name.startsWith("s") ? describeLinkBytes(data) : "";
    const ensemble = new SimEnsemble(world, network, plan);
    this.#ensemble = ensemble;
    const shared = {
      // Those that may become members, too: the first ones may all leave.
      servers: ensemble.addresses,
      opTimeoutMs: plan.opTimeoutMs ?? OP_TIMEOUT_MS,
      recorder: this.#recorder,
    };
    const clients = plan.sessionTimeoutsMs.map(
      (sessionTimeoutMs, index) =>
        new SimClient(world, network, { ...shared, number: index + 1, sessionTimeoutMs }),
    );
    this.#clients = clients;
    this.#agents = this.#makeAgents();
    const sessionTimeoutMs = OPERATOR_TICKS * this.#tickMs;
    this.#operator = new Operator(world, network, { ...shared, sessionTimeoutMs });
    const parts = { world, network, ensemble, clients, operator: this.#operator };
    this.#nemesis = new Nemesis(parts, plan);
  }

  run(keepHistory: boolean): SimOutcome {
    const { seed, safetyMs, livenessMs, sampleMs } = this.#plan;
    const world = this.#world;
    world.hash.number(seed);
    withoutEscapes(() => {
      this.#phase("safety");
      this.#ensemble.start();
      this.#ensemble.sample(sampleMs, safetyMs);
      this.#schedule();
      world.runUntil(safetyMs);
      for (const agent of this.#agents) agent.stop();
      if (this.#becomesLive(livenessMs)) this.#endingOf(livenessMs);
    });
    for (const server of this.#ensemble.servers) server.countLife();
    countHistory(world, this.#recorder.records);
    const history = this.#history();
    hashHistory(world.hash, history);
    const checks = checkAll(history);
    hashChecks(world.hash, checks);
    const { verdict, reasons } = composeVerdict(
      checks.filter(({ verdict }) => verdict !== "unknown"),
      { invalidReasons: [] },
    );
    const operations = history.records.filter(({ kind }) => kind === "op");
    return {
      plan: this.#plan,
      traceHash: world.hash.value,
      verdict,
      reasons,
      checks,
      simulatedMs: world.nowMs,
      events: world.events,
      operations: operations.length,
      okOperations: operations.filter((each) => each.kind === "op" && each.outcome === "ok").length,
      coverage: Object.fromEntries([...world.coverage].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      history: keepHistory ? history : null,
      trace: this.#trace && withClientEvents(this.#trace, history.records),
    };
  }

  /** Takes all faults back and waits until all is well. */
  #becomesLive(boundMs: number): boolean {
    this.#nemesis.endAll();
    this.#phase("liveness");
    this.#healedMs = this.#world.nowMs;
    const planned = new Set(this.#plan.agents.map(({ client }) => client));
    const parts = {
      world: this.#world,
      ensemble: this.#ensemble,
      clients: this.#clients.filter((_, index) => !planned.has(index + 1)),
      sessions: () => [
        ...this.#clients,
        ...(this.#operator.client === null ? [] : [this.#operator.client]),
      ],
    };
    return new LivenessPhase(parts, this.#tickMs / 2).run(boundMs);
  }

  /** Stops everything once more, as the plan has it, and reads what is left. */
  #endingOf(boundMs: number): void {
    const { ending, faults } = this.#plan;
    const world = this.#world;
    if (ending !== undefined) {
      const holdMs = ENDING_TICKS * this.#tickMs;
      this.#phase("ending");
      const { servers, members } = this.#ensemble;
      // Those that the members have done without until now, they must do without for good.
      const removed = servers.filter((server) => !members.includes(server));
      // Until the members have saved who they are, the old ones are needed should all stop at once.
      if (removed.length > 0) world.runUntil(world.nowMs + boundMs, () => this.#ensemble.settled);
      for (const server of removed) this.#nemesis.retire(server);
      this.#nemesis.begin({ type: ending, atMs: world.nowMs, holdMs }, faults.length);
      world.runUntil(world.nowMs + holdMs);
      if (!this.#becomesLive(boundMs)) return;
    }
    let isRead = false;
    this.#clients[0]?.readAll(SIM_ROOT, () => (isRead = true));
    // What came up meanwhile (a container's removal, say) may be on its way, and followers write when
    // they have applied: the end is when all that is over.
    world.runUntil(world.nowMs + boundMs, () => isRead && this.#ensemble.settled);
  }

  #schedule(): void {
    const world = this.#world;
    const resources = new Set(this.#plan.agents.map(({ resource }) => SIM_ROOT + resource));
    this.#make([SIM_ROOT, ...resources]);
    for (const agent of this.#agents) agent.begin();
    if (this.#plan.faults.some(({ type }) => type === "reconfig")) this.#operator.open();
    for (const op of this.#plan.ops) {
      const client = this.#clients[op.client - 1];
      if (client === undefined) throw new RangeError(`the plan has no client ${op.client}`);
      world.after(op.atMs, client.host, () =>
        client.perform(op, client.env.clock.nowMs(), (meant) => this.#nemesis.destination(meant)),
      );
    }
    for (const [index, fault] of this.#plan.faults.entries()) {
      world.after(fault.atMs, null, () => this.#nemesis.begin(fault, index));
    }
  }

  /** The first client creates what all others need, one after the other, until it is there. */
  #make([path, ...rest]: readonly string[]): void {
    const [first] = this.#clients;
    if (path === undefined || first === undefined) return;
    first.run({ type: "create", path, data: null, acl: OPEN_ACL, flags: 0 }, (result) => {
      const isThere = result.outcome === "ok" || result.code === ErrorCode.NodeExists;
      if (isThere) this.#make(rest);
      else this.#world.after(RETRY_MS, first.host, () => this.#make([path, ...rest]));
    });
  }

  #makeAgents(): Agent[] {
    const fenced = new Map<string, FencedResource>();
    return this.#plan.agents.map((plan) => {
      const client = this.#clients[plan.client - 1];
      if (client === undefined) throw new RangeError(`the plan has no client ${plan.client}`);
      const name = SIM_ROOT + plan.resource;
      const resource = fenced.get(name) ?? new FencedResource(client.env, this.#recorder, name);
      fenced.set(name, resource);
      return new Agent(plan, client, this.#recorder, resource);
    });
  }

  #history(): RunHistory {
    const { expected, rotten, crashes } = this.#ensemble;
    const { finals, unreadable } = simFinals(expected, rotten);
    const atMs = this.#world.nowMs;
    const findings = unreadable.map(({ server, reason }) => ({
      server,
      atMs,
      exit: `its log cannot be read: ${reason}`,
      lastLines: [],
    }));
    return {
      records: this.#recorder.records,
      finals,
      samples: this.#ensemble.samples,
      faults: this.#nemesis.records,
      crashes: [...crashes.filter((crash) => !this.#nemesis.explains(crash)), ...findings],
      healedMs: this.#healedMs,
      endMs: atMs,
      livenessBoundMs: this.#plan.livenessMs,
      tickMs: this.#tickMs,
      members: expected.map(({ id }) => id),
      aclsBind: this.#plan.config["skipACL"] !== "yes",
    };
  }

  #phase(text: string): void {
    if (this.#world.isTraced) this.#world.record({ kind: "phase", atMs: this.#world.nowMs, text });
  }
}
