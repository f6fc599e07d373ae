import { performance } from "node:perf_hooks";
import { loadFigures, type LoadFigures } from "../figures.ts";
import { Recorder } from "../recorder.ts";
import { startLoad, type Lateness, type Load, type LiveFigures } from "../run.ts";
import type { RunningTarget } from "../targets/target.ts";
import { MaxThroughput, type OnlineChecks } from "../workloads/max-throughput.ts";
import type { WorkloadSpec } from "../workloads/spec.ts";
import { pauseFor, until } from "./interruptible.ts";
import { othersShare } from "./machine-usage.ts";
import type { BenchContext } from "./part.ts";

const PROGRESS_MS = 1000;
/** Records kept of a trial's history: enough to look at, not enough to slow it down. */
const HISTORY_LIMIT = 50_000;
/** Arrivals handed out late, as a part of all: with more the load was not the one asked for. */
const LATE_MAX = 0.01;

/** Whom a load is for, and whose CPU it costs. */
export type LoadedTarget = Pick<RunningTarget, "servers" | "pids">;

/** One measurement of one target. */
export interface Trial {
  readonly opsPerSecond: number;
  /** CPU time of all servers per operation that ended ok; null where the system does not tell. */
  readonly cpuUsPerOp: number | null;
  readonly rssBytes: number | null;
  readonly errors: number;
  /** The part of the time that the load generator was busy, 0 to 1: near 1 it limits the result. */
  readonly generatorBusy: number;
  /** The part of the machine's CPU time that went to others, 0 to 1; null where it is not known. */
  readonly othersShare: number | null;
  readonly lateness: Lateness;
  readonly figures: LoadFigures;
  readonly recorder: Recorder;
  /** How long it took, seconds. */
  readonly seconds: number;
  /** Null for loads whose operations are not checked as they come. */
  readonly checks: OnlineChecks | null;
}

/** Loads the target for the duration, and sums up. Throws when the load cannot be set up. */
export function runTrial(
  context: BenchContext,
  target: LoadedTarget,
  workload: WorkloadSpec,
  durationMs: number,
  progress: (live: LiveFigures) => void,
): Promise<Trial> {
  const { env, signal, originMs, meter } = context;
  const nowMs = (): number => env.clock.nowMs() - originMs;
  return withLoad(context, target, [workload], async (load, recorder) => {
    const fromMs = nowMs();
    const before = meter.processes(target.pids);
    const machineBefore = meter.machine();
    const ownBeforeUs = meter.ownCpuUs();
    const busyBefore = performance.eventLoopUtilization();
    while (nowMs() - fromMs < durationMs) {
      const leftMs = fromMs + durationMs - nowMs();
      await pauseFor(env, Math.max(1, Math.min(PROGRESS_MS, leftMs)), signal);
      progress(load.live());
    }
    const busy = performance.eventLoopUtilization(busyBefore);
    const after = meter.processes(target.pids);
    const machine = meter.machine();
    const ownUs = meter.ownCpuUs() - ownBeforeUs;
    const toMs = nowMs();
    const { ok, errors } = totals(recorder);
    const cpuUs = before === null || after === null ? null : after.cpuUs - before.cpuUs;
    const first = load.workloads[0];
    return {
      opsPerSecond: (ok * 1000) / (toMs - fromMs),
      cpuUsPerOp: cpuUs === null || ok === 0 ? null : cpuUs / ok,
      rssBytes: after?.rssBytes ?? null,
      errors,
      generatorBusy: busy.utilization,
      othersShare:
        machineBefore === null || machine === null || cpuUs === null
          ? null
          : othersShare(machineBefore, machine, cpuUs + ownUs),
      lateness: load.lateness,
      figures: loadFigures(recorder, { fromMs, toMs }, []),
      recorder,
      seconds: (toMs - fromMs) / 1000,
      checks: first instanceof MaxThroughput ? first.checks : null,
    };
  });
}

/**
 * Starts the load, does `body` while it runs, and stops it. Whatever happens, nothing of the load is
 * left; an interrupted one is dropped.
 */
export async function withLoad<T>(
  context: BenchContext,
  target: LoadedTarget,
  workloads: readonly WorkloadSpec[],
  body: (load: Load, recorder: Recorder) => Promise<T>,
  historyLimit = HISTORY_LIMIT,
): Promise<T> {
  const { env, signal, originMs, seed } = context;
  signal.throwIfAborted();
  const recorder = new Recorder({ originMs, historyLimit });
  const load = startLoad({ env, servers: target.servers, seed, workloads, recorder });
  try {
    await until(signal, load.ready());
    const result = await body(load, recorder);
    await until(signal, load.stop());
    return result;
  } catch (error) {
    load.abandon();
    throw error;
  }
}

/** Why a load was not the one that was asked for; null if it was. */
export function saturation({ late, arrivals, lateMaxMs }: Lateness): string | null {
  if (late <= arrivals * LATE_MAX) return null;
  return `SATURATED: ${late} of ${arrivals} arrivals were sent late, by up to ${Math.round(lateMaxMs)} ms: ask for less, or measure on a machine that is not busy otherwise`;
}

/** Why a trial does not deserve trust; empty when it does. */
export function doubts(trial: Trial): string[] {
  const late = saturation(trial.lateness);
  const found = late === null ? [] : [late];
  if (trial.opsPerSecond === 0) found.push("no operation ended ok");
  return found;
}

function totals(recorder: Recorder): { ok: number; errors: number } {
  const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);
  return { ok: sum(recorder.timeline.ok), errors: sum(recorder.timeline.errors) };
}
