import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import { READ_HEAVY } from "../workloads/read-heavy.ts";
import type { WorkloadSpec } from "../workloads/spec.ts";
import type { RunningTarget, Target } from "../targets/target.ts";
import type { BenchContext } from "./part.ts";
import { runTrial, type Trial } from "./trial.ts";
import { warmUp, type WarmUp } from "./warm-up.ts";

export interface ThroughputOptions {
  readonly connections: number;
  readonly outstanding: number;
  readonly znodes: number;
  readonly valueBytes: number;
  readonly readsPerWrite: number;
  /** Operations per second, open loop; null: as many as go, closed loop. */
  readonly rate: number | null;
  readonly rounds: number;
  readonly durationMs: number;
  /** At most so long; 0: none. */
  readonly warmUpMs: number;
}

/** What was measured of one target. */
export interface Subject {
  readonly name: string;
  warmUp: WarmUp | null;
  /** One for each round, in their order. */
  readonly trials: Trial[];
}

/**
 * Measures the targets in turns, in one run, so that what else the machine does falls on all of them;
 * every other round goes in the opposite order (ABBA), so that neither is always the first. Whatever
 * happens, the ensembles are stopped.
 */
export async function measureThroughput(
  context: BenchContext,
  targets: readonly Target[],
  options: ThroughputOptions,
): Promise<Subject[]> {
  const { output, signal } = context;
  const subjects = targets.map(({ name }): Subject => ({ name, warmUp: null, trials: [] }));
  const running: RunningTarget[] = [];
  const workload = workloadOf(options);
  try {
    for (const [index, target] of targets.entries()) {
      output.progress(`throughput: starting ${target.name}`);
      running.push(await target.start(signal));
      if (options.warmUpMs === 0) continue;
      const subject = subjects[index] as Subject;
      const load = running[index] as RunningTarget;
      subject.warmUp = await warmUp(context, load, workload, options.warmUpMs, (rate) =>
        output.progress(`throughput: ${target.name}, warming up: ${Math.round(rate)} ops/s`),
      );
    }
    for (let round = 1; round <= options.rounds; round++) {
      const order = round % 2 === 1 ? subjects : subjects.toReversed();
      for (const subject of order) {
        const target = running[subjects.indexOf(subject)] as RunningTarget;
        const title = `throughput: round ${round} of ${options.rounds}, ${subject.name}`;
        subject.trials.push(
          await runTrial(context, target, workload, options.durationMs, (live) =>
            output.progress(
              `${title}: ${Math.round(live.opsPerSecond)} ops/s, ${Math.round(live.writesPerSecond)} writes/s, ${live.errorsPerSecond} errors/s`,
            ),
          ),
        );
      }
    }
  } finally {
    await Promise.all(running.map((target) => target.stop()));
  }
  return subjects;
}

function workloadOf(options: ThroughputOptions): WorkloadSpec {
  const { connections, outstanding, znodes, valueBytes, readsPerWrite, rate } = options;
  const shape = { connections, znodes, valueBytes, readsPerWrite };
  if (rate === null) return { ...MAX_THROUGHPUT, ...shape, outstanding };
  return { ...READ_HEAVY, ...shape, arrivals: { kind: "poisson", perSecond: rate } };
}
