/**
 * A scenario of the lab in virtual time: the same load, the same steps, the same last words and the same
 * checkers, on simulated machines and links.
 */
// Before all others: what a module keeps of the machine when it is loaded is guarded, too.
import { withoutEscapes } from "../world/escape-guard.ts";
import type { RunHistory } from "../../../results/history.ts";
import type { ElectionFigures, RunFile, RunIdentity } from "../../../results/schema.ts";
import { type Load, startLoad } from "../../../loadgen/run.ts";
import { Recorder } from "../../../loadgen/recorder.ts";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { Disk, Env } from "../../../server/env.ts";
import { checkAll } from "../../checkers/check-all.ts";
import { Canary } from "../../run/canary.ts";
import { composeRun } from "../../run/compose-run.ts";
import { Phases } from "../../run/phases.ts";
import { type FaultStep, plannedMs, type Scenario } from "../../scenarios/scenario.ts";
import { simFinals } from "../ensemble/finals.ts";
import { SimEnsemble } from "../ensemble/sim-ensemble.ts";
import { Operator } from "../faults/operator.ts";
import { hashChecks, hashHistory } from "../hash-history.ts";
import { Nemesis } from "../nemesis.ts";
import type { SimPlan } from "../plan.ts";
import { Host } from "../world/host.ts";
import { Network } from "../world/network.ts";
import { World } from "../world/world.ts";
import { simFaultOf } from "./sim-fault.ts";
import { pauseOf, until } from "./virtual-pause.ts";

export interface SimulatedScenario {
  readonly run: RunFile;
  /** Equal for equal runs: the same scenario and seed on the same commit. */
  readonly traceHash: string;
}

/** Machines of one rack: milliseconds. */
const LATENCY_MS = [0.1, 0.5] as const;
const DISK_STEP_MS = [0.05, 0.3] as const;
const SAMPLE_MS = 40;
const POLL_MS = 20;
/** How long all processes stay down at the end. */
const KILL_ALL_MS = 200;
/** Client numbers of the canary are above all of the load's. */
const CANARY_NUMBER = 1_000_000;
const OP_TIMEOUT_MS = 10_000;

/**
 * Synchronous; not from inside of a promise reaction. `told` hears of phases and faults. Throws for what
 * is wrong with the simulator or the load, which is none of the servers' doing.
 */
export function simulateScenario(
  scenario: Scenario,
  identity: RunIdentity,
  told: (atMs: number, what: string) => void,
): SimulatedScenario {
  return new ScenarioRun(scenario, identity, told).run();
}

class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #identity: RunIdentity;
  readonly #told: (what: string) => void;
  readonly #world: World;
  readonly #ensemble: SimEnsemble;
  readonly #nemesis: Nemesis;
  readonly #env: Env;
  readonly #recorder = new Recorder({ originMs: 0 });
  readonly #phases: Phases;
  readonly #elections = new Map<string, ElectionFigures>();
  readonly #problems: string[] = [];
  readonly #pause: (ms: number) => Promise<void>;
  #load: Load | null = null;
  #faults = 0;

  constructor(
    scenario: Scenario,
    identity: RunIdentity,
    told: (atMs: number, what: string) => void,
  ) {
    this.#scenario = scenario;
    this.#identity = identity;
    const plan = planOf(scenario, identity.seed);
    const world = new World({ seed: plan.seed, turnMs: plan.turnMs, trace: null });
    this.#world = world;
    this.#told = (what) => told(world.nowMs, what);
    this.#pause = pauseOf(world);
    this.#phases = new Phases(() => world.nowMs);
    const network = new Network(world, plan.latencyMs);
    const ensemble = new SimEnsemble(world, network, plan);
    this.#ensemble = ensemble;
    const host = new Host(world, network, { name: "c1", index: 1_001, address: "10.1.0.1" });
    this.#env = host.boot(NO_DISK);
    const operator = new Operator(world, network, {
      servers: ensemble.addresses,
      sessionTimeoutMs: OP_TIMEOUT_MS,
      opTimeoutMs: OP_TIMEOUT_MS,
      recorder: this.#recorder,
    });
    this.#nemesis = new Nemesis({ world, network, ensemble, clients: [], operator }, plan);
  }

  run(): SimulatedScenario {
    const { livenessBoundMs, steps } = this.#scenario;
    const boundMs = plannedMs(this.#scenario) + (steps.length + 6) * livenessBoundMs;
    const end: { error?: unknown; reached: boolean } = { reached: false };
    withoutEscapes(() => {
      this.#drive().then(
        () => (end.reached = true),
        (error: unknown) => Object.assign(end, { error, reached: true }),
      );
      this.#world.runUntil(boundMs, () => end.reached);
    });
    if (end.error !== undefined) throw end.error;
    if (!end.reached) this.#problems.push(`The scenario was not over after ${boundMs} ms.`);
    return { run: this.#judge(), traceHash: this.#world.hash.value };
  }

  /** The load and the faults, then last words, the death of all processes, and what is left. */
  async #drive(): Promise<void> {
    const { scenario, load } = { scenario: this.#scenario, load: await this.#start() };
    this.#begin("setting up");
    await load.ready();
    this.#begin("steady");
    await this.#pause(scenario.steadyMs);
    for (const step of scenario.steps) await this.#carryOut(step);
    this.#begin("stopping the load");
    await load.stop();
    await this.#lastWords();
    this.#begin("collecting");
    await this.#waitUntil(() => this.#ensemble.converged);
  }

  async #start(): Promise<Load> {
    this.#begin("starting");
    this.#ensemble.start();
    this.#sample();
    await this.#waitUntil(() => this.#allServe);
    this.#load = startLoad({
      env: this.#env,
      servers: this.#ensemble.addresses,
      seed: this.#identity.seed,
      workloads: this.#scenario.workloads,
      recorder: this.#recorder,
    });
    return this.#load;
  }

  async #carryOut({ fault: spec, holdMs, calmMs }: FaultStep): Promise<void> {
    this.#begin(spec.type);
    await this.#hold(simFaultOf(spec), holdMs);
    this.#begin("recovering");
    const back = await this.#waitUntil(() => this.#allServe);
    this.#told(back ? "healed: all servers serve" : "healed, but not all servers serve");
    await this.#pause(calmMs);
  }

  /** The fault is taken back when this resolves. */
  async #hold(kind: ReturnType<typeof simFaultOf>, holdMs: number): Promise<void> {
    const before = this.#nemesis.records.length;
    const atMs = this.#world.nowMs;
    this.#nemesis.begin({ ...kind, atMs, holdMs }, this.#faults++);
    const record = this.#nemesis.records[before];
    if (record === undefined) {
      this.#problems.push(`The fault ${kind.type} never fired: there was nothing to aim it at.`);
      return;
    }
    this.#told(`fault: ${record.description}`);
    await this.#waitUntil(() => record.healedMs !== null, holdMs + POLL_MS);
  }

  async #lastWords(): Promise<void> {
    const random = new SeededRandom(this.#identity.seed);
    const { addresses } = this.#ensemble;
    const canary = new Canary(this.#env, addresses, this.#recorder, random, CANARY_NUMBER);
    this.#begin("kill-all");
    if (!(await canary.write()))
      this.#problems.push("No server took the last writes, before all were killed.");
    await this.#hold({ type: "kill-all" }, KILL_ALL_MS);
    await this.#waitUntil(() => this.#allServe);
    if (!(await canary.read()))
      this.#problems.push("No server took the last reads, after all were started again.");
    await canary.close();
  }

  #judge(): RunFile {
    const { ensemble, recorder, tickMs, endMs } = {
      ensemble: this.#ensemble,
      recorder: this.#recorder,
      tickMs: Number(this.#scenario.config["tickTime"]),
      endMs: this.#world.nowMs,
    };
    const { finals, unreadable } = simFinals(ensemble.servers, ensemble.rotten);
    for (const { server, reason } of unreadable)
      this.#problems.push(`The log of server ${server} cannot be read: ${reason}`);
    const faults = this.#nemesis.records;
    const history: RunHistory = {
      records: recorder.records,
      finals,
      samples: ensemble.samples,
      faults,
      crashes: ensemble.crashes.filter((crash) => !this.#nemesis.explains(crash)),
      healedMs: Math.max(0, ...faults.map(({ healedMs }) => healedMs ?? endMs)),
      endMs,
      livenessBoundMs: this.#scenario.livenessBoundMs,
      tickMs,
    };
    const checks = checkAll(history);
    hashHistory(this.#world.hash, history);
    hashChecks(this.#world.hash, checks);
    const { run } = composeRun({
      identity: this.#identity,
      scenario: this.#scenario,
      history,
      checks,
      recorder,
      lateness: this.#load?.lateness ?? { arrivals: 0, late: 0, lateMaxMs: 0 },
      hotZnodes: [],
      elections: [...this.#elections.values()].toSorted((a, b) => a.atMs - b.atMs),
      serverSeries: [],
      phases: this.#phases.end(),
      problems: this.#problems,
    });
    return run;
  }

  /** What servers are, and how their elections went, over and over. */
  #sample(): void {
    this.#ensemble.look();
    const { clock } = this.#env;
    for (const { server } of this.#ensemble.servers) {
      for (const { atWallMs, ...election } of server?.status().elections ?? []) {
        const atMs = Math.max(0, atWallMs - (clock.wallMs() - clock.nowMs()));
        const key = `${election.server} ${election.epoch} ${atWallMs}`;
        if (!this.#elections.has(key)) this.#elections.set(key, { ...election, atMs });
      }
    }
    this.#world.after(SAMPLE_MS, null, () => this.#sample());
  }

  get #allServe(): boolean {
    return this.#ensemble.servers.every(({ server }) => server?.status().serving === true);
  }

  #waitUntil(isSo: () => boolean, boundMs = this.#scenario.livenessBoundMs): Promise<boolean> {
    return until(this.#world, isSo, { everyMs: POLL_MS, boundMs });
  }

  #begin(phase: string): void {
    this.#phases.begin(phase);
    this.#told(phase);
  }
}

function planOf({ servers, config, steps, livenessBoundMs }: Scenario, seed: number): SimPlan {
  if (servers !== 3 && servers !== 5 && servers !== 7)
    throw new RangeError(`servers: ${servers} cannot be simulated: 3, 5 or 7 can`);
  // Simulated servers have no limit of connections anyway, and their files say so.
  const { maxClientCnxns: _limit, ...ownConfig } = config;
  return {
    format: 1,
    seed,
    servers,
    observers: 0,
    spares: 0,
    sampleMs: SAMPLE_MS,
    config: ownConfig,
    latencyMs: LATENCY_MS,
    turnMs: 0,
    diskStepMs: DISK_STEP_MS,
    logFileMaxBytes: 1 << 26,
    sessionTimeoutsMs: [],
    ops: [],
    agents: [],
    faults: steps.map(({ fault, holdMs }) => ({ ...simFaultOf(fault), atMs: 0, holdMs })),
    safetyMs: 0,
    livenessMs: livenessBoundMs,
  };
}

/** Clients keep nothing. */
const NO_DISK: Disk = new Proxy({} as Disk, {
  get: () => {
    throw new Error("a load has no disk");
  },
});
