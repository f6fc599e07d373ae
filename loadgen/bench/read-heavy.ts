import type { Env } from "../../server/env.ts";
import { collectIdentity } from "../../results/identity.ts";
import type { RunFile } from "../../results/schema.ts";
import { createRun } from "../../results/store.ts";
import type { Target } from "../targets/target.ts";
import { composeBench, writeBench, type DonePart } from "./bench-run.ts";
import { goalLine } from "./goal.ts";
import { idleResult, measureIdleSessions } from "./idle-sessions.ts";
import { systemMeter, type Meter } from "./meter.ts";
import { measureOutages, outageResult } from "./outage.ts";
import type { BenchContext, BenchOutput, PartName, PartResult } from "./part.ts";
import { measureThroughput, type ThroughputOptions } from "./throughput.ts";
import { throughputResult } from "./throughput-report.ts";

/** Whom the first target is compared with; or why with nobody, and whether the user wanted it so. */
export type Rival =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "none"; readonly reason: string; readonly expected: boolean };

export interface ReadHeavyOptions {
  readonly parts: readonly PartName[];
  /** What is measured. Connections of one address are not limited in the ensembles that it starts. */
  readonly target: Target;
  /** The same, with nothing configured but what it takes to start: for the outages. */
  readonly plainTarget: Target;
  readonly rival: Rival;
  readonly throughput: ThroughputOptions;
  readonly tries: number;
  readonly sessions: number;
  readonly seed: number;
  /** Where the run directory is written. */
  readonly runsDirectory: string;
}

/**
 * The read-heavy benchmark: throughput, write outages, idle sessions, one after the other, and one run
 * directory with all of it. Throws, with everything stopped and nothing written, when a part cannot be
 * measured or `signal` ends it early.
 */
export async function benchReadHeavy(
  env: Env,
  options: ReadHeavyOptions,
  output: BenchOutput,
  signal: AbortSignal,
  meter: Meter = systemMeter,
): Promise<{ run: RunFile; directory: string }> {
  const { seed, target, rival } = options;
  const identity = collectIdentity({
    kind: "bench",
    name: "read-heavy",
    seed,
    target: target.name,
    proxy: "none",
    config: configOf(options),
  });
  const writer = await createRun(options.runsDirectory, identity);
  const abandon = (): void => writer.abandon();
  process.on("exit", abandon);
  try {
    const context = { env, meter, output, signal, seed, originMs: env.clock.nowMs() };
    const nowMs = (): number => env.clock.nowMs() - context.originMs;
    if (rival.kind === "none" && options.parts.includes("throughput")) {
      output.line(`no comparison: ${rival.reason}`);
    }
    const parts: DonePart[] = [];
    for (const name of options.parts) {
      const fromMs = nowMs();
      const result = await measurePart(name, context, options);
      parts.push({ name, fromMs, toMs: nowMs(), result });
      for (const line of result.lines) output.line(line);
      if (result.goal !== null) output.line(`  ${goalLine(result.goal)}`);
    }
    const run = composeBench(identity, nowMs(), parts);
    return { run, directory: await writeBench(writer, run, parts) };
  } finally {
    writer.abandon();
    process.off("exit", abandon);
  }
}

async function measurePart(
  name: PartName,
  context: BenchContext,
  options: ReadHeavyOptions,
): Promise<PartResult> {
  const { target, plainTarget, rival, throughput } = options;
  switch (name) {
    case "throughput": {
      const targets = rival.kind === "target" ? [target, rival.target] : [target];
      const subjects = await measureThroughput(context, targets, throughput);
      return throughputResult(subjects, throughput, rival.kind === "none" ? rival : null);
    }
    case "outage":
      return outageResult(
        plainTarget.name,
        await measureOutages(context, plainTarget, options.tries),
      );
    case "sessions":
      return idleResult(target.name, await measureIdleSessions(context, target, options.sessions));
  }
}

function configOf(options: ReadHeavyOptions): Record<string, unknown> {
  const { parts, rival, throughput, tries, sessions } = options;
  const vs = rival.kind === "target" ? rival.target.name : null;
  return { parts, vs, throughput, outage: { tries }, sessions: { sessions } };
}
