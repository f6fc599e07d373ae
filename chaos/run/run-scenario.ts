/**
 * Carries a scenario out: ensemble, load, faults, the end, the judgement, the run directory.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { RunHistory, ServerFinal } from "../../results/history.ts";
import { collectIdentity } from "../../results/identity.ts";
import type { RunFile } from "../../results/schema.ts";
import { factsOf } from "../../results/run-facts.ts";
import { createRun } from "../../results/store.ts";
import { renderReport } from "../../dashboards/report/render-report.ts";
import { Recorder } from "../../loadgen/recorder.ts";
import { type Load, startLoad } from "../../loadgen/run.ts";
import { SeededRandom } from "../../loadgen/seeded-random.ts";
import type { Env } from "../../server/env.ts";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { checkAll } from "../checkers/check-all.ts";
import { type LocalEnsemble, startLocalEnsemble } from "../engines/local.ts";
import { type FaultStep, plannedMs, type Scenario } from "../scenarios/scenario.ts";
import { Canary } from "./canary.ts";
import { HotZnodes } from "./hot-znodes.ts";
import { composeRun } from "./compose-run.ts";
import { MetricsScraper } from "./metrics-scraper.ts";
import { Nemesis } from "./nemesis.ts";
import { Phases } from "./phases.ts";
import { Progress } from "./progress.ts";
import { Sampler } from "./sampler.ts";
import { collectFinals } from "./server-finals.ts";

export interface RunOptions {
  readonly seed: number;
  /** Where run directories are kept. */
  readonly runsDirectory: string;
  /** Where progress is shown. */
  readonly stream: NodeJS.WriteStream;
  /** Breaks the run off: everything is cleaned up, nothing is stored, and the call rejects. */
  readonly signal: AbortSignal;
}

export interface FinishedRun {
  readonly run: RunFile;
  readonly directory: string;
}

/** Client numbers of the canary are above all of the load's. */
const CANARY_NUMBER = 1_000_000;
/** Everything that a run has in hand, to be let go of in any case. */
interface Parts {
  readonly scenario: Scenario;
  readonly options: RunOptions;
  readonly env: Env;
  readonly ensemble: LocalEnsemble;
  readonly recorder: Recorder;
  readonly load: Load;
  readonly nemesis: Nemesis;
  readonly sampler: Sampler;
  readonly scraper: MetricsScraper;
  readonly hotZnodes: HotZnodes;
  readonly phases: Phases;
  readonly progress: Progress;
  /** What keeps the result from being worth anything. */
  readonly problems: string[];
  readonly nowMs: () => number;
}

/** Rejects when the ensemble cannot be started, or when the run is broken off by `signal`. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<FinishedRun> {
  const env = createNodeEnv({ log: createLog({ level: "silent", name: "lab" }) });
  const originMs = env.clock.nowMs();
  const nowMs = (): number => env.clock.nowMs() - originMs;
  const identityOptions = {
    kind: "lab",
    name: scenario.name,
    seed: options.seed,
    target: "reference",
    config: { ...scenario },
  };
  const phases = new Phases(nowMs);
  phases.begin("starting");
  options.stream.write(`Starting ${scenario.servers} servers, each link through a proxy …\n`);
  const ensemble = await startLocalEnsemble({
    servers: scenario.servers,
    proxied: true,
    config: scenario.config,
    nowMs,
    signal: options.signal,
  });
  const identity = collectIdentity({ ...identityOptions, proxy: ensemble.proxyName });
  const cleanUp: (() => Promise<void> | void)[] = [() => ensemble.stop()];
  try {
    const recorder = new Recorder({ originMs });
    const load = startLoad({
      env,
      servers: addresses(ensemble),
      seed: options.seed,
      workloads: scenario.workloads,
      recorder,
    });
    const nemesis = new Nemesis(ensemble, nowMs);
    const sampler = new Sampler(ensemble, nowMs);
    const scraper = new MetricsScraper(ensemble, nowMs);
    const hotZnodes = new HotZnodes(ensemble);
    const progress = new Progress(options.stream, () => ({
      phase: phases.current,
      elapsedMs: nowMs(),
      plannedMs: plannedMs(scenario),
      ...load.live(),
      leader: leaderText(sampler),
      fault: nemesis.inForce,
    }));
    cleanUp.push(
      () => progress.end(),
      () => sampler.stop(),
      () => scraper.stop(),
    );
    const problems: string[] = [];
    const parts: Parts = {
      scenario,
      options,
      env,
      ensemble,
      recorder,
      load,
      nemesis,
      sampler,
      scraper,
      hotZnodes,
      phases,
      progress,
      problems,
      nowMs,
    };
    cleanUp.push(() => load.abandon());
    sampler.start();
    scraper.start();
    await drive(parts);
    const finals = await conclude(parts);
    await sampler.stop();
    await scraper.stop();
    progress.end();
    return await judge(parts, finals, identity);
  } finally {
    for (const step of cleanUp.reverse()) await step();
  }
}

/** The load and the faults, until the load has stopped. */
async function drive(parts: Parts): Promise<void> {
  const { scenario, options, load, phases, progress } = parts;
  const { signal } = options;
  phases.begin("setting up");
  await aborting(load.ready(), signal);
  phases.begin("steady");
  progress.event(`load: ${scenario.workloads.map(({ kind }) => kind).join(", ")}`);
  await pause(scenario.steadyMs, undefined, { signal });
  for (const step of scenario.steps) await carryOut(step, parts);
  await parts.hotZnodes.collect();
  phases.begin("stopping the load");
  await aborting(load.stop(), signal);
}

async function carryOut(step: FaultStep, parts: Parts): Promise<void> {
  const { scenario, options, nemesis, ensemble, phases, progress } = parts;
  const { signal } = options;
  phases.begin(step.fault.type);
  const fired = await nemesis.inject(step.fault);
  progress.event(
    fired ? `fault: ${nemesis.inForce}` : (nemesis.problems.at(-1) ?? "the fault did not fire"),
  );
  if (fired) await pause(step.holdMs, undefined, { signal });
  await nemesis.heal();
  phases.begin("recovering");
  // A server that does not come back is for the checkers to report.
  const back = await ensemble
    .waitUntilServing(undefined, scenario.livenessBoundMs)
    .then(() => true)
    .catch(() => false);
  signal.throwIfAborted();
  progress.event(back ? "healed: all servers serve" : "healed, but not all servers serve");
  await pause(step.calmMs, undefined, { signal });
}

/** Last writes, a power cut of everything, and what is left after it. */
async function conclude(parts: Parts): Promise<ServerFinal[]> {
  const { scenario, options, env, ensemble, recorder, nemesis, phases, progress } = parts;
  const random = new SeededRandom(options.seed);
  const canary = new Canary(env, addresses(ensemble), recorder, random, CANARY_NUMBER);
  try {
    phases.begin("kill-all");
    const written = await aborting(canary.write(), options.signal);
    if (!written) parts.problems.push("No server took the last writes, before all were killed.");
    await nemesis.inject({ type: "kill-all" });
    progress.event(`fault: ${nemesis.inForce ?? "none, it did not fire"}`);
    await nemesis.heal();
    await ensemble
      .waitUntilServing(undefined, scenario.livenessBoundMs)
      .catch((error: unknown) => parts.problems.push(String(error)));
    progress.event("started again: reading what was written last");
    const read = await aborting(canary.read(), options.signal);
    if (!read) parts.problems.push("No server took the last reads, after all were started again.");
    await aborting(canary.close(), options.signal);
  } finally {
    canary.abandon();
  }
  phases.begin("collecting");
  return await collectFinals(ensemble, parts.problems);
}

async function judge(
  parts: Parts,
  finals: readonly ServerFinal[],
  identity: ReturnType<typeof collectIdentity>,
): Promise<FinishedRun> {
  const { scenario, options, recorder, nemesis, sampler, scraper, ensemble, phases } = parts;
  phases.begin("judging");
  const endMs = parts.nowMs();
  const history: RunHistory = {
    records: recorder.records,
    finals,
    samples: sampler.samples,
    faults: nemesis.records,
    crashes: ensemble.crashes,
    healedMs: Math.max(0, ...nemesis.records.map(({ healedMs }) => healedMs ?? endMs)),
    endMs,
    livenessBoundMs: scenario.livenessBoundMs,
    tickMs: Number(scenario.config["tickTime"]),
  };
  const checks = checkAll(history);
  const { run, series } = composeRun({
    identity,
    scenario,
    history,
    checks,
    recorder,
    lateness: parts.load.lateness,
    hotZnodes: parts.hotZnodes.top(),
    elections: sampler.elections,
    serverSeries: scraper.series,
    phases: phases.end(),
    problems: [...nemesis.problems, ...parts.problems],
  });
  const writer = await createRun(options.runsDirectory, identity);
  try {
    await writer.writeFaults(nemesis.records);
    await writer.writeSeries(series);
    await writer.writeHistory(recorder.records);
    await writer.writeServers(finals);
    await writer.writeSamples(sampler.samples);
    await writer.writeFacts(factsOf(history));
    await writer.writeReport(renderReport(run, series, nemesis.records));
    const directory = await writer.finish(run);
    return { run, directory };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function addresses(ensemble: LocalEnsemble): { id: number; host: string; port: number }[] {
  return ensemble.servers.map(({ id, clientAddress }) => {
    const colon = clientAddress.lastIndexOf(":");
    return {
      id,
      host: clientAddress.slice(0, colon),
      port: Number(clientAddress.slice(colon + 1)),
    };
  });
}

function leaderText(sampler: Sampler): string {
  const { leader } = sampler;
  return leader === null ? "none" : `server ${leader.server}, epoch ${leader.epoch}`;
}

/** The promise's outcome, or a rejection as soon as the run is broken off. */
async function aborting<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
