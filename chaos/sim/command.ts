/** What `npm run sim` does, from its arguments to its exit code. */
import { accessSync, constants } from "node:fs";
import { CommanderError } from "commander";
import { makeDirectories } from "../../results/make-directories.ts";
import { checkDeterminism } from "./command/determinism.ts";
import { parseFlags, type SimFlags } from "./command/flags.ts";
import { EXIT_NO_VERDICT, EXIT_PASS, EXIT_USAGE, type SimIo } from "./command/io.ts";
import { replay } from "./command/replay.ts";
import { runSeeds } from "./command/seeds.ts";
import { CorpusError, keepFailure } from "./corpus/corpus.ts";
import { FailureFileError, readFailure } from "./report/failure-file.ts";
import { SimWorkerError } from "./workers/lane.ts";

/** Runs the command; resolves with its exit code when no worker is left. */
export async function runSim(args: readonly string[], io: SimIo): Promise<number> {
  const { stdout, stderr } = io;
  let flags: SimFlags;
  try {
    flags = parseFlags(args, {
      out: (text) => void stdout.write(text),
      err: (text) => void stderr.write(text),
    });
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_PASS : EXIT_USAGE;
    throw error;
  }
  try {
    return await run(flags, io);
  } catch (error) {
    if (error instanceof CorpusError || error instanceof FailureFileError) {
      stderr.write(`error: ${error.message}\n`);
      return EXIT_USAGE;
    }
    if (!(error instanceof SimWorkerError)) throw error;
    stderr.write(`The simulator cannot be run: ${error.message}\n`);
    return EXIT_NO_VERDICT;
  }
}

async function run(flags: SimFlags, io: SimIo): Promise<number> {
  switch (flags.mode) {
    case "seeds": {
      const problem = whyNotWritable(flags.out);
      if (problem === null) return await runSeeds(flags, io);
      io.stderr.write(`error: option '--out <dir>': ${problem}\n`);
      return EXIT_USAGE;
    }
    case "determinism":
      return await checkDeterminism(flags, io);
    case "replay":
      return await replay(flags, io);
    case "keep": {
      const failure = readFailure(flags.file);
      const file = keepFailure(flags.corpus ?? "", flags.file, failure, flags.name, flags.reason);
      io.stdout.write(`Kept as ${file}: every npm run sim begins with it.\n`);
      return EXIT_PASS;
    }
  }
}

/** Before anything is run: a failure that cannot be kept is found in vain. */
function whyNotWritable(directory: string): string | null {
  try {
    makeDirectories(directory);
    accessSync(directory, constants.W_OK);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `no failure can be written to ${directory}: ${why}`;
  }
}
