import { performance } from "node:perf_hooks";
import type { Env } from "../../server/env.ts";
import { loadFigures, type LoadFigures } from "../figures.ts";
import { Recorder } from "../recorder.ts";
import { startLoad, type Lateness, type LiveFigures } from "../run.ts";
import type { RunningTarget } from "../targets/target.ts";
import { pause } from "../workloads/lifecycle.ts";
import { MaxThroughput, type OnlineChecks } from "../workloads/max-throughput.ts";
import type { WorkloadSpec } from "../workloads/spec.ts";
import { usageOf } from "./process-usage.ts";

/** Records kept of a benchmark's history: enough to look at, not enough to slow it down. */
const HISTORY_LIMIT = 50_000;
const PROGRESS_MS = 1000;

export interface TrialOptions {
  readonly env: Env;
  readonly target: RunningTarget;
  readonly workload: WorkloadSpec;
  readonly seed: number;
  readonly durationMs: number;
  progress(live: LiveFigures): void;
}

/** One measurement of one target. */
export interface Trial {
  readonly opsPerSecond: number;
  /** CPU time of all servers per operation that ended ok; null where the system does not tell. */
  readonly cpuUsPerOp: number | null;
  readonly rssBytes: number | null;
  readonly errors: number;
  /** The part of the time that the load generator was busy, 0 to 1: near 1 it limits the result. */
  readonly generatorBusy: number;
  readonly lateness: Lateness;
  readonly figures: LoadFigures;
  readonly recorder: Recorder;
  /** Null for loads whose operations are not checked as they come. */
  readonly checks: OnlineChecks | null;
}

/** Loads the target for the duration, and sums up. Throws when the load cannot be set up. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { env, target, workload, seed, durationMs } = options;
  const recorder = new Recorder({ originMs: env.clock.nowMs(), historyLimit: HISTORY_LIMIT });
  const nowMs = (): number => env.clock.nowMs() - recorder.originMs;
  const load = startLoad({ env, servers: target.servers, seed, workloads: [workload], recorder });
  try {
    await load.ready();
    const fromMs = nowMs();
    const before = usageOf(target.pids);
    const busyBefore = performance.eventLoopUtilization();
    while (nowMs() - fromMs < durationMs) {
      await pause(env, Math.max(1, Math.min(PROGRESS_MS, fromMs + durationMs - nowMs())));
      options.progress(load.live());
    }
    const busy = performance.eventLoopUtilization(busyBefore);
    const after = usageOf(target.pids);
    const toMs = nowMs();
    const { ok, errors } = totals(recorder);
    await load.stop();
    const cpuUs = before === null || after === null ? null : after.cpuUs - before.cpuUs;
    const first = load.workloads[0];
    return {
      opsPerSecond: (ok * 1000) / (toMs - fromMs),
      cpuUsPerOp: cpuUs === null || ok === 0 ? null : cpuUs / ok,
      rssBytes: after?.rssBytes ?? null,
      errors,
      generatorBusy: busy.utilization,
      lateness: load.lateness,
      figures: loadFigures(recorder, { fromMs, toMs }, []),
      recorder,
      checks: first instanceof MaxThroughput ? first.checks : null,
    };
  } catch (error) {
    load.abandon();
    throw error;
  }
}

function totals(recorder: Recorder): { ok: number; errors: number } {
  const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);
  return { ok: sum(recorder.timeline.ok), errors: sum(recorder.timeline.errors) };
}
