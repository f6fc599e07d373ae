/**
 * What `npm run cli` does, from its arguments to its exit code.
 */
import path from "node:path";
import { createInterface } from "node:readline";
import { CommanderError } from "commander";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { parseCommandLine, type CliOptions } from "./command-line.ts";
import { HistoryFile } from "./history-file.ts";
import { runInteractive } from "./interactive.ts";
import { Output, type TextStream } from "./output.ts";
import { isCommand, Shell, type CommandEnd } from "./shell.ts";

/** Lines that users typed, in their home. */
const HISTORY_FILE = ".quorum-lab-history";

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_OF: Readonly<Record<CommandEnd, number>> = {
  done: EXIT_OK,
  left: EXIT_OK,
  failed: EXIT_FAILED,
  usage: EXIT_USAGE,
};

export interface CliIo {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: NodeJS.WritableStream & TextStream;
  readonly stderr: TextStream;
  /** The user's home directory. */
  readonly home: string;
  /** Aborted by a signal: what runs is broken off, and the session closed. */
  readonly end: AbortSignal;
}

/** Runs the shell; resolves with its exit code when its session is closed. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let options: CliOptions;
  try {
    options = parseCommandLine(args, {
      out: (text) => void io.stdout.write(text),
      err: (text) => void io.stderr.write(text),
    });
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    throw error;
  }
  const interactive = options.command.length === 0 && io.stdin.isTTY === true;
  const env = createNodeEnv({ log: createLog({ level: "silent", name: "cli" }) });
  const output = new Output(io.stdout, io.stderr);
  const { target, sessionTimeoutMs, readOnly } = options;
  const sessionEvents = interactive;
  const shell = new Shell({ env, target, sessionTimeoutMs, readOnly, output, sessionEvents });
  try {
    if (!interactive) return await runUnattended(shell, options, io);
    output.out(`Connecting to ${target.text}`, "Welcome to Quorum Lab! help lists the commands.");
    const file = path.join(io.home, HISTORY_FILE);
    const history = new HistoryFile(file, (line) => output.err(line));
    const { stdin: input, stdout: screen, end } = io;
    await runInteractive({ env, shell, output, history, input, screen, end });
    return EXIT_OK;
  } finally {
    await shell.close();
  }
}

async function runUnattended(shell: Shell, options: CliOptions, io: CliIo): Promise<number> {
  const { command, stopOnError } = options;
  if (!(await shell.connected(io.end))) return EXIT_FAILED;
  if (command.length > 0) return EXIT_OF[await shell.words(command, io.end)];
  return runScript(shell, io, stopOnError);
}

/** The exit code is that of the last command, as in any shell. */
async function runScript(shell: Shell, io: CliIo, stopOnError: boolean): Promise<number> {
  const lines = createInterface({ input: io.stdin, terminal: false });
  const close = (): void => lines.close();
  io.end.addEventListener("abort", close, { once: true });
  let exitCode = EXIT_OK;
  for await (const line of lines) {
    const end = await shell.line(line, io.end);
    if (end === "left" || io.end.aborted) break;
    if (isCommand(line)) exitCode = EXIT_OF[end];
    if (stopOnError && exitCode !== EXIT_OK) break;
  }
  io.end.removeEventListener("abort", close);
  close();
  return exitCode;
}
