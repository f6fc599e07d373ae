/**
 * How fast the checkers are: `npm run bench:checkers -- [--operations N]` makes the history
 * of a correct ensemble and prints, for each checker, the processor time it took and how much memory the
 * process had at most.
 *
 * The bound is 10 s and 1 GiB for a million operations and all checkers, on one core, the history in
 * memory included; a process of its own makes it and another one judges it (bench-phase.ts). The exit
 * code is 1 if a checker did not pass the history or the bound was not kept, 2 for what is no flag.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";

const EXIT_USAGE = 2;
const MILLION = 1_000_000;

/** What each phase may take of memory; the heap is kept so much below the bound as the rest needs. */
const PHASE_FLAGS = {
  make: ["--max-semi-space-size=64"],
  check: ["--expose-gc", "--max-old-space-size=480", "--max-semi-space-size=16"],
} as const;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 5 * MILLION) {
    throw new InvalidArgumentError("must be a whole number from 100 to 5000000");
  }
  return value;
}

/** Runs one phase to its end, in a process of its own; whether it kept what it should. */
async function run(
  phase: keyof typeof PHASE_FLAGS,
  directory: string,
  operations: number,
): Promise<boolean> {
  const script = path.join(import.meta.dirname, "bench-phase.ts");
  const execArgv = [...PHASE_FLAGS[phase]];
  const child = fork(script, [phase, directory, String(operations)], { execArgv });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}

async function bench(operations: number): Promise<boolean> {
  const directory = await mkdtemp(path.join(tmpdir(), "bench-checkers-"));
  try {
    if (!(await run("make", directory, operations))) return false;
    return await run("check", directory, operations);
  } finally {
    await rm(directory, { recursive: true, force: true });
    console.log(
      `(load of the machine: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(", ")})`,
    );
  }
}

const command = new Command("bench:checkers")
  .description("Times every checker on a generated history.")
  .option("--operations <n>", "how many operations, about", count, MILLION)
  .allowExcessArguments(false)
  // 1 is for what was measured.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
const { operations } = command.parse().opts<{ operations: number }>();
if (!(await bench(operations))) process.exitCode = 1;
