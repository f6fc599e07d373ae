/**
 * What `npm run lab` does: the lab scenario once, from nothing to a verdict.
 */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { makeDirectories } from "../results/make-directories.ts";
import type { Verdict } from "../results/schema.ts";
import { renderSummary } from "../results/summary.ts";
import { ProxyUnavailableError } from "./proxy/unavailable.ts";
import { runScenario } from "./run/run-scenario.ts";
import { LAB } from "./scenarios/lab.ts";

const RUNS_DIRECTORY = fileURLToPath(new URL("../results/runs", import.meta.url));
const SUMMARY_COLUMNS = 100;
/** Room for a seed that people can type. */
const SEEDS = 1_000_000;

/** design.md §5. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  pass: 0,
  fail: 1,
  unknown: 3,
  invalid: 3,
};
const EXIT_USAGE = 2;
const EXIT_BROKEN_OFF = 3;

export interface LabIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C: the run is broken off and everything cleaned up. */
  readonly end: AbortSignal;
}

interface Flags {
  readonly seed: number;
  readonly runs: string;
}

/** Runs the command and resolves with its exit code, when nothing of the run is left but its results. */
export async function runLab(args: readonly string[], io: LabIo): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(args);
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    throw error;
  }
  try {
    // Before anything is started: a run that cannot be kept is not worth a minute.
    makeDirectories(flags.runs);
    accessSync(flags.runs, constants.W_OK);
  } catch (error) {
    io.stderr.write(
      `error: option '--runs <dir>': no run can be written to ${flags.runs}: ${messageOf(error)}\n`,
    );
    return EXIT_USAGE;
  }
  try {
    const { run, directory } = await runScenario(LAB, {
      seed: flags.seed,
      runsDirectory: flags.runs,
      stream: io.stdout,
      signal: io.end,
    });
    const report = path.relative(process.cwd(), path.join(directory, "report.html"));
    const color = io.stdout.isTTY && io.stdout.hasColors();
    const columns = Math.min(SUMMARY_COLUMNS, io.stdout.columns ?? SUMMARY_COLUMNS);
    io.stdout.write(`\n${renderSummary(run, { color, columns, report })}`);
    return EXIT_CODES[run.verdict];
  } catch (error) {
    if (!io.end.aborted) {
      io.stderr.write(`The lab could not run: ${messageOf(error)}\n`);
      return error instanceof ProxyUnavailableError ? EXIT_USAGE : EXIT_BROKEN_OFF;
    }
    io.stderr.write("Broken off: no verdict, nothing is left of the run.\n");
    return EXIT_BROKEN_OFF;
  }
}

function parseFlags(args: readonly string[]): Flags {
  const command = new Command("npm run lab --")
    .description(
      "Three servers under load lose their leader, their quorum and their processes; what every client was told is then checked.",
    )
    .option(
      "--seed <n>",
      "what the load draws its random choices from (default: by chance)",
      (text) => wholeNumber(text, SEEDS - 1),
    )
    .option("--runs <dir>", "where the run directory is written", RUNS_DIRECTORY)
    .exitOverride()
    .allowExcessArguments(false);
  command.parse([...args], { from: "user" });
  const { seed, runs } = command.opts<{ seed?: number; runs: string }>();
  return { seed: seed ?? Math.floor(Math.random() * SEEDS), runs: path.resolve(runs) };
}

function wholeNumber(text: string, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0 || value > max)
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${max}.`);
  return value;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
