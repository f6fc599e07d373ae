/** Runs suites on targets, one after the other, and judges what they saw. */
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../server/env.ts";
import type { ServerCommand } from "../../loadgen/targets/server-process.ts";
import type { Target } from "../../loadgen/targets/target.ts";
import { EXCEPTIONS } from "./exceptions.ts";
import { judgeSuite, type Judgement } from "./judge.ts";
import { runSuite, type SuiteResult } from "./suite-run.ts";
import type { Suite } from "./suite.ts";
import { findTarget, type TargetName } from "./targets.ts";

/** How often a case that differs is run again on the ZooKeepers, to learn what else they may answer. */
const AGAIN_MAX = 3;
/** More cases than these do not differ by chance. */
const DOUBTFUL_MAX = 6;
const NOTHING: Judgement = { judge: null, findings: [], excepted: new Map() };

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
    if (missing === null) suites.push(await judged(suite, targets, options));
    else suites.push({ suite, missing, results: new Map(), judgement: NOTHING });
  }
  return { suites, missingTargets };
}

/** Builds the suite, runs it, and runs on the ZooKeepers again what they do not agree about. */
async function judged(
  suite: Suite,
  targets: ReadonlyMap<TargetName, Target>,
  options: ConformanceOptions,
): Promise<SuiteReport> {
  const { signal, progress } = options;
  const root = mkdtempSync(join(tmpdir(), `quorum-conformance-${suite.name}-`));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    progress(`${suite.name}: building`);
    const directory = join(root, "build");
    await mkdir(directory);
    const command = await suite.build(directory, signal);
    const run = (on: ReadonlyMap<TargetName, Target>, casePattern: string) =>
      runOnTargets({ suite, command, directory, targets: on, casePattern, options });
    const results = await run(targets, options.casePattern);
    const exceptions = EXCEPTIONS.filter((each) => each.suite === suite.name);
    const again = new Map<TargetName, SuiteResult[]>();
    const judge = (): Judgement =>
      judgeSuite(results, exceptions, options.casePattern !== "", again);
    let judgement = judge();
    const peers = new Map([...targets].filter(([name]) => name !== "reference"));
    for (let round = 1; round <= AGAIN_MAX && judgement.judge !== null; round++) {
      const doubtful = [...new Set(judgement.findings.flatMap(({ caseName }) => caseName ?? []))];
      if (doubtful.length === 0 || doubtful.length > DOUBTFUL_MAX) break;
      for (const caseName of doubtful) {
        progress(
          `${suite.name}: "${caseName}" again, on the ZooKeepers (${round} of ${AGAIN_MAX})`,
        );
        for (const [name, result] of await run(peers, caseName)) {
          again.set(name, [...(again.get(name) ?? []), result]);
        }
      }
      judgement = judge();
    }
    return { suite, missing: null, results, judgement };
  } finally {
    process.off("exit", remove);
    remove();
  }
}

interface SuiteOnTargets {
  readonly suite: Suite;
  readonly command: ServerCommand;
  readonly directory: string;
  readonly targets: ReadonlyMap<TargetName, Target>;
  readonly casePattern: string;
  readonly options: ConformanceOptions;
}

/** A fresh ensemble for each target. */
async function runOnTargets(run: SuiteOnTargets): Promise<Map<TargetName, SuiteResult>> {
  const { suite, command, directory, targets, casePattern } = run;
  const { signal, progress } = run.options;
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
          casePattern,
          signal,
          progress: (caseName) => progress(`${suite.name} on ${name}: ${caseName}`),
        });
        return [name, result] as const;
      } finally {
        await running.stop();
      }
    }),
  );
  const results = new Map<TargetName, SuiteResult>();
  for (const each of runs) {
    if (each.status === "rejected") throw each.reason;
    results.set(...each.value);
  }
  return results;
}
