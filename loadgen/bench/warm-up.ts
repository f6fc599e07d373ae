import type { RunningTarget } from "../targets/target.ts";
import type { WorkloadSpec } from "../workloads/spec.ts";
import { pauseFor } from "./interruptible.ts";
import type { BenchContext } from "./part.ts";
import { Settling } from "./settling.ts";
import { withLoad } from "./trial.ts";

const WINDOW_MS = 2000;

export interface WarmUp {
  readonly seconds: number;
  /** The rate had stopped rising when it ended; false: the time was up. */
  readonly settled: boolean;
  /** Operations per second in the last window. */
  readonly opsPerSecond: number;
}

/** Loads the target until its rate has stopped rising, or `maxMs` have passed. */
export function warmUp(
  context: BenchContext,
  target: RunningTarget,
  workload: WorkloadSpec,
  maxMs: number,
  progress: (opsPerSecond: number) => void,
): Promise<WarmUp> {
  const { env, signal } = context;
  return withLoad(context, target, [workload], async (_load, recorder) => {
    const startMs = env.clock.nowMs();
    const settling = new Settling();
    const ok = (): number => recorder.timeline.ok.reduce((sum, count) => sum + count, 0);
    while (!settling.settled && env.clock.nowMs() - startMs < maxMs) {
      const fromMs = env.clock.nowMs();
      const before = ok();
      await pauseFor(env, Math.min(WINDOW_MS, Math.max(1, startMs + maxMs - fromMs)), signal);
      settling.add(((ok() - before) * 1000) / (env.clock.nowMs() - fromMs));
      progress(settling.last);
    }
    return {
      seconds: (env.clock.nowMs() - startMs) / 1000,
      settled: settling.settled,
      opsPerSecond: settling.last,
    };
  });
}
