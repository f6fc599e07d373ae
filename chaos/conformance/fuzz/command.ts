/** What `npm run fuzz` does. */
import { Command, CommanderError } from "commander";
import { createLog, createNodeEnv } from "../../../server/node-env.ts";
import { randomSeed, seedNumber, wholeNumber } from "../options.ts";
import type { CommandIo } from "../run-command.ts";
import { findTarget } from "../targets.ts";
import { fuzz, type FuzzReport } from "./fuzz.ts";

/** design.md §5. */
const EXIT = { pass: 0, fail: 1, usage: 2, unknown: 3 } as const;
const MIB = 1024 * 1024;

interface Flags {
  readonly seconds: number;
  readonly seed: number;
  readonly first: number;
  readonly cases?: number;
}

/** Resolves with the exit code when nothing that it started is left. */
export async function fuzzCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const command = usage(io);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    // Commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
    throw error;
  }
  const flags = command.opts<Flags>();
  io.out(`fuzzing the client port for ${flags.seconds} s, seed ${flags.seed}`);
  const env = createNodeEnv({ log: createLog({ level: "error", name: "fuzz" }) });
  try {
    const target = findTarget("reference", env, io.environment);
    if (typeof target === "string") throw new Error(target);
    const running = await target.start(io.end);
    try {
      const report = await fuzz({
        target: running,
        seed: flags.seed,
        durationMs: flags.seconds * 1000,
        first: flags.first,
        ...(flags.cases === undefined ? {} : { cases: flags.cases }),
        signal: io.end,
      });
      return tell(report, flags, io);
    } finally {
      await running.stop();
    }
  } catch (error) {
    io.err((error as Error).message);
    return EXIT.unknown;
  }
}

function usage(io: CommandIo): Command {
  return new Command("npm run fuzz --")
    .description(
      "Strangers at the client port of a local ensemble: no server may stop, hang or grow, and no other session may notice.",
    )
    .option("--seconds <number>", "how long", wholeNumber(1, 86_400), 120)
    .option("--seed <number>", "what the cases are drawn from", seedNumber, randomSeed())
    .option("--first <number>", "the number of the first case", wholeNumber(0, 1e12), 0)
    .option("--cases <number>", "at most as many cases", wholeNumber(1, 1e12))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
}

function tell({ cases, ends, problems, memory }: FuzzReport, flags: Flags, io: CommandIo): number {
  for (const [what, count] of [...ends].toSorted(([a], [b]) => a.localeCompare(b)))
    io.out(`${count}`.padStart(8) + `  ${what}`);
  const tenths = memory.map((bytes) => `${Math.round(bytes / MIB)}`).join(" ");
  io.out(`memory of the servers over the run: ${tenths} MiB`);
  for (const problem of problems) io.out(`FAIL  ${problem}`);
  if (problems.length > 0) {
    io.out(`replay: npm run fuzz -- --seed ${flags.seed} --first N --cases 1, N from above`);
    return EXIT.fail;
  }
  io.out(`${cases} cases, seed ${flags.seed}: no server stopped, hung or grew, no session noticed`);
  return EXIT.pass;
}
