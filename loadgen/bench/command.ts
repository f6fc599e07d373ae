/**
 * What `npm run bench` does, from its arguments to its exit code.
 */
import path from "node:path";
import { Command, CommanderError } from "commander";
import { createLogUpdate } from "log-update";
import type { Verdict } from "../../results/schema.ts";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { addAdminHttp, benchAdminHttp, type AdminHttpFlags } from "./admin-http.ts";
import { systemMeter } from "./meter.ts";
import { addObservers, benchObservers, type ObserversFlags } from "./observers.ts";
import type { BenchContext, JsonOutput } from "./part.ts";
import {
  addReadHeavy,
  readHeavyOptions,
  UsageError,
  type ReadHeavyFlags,
} from "./read-heavy-command.ts";
import { benchReadHeavy } from "./read-heavy.ts";
import { addSoak, benchSoak, type SoakFlags } from "./soak.ts";
import { addZnodes, benchZnodes, type ZnodesFlags } from "./znodes.ts";

/** design.md §5. */
const EXIT_OF: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, unknown: 3, invalid: 3 };
const EXIT_USAGE = 2;
/** Broken off, or it could not be measured: no verdict. */
const EXIT_NO_VERDICT = 3;

export interface BenchIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C: the benchmark is broken off and everything cleaned up. */
  readonly end: AbortSignal;
}

/** Runs the command; resolves with its exit code when nothing is left of it but its results. */
export async function runBench(args: readonly string[], io: BenchIo): Promise<number> {
  let exitCode = 0;
  const program = new Command("npm run bench --")
    .description("Measures coordination services under load, with ensembles that it starts itself.")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .exitOverride();
  addReadHeavy(program).action(async (flags: ReadHeavyFlags) => {
    exitCode = await readHeavy(flags, io);
  });
  addAdminHttp(program).action(async (flags: AdminHttpFlags) => {
    exitCode = await withOutput(flags.json === true, io, (env, output) =>
      benchAdminHttp(env, flags, output, io.end),
    );
  });
  addObservers(program).action(async (flags: ObserversFlags) => {
    exitCode = await withContext(flags, io, (context, output) =>
      benchObservers(context, flags, output),
    );
  });
  addSoak(program).action(async (flags: SoakFlags) => {
    exitCode = await withContext(flags, io, (context, output) => benchSoak(context, flags, output));
  });
  addZnodes(program).action(async (flags: ZnodesFlags) => {
    exitCode = await withContext(flags, io, (context, output) =>
      benchZnodes(context, flags, output),
    );
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof UsageError) {
      io.stderr.write(`error: ${error.message}\n`);
      return EXIT_USAGE;
    }
    if (io.end.aborted) io.stderr.write("Broken off: no verdict, nothing is left of the run.\n");
    else io.stderr.write(`The benchmark could not be run: ${(error as Error).message}\n`);
    return EXIT_NO_VERDICT;
  }
}

function readHeavy(flags: ReadHeavyFlags, io: BenchIo): Promise<number> {
  return withOutput(flags.json === true, io, async (env, output) => {
    const options = readHeavyOptions(env, flags);
    const { run, directory } = await benchReadHeavy(env, options, output, io.end);
    output.line(`verdict: ${run.verdict}`);
    for (const reason of run.reasons) output.line(`  ${reason}`);
    output.line(`run directory: ${path.relative(process.cwd(), directory)}`);
    const { verdict, reasons, figures, identity } = run;
    const bench = identity.name;
    output.json({ bench, verdict, reasons, figures, directory });
    return EXIT_OF[verdict];
  });
}

function withContext(
  flags: { readonly json?: boolean },
  io: BenchIo,
  run: (context: BenchContext, output: JsonOutput) => Promise<number>,
): Promise<number> {
  return withOutput(flags.json === true, io, (env, output) => {
    const originMs = env.clock.nowMs();
    return run({ env, meter: systemMeter, output, signal: io.end, originMs, seed: 1 }, output);
  });
}

/** Progress goes to stderr, on one line where that is a terminal. */
async function withOutput(
  json: boolean,
  { stdout, stderr }: BenchIo,
  run: (env: ReturnType<typeof createNodeEnv>, output: JsonOutput) => Promise<number>,
): Promise<number> {
  const live = stderr.isTTY ? createLogUpdate(stderr) : null;
  const text = json ? stderr : stdout;
  const env = createNodeEnv({ log: createLog({ level: "warn", name: "bench" }) });
  try {
    return await run(env, {
      progress: (line) => (live === null ? void stderr.write(`${line}\n`) : live(line)),
      line: (line) => {
        live?.clear();
        text.write(`${line}\n`);
      },
      json: (result) => {
        if (json) stdout.write(`${JSON.stringify(result)}\n`);
      },
    });
  } finally {
    live?.clear();
    live?.done();
  }
}
