/** What `npm run conformance` does. */
import { Command, CommanderError, Option } from "commander";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { runConformance, type ConformanceReport } from "./conformance.ts";
import { matrixLines } from "./matrix.ts";
import type { Suite } from "./suite.ts";
import { SUITES } from "./suites.ts";
import { TARGET_NAMES, type TargetName } from "./targets.ts";

/** design.md §5. */
const EXIT = { pass: 0, fail: 1, usage: 2, unknown: 3 } as const;

export interface ConformanceIo {
  out(line: string): void;
  err(line: string): void;
  /** Aborted by Ctrl-C. */
  readonly end: AbortSignal;
  /** Default: those of the machine. */
  readonly environment: NodeJS.ProcessEnv;
  /** Default: all. */
  readonly suites?: readonly Suite[];
}

interface Flags {
  readonly target?: readonly TargetName[];
  readonly case: string;
}

/** Resolves with the exit code when nothing that it started is left. */
export async function conformanceCommand(
  args: readonly string[],
  io: ConformanceIo,
): Promise<number> {
  const command = usage(io);
  let suites: readonly Suite[];
  try {
    command.parse([...args], { from: "user" });
    suites = suitesNamed(command.args, io.suites ?? SUITES, command);
  } catch (error) {
    // Commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
    throw error;
  }
  const flags = command.opts<Flags>();
  const targets = TARGET_NAMES.filter((name) => flags.target?.includes(name) ?? true);
  try {
    const report = await runConformance({
      env: createNodeEnv({ log: createLog({ level: "error", name: "conformance" }) }),
      environment: io.environment,
      suites,
      targets,
      casePattern: flags.case,
      signal: io.end,
      progress: (text) => io.err(text),
    });
    for (const line of matrixLines(report, targets)) io.out(line);
    return exitCode(report, io.environment["QUORUM_LAB_REQUIRE_PEERS"] === "1");
  } catch (error) {
    io.err((error as Error).message);
    return EXIT.unknown;
  }
}

function usage(io: ConformanceIo): Command {
  return new Command("npm run conformance --")
    .description(
      "Runs programs of real clients against our ensemble and Apache ZooKeeper, and compares what they see.",
    )
    .argument("[suites...]", `of ${(io.suites ?? SUITES).map(({ name }) => name).join(", ")}`)
    .addOption(new Option("--target <target...>", "only these").choices([...TARGET_NAMES]))
    .option("--case <text>", "only cases whose names contain this", "")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
}

function suitesNamed(
  names: readonly string[],
  all: readonly Suite[],
  command: Command,
): readonly Suite[] {
  for (const name of names) {
    if (!all.some((suite) => suite.name === name)) {
      const known = all.map((suite) => suite.name).join(", ");
      command.error(`error: there is no suite "${name}", expected some of ${known}`);
    }
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** Something that was not compared with anything has not passed. */
function exitCode(report: ConformanceReport, peersRequired: boolean): number {
  if (report.suites.some(({ judgement }) => judgement.findings.length > 0)) return EXIT.fail;
  const missing = report.missingTargets.size > 0 || report.suites.some((each) => each.missing);
  if (missing && peersRequired) return EXIT.fail;
  const compared = report.suites.filter(({ judgement }) => judgement.judge !== null);
  return compared.length > 0 ? EXIT.pass : EXIT.unknown;
}
