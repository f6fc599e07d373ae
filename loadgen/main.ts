/**
 * `npm run bench -- PROFILE [options]`: a benchmark against ensembles that it starts and stops itself.
 *
 * Exit codes: 0 pass, 1 a check broke, 2 bad usage or no such target, 3 the measurement is invalid.
 */
import { Command, Option } from "commander";
import { logUpdateStderr } from "log-update";
import { createLog, createNodeEnv } from "../server/node-env.ts";
import { benchReadHeavy, type BenchOutput, type BenchVerdict } from "./bench/bench.ts";
import { number, TARGETS, wholeNumber, type BenchOptions } from "./bench/options.ts";
import { MAX_THROUGHPUT } from "./workloads/max-throughput.ts";

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const EXIT_OF: Readonly<Record<BenchVerdict, number>> = { pass: 0, fail: 1, invalid: 3 };

/** Results go to stdout; progress to stderr, on one line where that is a terminal. */
function terminalOutput(): BenchOutput {
  const progress = process.stderr.isTTY
    ? (text: string): void => logUpdateStderr(text)
    : (text: string): void => console.error(text);
  return {
    progress,
    line: (text) => {
      if (process.stderr.isTTY) logUpdateStderr.clear();
      console.log(text);
    },
  };
}

async function run(options: BenchOptions): Promise<void> {
  const env = createNodeEnv({ log: createLog({ level: "warn", name: "bench" }) });
  const interrupt = new AbortController();
  // The first signal ends the measurement and cleans up; the second finds the default again.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupt.abort());
  }
  try {
    const verdict = await benchReadHeavy(env, options, terminalOutput(), interrupt.signal);
    process.exitCode = EXIT_OF[verdict];
  } catch (error) {
    if (interrupt.signal.aborted) {
      console.error("interrupted; everything that was started has been stopped");
      process.exitCode = EXIT_INTERRUPTED;
      return;
    }
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_USAGE;
  }
}

const program = new Command("bench")
  .description("Measure coordination services under load")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));

program
  .command("read-heavy")
  .description("reads and writes of many znodes, ten reads for each write")
  .addOption(
    new Option("--target <name>", "what is measured").choices(TARGETS).default("reference"),
  )
  .addOption(
    new Option("--vs <name>", "measure this one too, in turns, and compare").choices(TARGETS),
  )
  .option("--connections <n>", "sessions", wholeNumber(1, 10_000), MAX_THROUGHPUT.connections)
  .option(
    "--outstanding <n>",
    "requests under way per connection (without --rate)",
    wholeNumber(1, 10_000),
    MAX_THROUGHPUT.outstanding,
  )
  .option("--rate <n>", "operations per second, open loop; without it as many as go", number(1e7))
  .option("--duration <seconds>", "of each measurement", number(86_400), 10)
  .option("--warmup <seconds>", "before the first measurement", number(3600, true), 10)
  .option(
    "--rounds <n>",
    "measurements of each target (default 1, with --vs 2)",
    wholeNumber(1, 1000),
  )
  .option(
    "--znodes <n>",
    "znodes read and written",
    wholeNumber(1, 1_000_000),
    MAX_THROUGHPUT.znodes,
  )
  .option(
    "--value-bytes <n>",
    "size of their data",
    wholeNumber(0, 1_000_000),
    MAX_THROUGHPUT.valueBytes,
  )
  .option("--reads-per-write <n>", "the mix", number(1e9, true), MAX_THROUGHPUT.readsPerWrite)
  .option("--seed <n>", "decides every choice of the load", wholeNumber(0, 2 ** 32 - 1), 1)
  .action(run);

await program.parseAsync();
