/** What `npm run mutants` does, from its arguments to its exit code. */
import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { createLogUpdate } from "log-update";
import { MUTANTS, mutantNamed } from "./catalogue/all.ts";
import { huntAll } from "./hunt-all.ts";
import { type Hunt, type StartRunner, whyUndecided } from "./hunt.ts";
import { renderMatrix, seedFigures } from "./matrix.ts";
import type { Mutant } from "./mutant.ts";
import { SeedRunner } from "./seed-runner.ts";
import { SIMULATOR_URLS } from "./simulator.ts";

const EXIT_SURVIVOR = 1;
const EXIT_USAGE = 2;
const EXIT_NO_VERDICT = 3;

export interface MutantsIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C: the processes are killed, and there is no verdict. */
  readonly end: AbortSignal;
  /** Takes the place of processes; for tests. `limitMs`: what one seed may take. */
  readonly start?: (limitMs: number) => StartRunner;
}

interface Flags {
  readonly only?: readonly Mutant[];
  readonly seeds: number;
  readonly from: number;
  readonly jobs: number;
  readonly seedSeconds: number;
  readonly expected?: true;
  readonly list?: true;
  readonly json?: string;
}

/** Runs the command; resolves with its exit code when no process is left. */
export async function runMutants(args: readonly string[], io: MutantsIo): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(args, io);
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    throw error;
  }
  const mutants = flags.only ?? MUTANTS;
  if (flags.list === true) {
    io.stdout.write(`${mutants.map(describe).join("\n")}\n`);
    return 0;
  }
  if (flags.json !== undefined) {
    const problem = whyNotWritable(flags.json);
    if (problem !== null) {
      io.stderr.write(`error: option '--json <file>': ${problem}\n`);
      return EXIT_USAGE;
    }
  }
  try {
    const results = await huntWithProgress(mutants, flags, io);
    io.stdout.write(`${renderMatrix(results, flags.seeds)}\n`);
    if (flags.json !== undefined) writeJson(flags.json, results, flags);
    if (results.some(({ status }) => status === "survived")) return EXIT_SURVIVOR;
    return results.some(({ status }) => status === "undecided") ? EXIT_NO_VERDICT : 0;
  } catch (error) {
    if (io.end.aborted) io.stderr.write("Broken off: no verdict.\n");
    else io.stderr.write(`The mutants could not be run: ${messageOf(error)}\n`);
    return EXIT_NO_VERDICT;
  }
}

async function huntWithProgress(
  mutants: readonly Mutant[],
  flags: Flags,
  { stderr, end, start }: MutantsIo,
): Promise<Hunt[]> {
  const limitMs = flags.seedSeconds * 1000;
  const starter = start ?? processes;
  const live = stderr.isTTY ? createLogUpdate(stderr) : null;
  try {
    return await huntAll(
      mutants,
      {
        firstSeed: flags.from,
        seeds: flags.seeds,
        onlyExpected: flags.expected === true,
        jobs: flags.jobs,
      },
      starter(limitMs),
      end,
      {
        progress: (running, done) => {
          const now = [...running].map(([name, seed]) => `${name} seed ${seed}`).join(", ");
          live?.(`${done} of ${mutants.length} mutants done; ${now}`);
        },
        ended: (result) => {
          live?.clear();
          stderr.write(`${verdictLine(result)}\n`);
        },
      },
    );
  } finally {
    live?.clear();
    live?.done();
  }
}

function processes(limitMs: number): StartRunner {
  return (mutant) => new SeedRunner(mutant, SIMULATOR_URLS, limitMs);
}

function verdictLine(result: Hunt): string {
  const { mutant, status, finding, seedsRun, elapsedMs } = result;
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`;
  if (finding !== null) {
    const by = finding.by.join(", ");
    return `found      ${mutant.name}: ${by} on seed ${finding.seed} (${seconds})`;
  }
  if (status === "survived") return `SURVIVED   ${mutant.name}: ${seedsRun} seeds (${seconds})`;
  return `undecided  ${mutant.name}: ${whyUndecided(result)}`;
}

function describe({ name, file, guarantee, seenBy, why, broughtOut }: Mutant): string {
  return `${name}\n  ${file}: ${guarantee}, ${seenBy.join(" ")}\n  ${why}\n  brought out by: ${broughtOut}`;
}

function writeJson(file: string, results: readonly Hunt[], { seeds, from }: Flags): void {
  const rows = results.map(({ mutant, ...rest }) => {
    const { name, guarantee, seenBy, why } = mutant;
    return { name, guarantee, seenBy, why, ...rest };
  });
  const content = { firstSeed: from, seeds, ...seedFigures(results), mutants: rows };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** Before anything is run: results that cannot be written are found in vain. */
function whyNotWritable(file: string): string | null {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return `${file} is a directory`;
    accessSync(found === undefined ? path.dirname(path.resolve(file)) : file, constants.W_OK);
    return null;
  } catch (error) {
    return `${file} cannot be written: ${messageOf(error)}`;
  }
}

function parseFlags(args: readonly string[], { stdout, stderr }: MutantsIo): Flags {
  const command = new Command("npm run mutants --")
    .description(
      "Plants known bugs into the server and the client, one at a time, and simulates seeds until a check sees each.",
    )
    .option("--only <names...>", "these mutants alone", collectMutants)
    .option("--seeds <n>", "seeds for each mutant, at most", wholeNumber(1, 1_000_000), 200)
    .option("--from <seed>", "the first seed", wholeNumber(0, 2 ** 31), 1)
    .option("--jobs <n>", "mutants at a time", wholeNumber(1, 256), availableParallelism())
    .option("--seed-seconds <n>", "wall time that one seed may take", wholeNumber(1, 3_600), 60)
    .option("--expected", "go on until a check says so that should")
    .option("--json <file>", "write the results to this file, too")
    .option("--list", "say what the mutants are, and run nothing")
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride()
    .allowExcessArguments(false);
  command.parse([...args], { from: "user" });
  return command.opts<Flags>();
}

function collectMutants(name: string, before: readonly Mutant[] | undefined): readonly Mutant[] {
  const mutant = mutantNamed(name);
  if (mutant !== undefined) return [...(before ?? []), mutant];
  throw new InvalidArgumentError("There is no such mutant; --list says which there are.");
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
