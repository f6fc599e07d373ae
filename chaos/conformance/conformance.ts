/** Runs suites on targets, one after the other, and judges what they saw. */
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../server/env.ts";
import type { Target } from "../../loadgen/targets/target.ts";
import { EXCEPTIONS } from "./exceptions.ts";
import { judgeSuite, type Judgement } from "./judge.ts";
import { runSuite, type SuiteResult } from "./suite-run.ts";
import type { Suite } from "./suite.ts";
import { findTarget, type TargetName } from "./targets.ts";

export interface ConformanceOptions {
  readonly env: Env;
  readonly environment: NodeJS.ProcessEnv;
  readonly suites: readonly Suite[];
  readonly targets: readonly TargetName[];
  /** Only cases whose names contain it; empty: all. */
  readonly casePattern: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface SuiteReport {
  readonly suite: Suite;
  /** Null when the suite was run, else what it lacks. */
  readonly missing: string | null;
  readonly results: ReadonlyMap<TargetName, SuiteResult>;
  readonly judgement: Judgement;
}

export interface ConformanceReport {
  readonly suites: readonly SuiteReport[];
  /** The targets that were asked for and are not installed, with what is missing. */
  readonly missingTargets: ReadonlyMap<TargetName, string>;
}

/**
 * Throws the signal's reason when it is aborted, and what went wrong when an ensemble does not start or
 * a suite cannot be made. Nothing is left then or later: no process, no directory.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const targets = new Map<TargetName, Target>();
  const missingTargets = new Map<TargetName, string>();
  for (const name of options.targets) {
    const target = findTarget(name, options.env, options.environment);
    if (typeof target === "string") missingTargets.set(name, target);
    else targets.set(name, target);
  }
  const suites: SuiteReport[] = [];
  for (const suite of options.suites) {
    const missing = suite.missing(options.environment);
    const results = missing === null ? await runOnTargets(suite, targets, options) : new Map();
    const exceptions = EXCEPTIONS.filter((each) => each.suite === suite.name);
    const judgement = judgeSuite(results, exceptions, options.casePattern !== "");
    suites.push({ suite, missing, results, judgement });
  }
  return { suites, missingTargets };
}

async function runOnTargets(
  suite: Suite,
  targets: ReadonlyMap<TargetName, Target>,
  options: ConformanceOptions,
): Promise<Map<TargetName, SuiteResult>> {
  const { signal, progress } = options;
  const root = mkdtempSync(join(tmpdir(), `quorum-conformance-${suite.name}-`));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    const results = new Map<TargetName, SuiteResult>();
    progress(`${suite.name}: building`);
    const directory = join(root, "build");
    await mkdir(directory);
    const command = await suite.build(directory, signal);
    // Side by side: a suite mostly waits. Every ensemble is stopped before anything is thrown.
    const runs = await Promise.allSettled(
      [...targets].map(async ([name, target]) => {
        progress(`${suite.name} on ${name}: starting`);
        const running = await target.start(signal);
        try {
          const result = await runSuite({
            command,
            directory,
            target: running,
            casePattern: options.casePattern,
            signal,
            progress: (caseName) => progress(`${suite.name} on ${name}: ${caseName}`),
          });
          return [name, result] as const;
        } finally {
          await running.stop();
        }
      }),
    );
    for (const run of runs) {
      if (run.status === "rejected") throw run.reason;
      results.set(...run.value);
    }
    return results;
  } finally {
    process.off("exit", remove);
    remove();
  }
}
