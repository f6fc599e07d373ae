import { Command, InvalidArgumentError, Option } from "commander";
import { parseConnectString, type ConnectString } from "./connect-string.ts";
import { usageLines } from "./commands.ts";
import { UsageError } from "./errors.ts";

/** What `npm run cli` was asked for. */
export interface CliOptions {
  readonly target: ConnectString;
  /** What the session is asked to last without a connection. */
  readonly sessionTimeoutMs: number;
  /** A server without a quorum is good enough. */
  readonly readOnly: boolean;
  /** A script ends with its first command that fails. */
  readonly stopOnError: boolean;
  /** One command, as words; empty for an interactive shell or a script. */
  readonly command: readonly string[];
}

const DEFAULT_SERVER = "localhost:2181";
const TIMEOUT_MAX_MS = 2 ** 31 - 1;
/** zkCli's spelling of options, which commander wants with two dashes. */
const ZKCLI_OPTIONS = /^-(server|timeout)(=.*)?$/s;
/** zkCli's option for what this shell always does. */
const WAIT_FOR_CONNECTION = "-waitforconnection";

/** Reads the arguments. Throws commander's error, which has told the user already; also for `--help`. */
export function parseCommandLine(
  args: readonly string[],
  write: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): CliOptions {
  const program = new Command("npm run cli --")
    .description(
      "A shell for ZooKeeper servers, with the commands of zkCli. With a command it does that one " +
        "and ends (exit code 0; 1 when it failed, 2 when it was not understood); without one it is " +
        "interactive on a terminal, and takes commands from stdin elsewhere. A connect string is " +
        "HOST:PORT[,HOST:PORT…][/chroot].",
    )
    .addOption(
      new Option("--server <connect-string>", "where to connect; -server is the same")
        .argParser(server)
        .default(parseConnectString(DEFAULT_SERVER), DEFAULT_SERVER),
    )
    .option("--timeout <ms>", "the session's timeout; -timeout is the same", timeout, 30_000)
    .option("-r, --read-only", "a server without a quorum is good enough", false)
    .option("-e, --stop-on-error", "end a script at the first command that fails", false)
    .argument("[command...]", "a command with its operands")
    .addHelpText("after", `\nCommands:\n${usageLines().join("\n").replaceAll("\t", "  ")}`)
    .passThroughOptions()
    .exitOverride()
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .parse(inTwoDashes(args), { from: "user" });
  const flags = program.opts<{
    server: ConnectString;
    timeout: number;
    readOnly: boolean;
    stopOnError: boolean;
  }>();
  return {
    target: flags.server,
    sessionTimeoutMs: flags.timeout,
    readOnly: flags.readOnly,
    stopOnError: flags.stopOnError,
    command: program.args,
  };
}

/** Only what stands before the command: its own flags have one dash. */
function inTwoDashes(args: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (!word.startsWith("-") || word === "--") return [...result, ...args.slice(at)];
    if (word === WAIT_FOR_CONNECTION) continue;
    const named = ZKCLI_OPTIONS.test(word) ? `-${word}` : word;
    result.push(named);
    const value = args[at + 1];
    if ((named === "--server" || named === "--timeout") && value !== undefined) {
      result.push(value);
      at++;
    }
  }
  return result;
}

function server(text: string): ConnectString {
  try {
    return parseConnectString(text);
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function timeout(text: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= TIMEOUT_MAX_MS) return value;
  throw new InvalidArgumentError(`Expected milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
}
