/** Runs a plan: the ensemble, its clients and its faults in a world of their own, and judges what came. */
import type { RunHistory } from "../../results/history.ts";
import { OPEN_ACL } from "../../loadgen/client/request-op.ts";
import { ErrorCode } from "../../server/errors.ts";
import { Recorder } from "../../loadgen/recorder.ts";
import { checkAll, composeVerdict } from "../checkers/check-all.ts";
import { SimClient } from "./clients/sim-client.ts";
import { SIM_ROOT } from "./clients/to-request.ts";
import { describeLinkBytes } from "./ensemble/describe-link.ts";
import { simFinals } from "./ensemble/finals.ts";
import { SimEnsemble } from "./ensemble/sim-ensemble.ts";
import { Nemesis } from "./nemesis.ts";
import type { SimOutcome } from "./outcome.ts";
import type { SimPlan } from "./plan.ts";
import type { TraceEvent } from "./trace.ts";
import { withoutEscapes } from "./world/escape-guard.ts";
import { Network } from "./world/network.ts";
import { World } from "./world/world.ts";

export interface SimulateOptions {
  /** Keeps what happened, thing by thing. */
  readonly trace?: boolean;
  /** Keeps the history. */
  readonly history?: boolean;
}

/** How often it is asked in the liveness phase whether all is well again, virtual ms. */
const LIVE_POLL_MS = 50;

/**
 * Synchronous: returns when the run is over and judged. Throws only for what is wrong with the simulator
 * or the plan. The caller must not be inside of a promise reaction (an async function that was resumed):
 * promises of the simulated clients would not go on.
 */
export function simulate(plan: SimPlan, options: SimulateOptions = {}): SimOutcome {
  const trace: TraceEvent[] | null = options.trace === true ? [] : null;
  return new Simulation(plan, trace).run(options.history === true);
}

class Simulation {
  readonly #plan: SimPlan;
  readonly #trace: TraceEvent[] | null;
  readonly #world: World;
  readonly #ensemble: SimEnsemble;
  readonly #recorder = new Recorder({ originMs: 0 });
  readonly #clients: SimClient[];
  readonly #nemesis: Nemesis;
  #live = false;

  constructor(plan: SimPlan, trace: TraceEvent[] | null) {
    this.#plan = plan;
    this.#trace = trace;
    this.#world = new World({ seed: plan.seed, turnMs: plan.turnMs, trace });
    const network = new Network(this.#world, plan.latencyMs);
    network.describe = ({ owner, peerHost }, data) =>
      owner.name.startsWith("s") && peerHost.name.startsWith("s") ? describeLinkBytes(data) : "";
    this.#ensemble = new SimEnsemble(this.#world, network, plan);
    const servers = this.#ensemble.addresses.slice(0, plan.servers + plan.observers);
    this.#clients = plan.sessionTimeoutsMs.map(
      (sessionTimeoutMs, index) =>
        new SimClient(this.#world, network, {
          number: index + 1,
          servers,
          sessionTimeoutMs,
          recorder: this.#recorder,
        }),
    );
    this.#nemesis = new Nemesis(this.#world, network, this.#ensemble, this.#clients);
  }

  run(keepHistory: boolean): SimOutcome {
    const { seed, safetyMs, livenessMs, sampleMs } = this.#plan;
    const world = this.#world;
    world.hash.number(seed);
    let healedMs = 0;
    withoutEscapes(() => {
      this.#phase("safety");
      this.#ensemble.start();
      this.#ensemble.sample(sampleMs, () => safetyMs + livenessMs);
      this.#schedule();
      world.runUntil(safetyMs);
      this.#nemesis.endAll();
      this.#phase("liveness");
      healedMs = world.nowMs;
      for (const client of this.#clients) client.probe(SIM_ROOT);
      this.#pollLiveness();
      world.runUntil(safetyMs + livenessMs, () => this.#live);
    });
    const history = this.#history(healedMs);
    const checks = checkAll(history);
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
      trace: this.#trace,
    };
  }

  #schedule(): void {
    const world = this.#world;
    this.#makeRoot();
    for (const { client: number, atMs, request } of this.#plan.ops) {
      const client = this.#clients[number - 1];
      if (client === undefined) throw new RangeError(`the plan has no client ${number}`);
      world.after(atMs, client.host, () => client.perform(request, client.env.clock.nowMs()));
    }
    for (const [index, fault] of this.#plan.faults.entries()) {
      world.after(fault.atMs, null, () => this.#nemesis.begin(fault, index));
    }
  }

  /** The first client creates what all others need, until it is there. */
  #makeRoot(): void {
    const [first] = this.#clients;
    first?.client.run(
      { type: "create", path: SIM_ROOT, data: null, acl: OPEN_ACL, flags: 0 },
      ({ outcome, code }) => {
        if (outcome === "ok" || code === ErrorCode.NodeExists) return;
        this.#world.after(LIVE_POLL_MS, first.host, () => this.#makeRoot());
      },
    );
  }

  #pollLiveness(): void {
    this.#live = this.#isLive();
    if (!this.#live) this.#world.after(LIVE_POLL_MS, null, () => this.#pollLiveness());
  }

  /** Every operation has ended, all servers agree, and sessions that nobody has are gone. */
  #isLive(): boolean {
    if (this.#clients.some(({ pending }) => pending > 0) || !this.#ensemble.converged) return false;
    const had = new Set(this.#clients.flatMap(({ sessions }) => sessions));
    const { leader } = this.#ensemble;
    return (leader?.server?.finalState().sessions ?? []).every((session) => had.has(session));
  }

  #history(healedMs: number): RunHistory {
    return {
      records: this.#recorder.records,
      finals: simFinals(this.#ensemble.servers),
      samples: this.#ensemble.samples,
      faults: this.#nemesis.records,
      crashes: this.#ensemble.crashes.filter((crash) => !this.#nemesis.explains(crash)),
      healedMs,
      endMs: this.#world.nowMs,
      livenessBoundMs: this.#plan.livenessMs,
      tickMs: Number(this.#plan.config["tickTime"]),
    };
  }

  #phase(text: string): void {
    if (this.#world.isTraced) this.#world.record({ kind: "phase", atMs: this.#world.nowMs, text });
  }
}
