import type { Env } from "../../server/env.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget, Target } from "../targets/target.ts";
import { ZooKeeperTarget } from "../targets/zookeeper.ts";
import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import { READ_HEAVY } from "../workloads/read-heavy.ts";
import type { WorkloadSpec } from "../workloads/spec.ts";
import type { BenchOptions, TargetName } from "./options.ts";
import { BUSY_LIMIT, comparisonLine, doubts, reportLines } from "./report.ts";
import { runTrial, type Trial } from "./trial.ts";

const COMPARED_ROUNDS = 2;

export interface BenchOutput {
  /** The result, line by line. */
  line(text: string): void;
  /** How it goes, while it goes. */
  progress(text: string): void;
}

interface Subject {
  readonly target: Target;
  running: RunningTarget | null;
  readonly trials: Trial[];
}

/** design.md §5: pass, fail (a check broke), invalid (the measurement deserves no trust). */
export type BenchVerdict = "pass" | "fail" | "invalid";

/**
 * Measures the read-heavy profile: as fast as it goes (closed loop), or at a rate (open loop). Two
 * targets are measured in turns, in one run, so that what else the machine does falls on both.
 * Whatever happens, the ensembles are stopped. `signal` ends it early.
 */
export async function benchReadHeavy(
  env: Env,
  options: BenchOptions,
  output: BenchOutput,
  signal: AbortSignal,
): Promise<BenchVerdict> {
  const names = options.vs === undefined ? [options.target] : [options.target, options.vs];
  const subjects = names.map((name): Subject => ({
    target: makeTarget(name, env),
    running: null,
    trials: [],
  }));
  const rounds = options.rounds ?? (subjects.length > 1 ? COMPARED_ROUNDS : 1);
  try {
    for (const subject of subjects) {
      signal.throwIfAborted();
      output.progress(`starting ${subject.target.name}`);
      subject.running = await subject.target.start();
      if (options.warmup > 0)
        await trial(env, options, subject, "warming up", options.warmup, output, signal);
    }
    for (let round = 1; round <= rounds; round++) {
      for (const subject of subjects) {
        const name = `round ${round} of ${rounds}`;
        subject.trials.push(
          await trial(env, options, subject, name, options.duration, output, signal),
        );
      }
    }
  } finally {
    await Promise.all(subjects.map(async (subject) => subject.running?.stop()));
  }
  return conclude(subjects, output);
}

function makeTarget(name: TargetName, env: Env): Target {
  return name === "reference" ? new ReferenceTarget(env) : new ZooKeeperTarget(env);
}

async function trial(
  env: Env,
  options: BenchOptions,
  subject: Subject,
  phase: string,
  seconds: number,
  output: BenchOutput,
  signal: AbortSignal,
): Promise<Trial> {
  signal.throwIfAborted();
  const { running, target } = subject;
  if (running === null) throw new Error(`${target.name} is not running`);
  return runTrial({
    env,
    target: running,
    workload: workload(options),
    seed: options.seed,
    durationMs: seconds * 1000,
    progress: (live) => {
      signal.throwIfAborted();
      const rates = `${Math.round(live.opsPerSecond)} ops/s, ${Math.round(live.writesPerSecond)} writes/s`;
      output.progress(`${target.name}, ${phase}: ${rates}, ${live.errorsPerSecond} errors/s`);
    },
  });
}

function workload(options: BenchOptions): WorkloadSpec {
  const { connections, outstanding, znodes, valueBytes, readsPerWrite, rate } = options;
  const shape = { connections, znodes, valueBytes, readsPerWrite };
  if (rate === undefined) return { ...MAX_THROUGHPUT, ...shape, outstanding };
  return { ...READ_HEAVY, ...shape, arrivals: { kind: "poisson", perSecond: rate } };
}

function conclude(subjects: readonly Subject[], output: BenchOutput): BenchVerdict {
  for (const { target, trials } of subjects) {
    for (const line of reportLines(target.name, trials)) output.line(line);
  }
  const [own, other] = subjects;
  if (own !== undefined && other !== undefined) {
    output.line(comparisonLine(own.target.name, own.trials, other.target.name, other.trials));
  }
  let verdict: BenchVerdict = "pass";
  for (const { target, trials } of subjects) {
    for (const each of trials) {
      const reasons = doubts(each);
      for (const reason of reasons) output.line(`invalid: ${target.name}: ${reason}`);
      if (reasons.length > 0 && verdict === "pass") verdict = "invalid";
      if ((each.checks?.violationCount ?? 0) > 0) verdict = "fail";
      if (each.generatorBusy > BUSY_LIMIT) {
        const percent = Math.round(each.generatorBusy * 100);
        output.line(
          `note: ${target.name}: the load generator was ${percent} % busy and may have set the pace`,
        );
      }
    }
  }
  output.line(`verdict: ${verdict}`);
  return verdict;
}
