import { parseArguments, type Arguments, type FlagSpec } from "./arguments.ts";
import type { Connection, ShellEvent } from "./connection.ts";
import { UsageError } from "./errors.ts";

/** What a command that talks to a server is given. */
export interface CommandContext {
  readonly connection: Connection;
  /** Aborted by Ctrl-C: what takes many requests ends, and nothing is printed any more. */
  readonly signal: AbortSignal;
  /** Prints lines of the result. */
  readonly out: (...lines: readonly string[]) => void;
  /** Prints bytes as they are, and ends the line. */
  readonly data: (bytes: Buffer) => void;
  /** Says something that is no result. */
  readonly warn: (line: string) => void;
  /** Tells of an event that the shell makes itself: a watch that it has removed. */
  readonly event: (event: ShellEvent) => void;
}

/** One command of the shell, which needs a connection. */
export interface Command {
  readonly name: string;
  /** What follows the name in its usage line; "" for nothing. */
  readonly usage: string;
  readonly flags: FlagSpec;
  /** How many operands there must be at least, and at most. */
  readonly operands: readonly [min: number, max: number];
  /** Throws a `CommandError` or a `UsageError`. */
  run(args: Arguments, context: CommandContext): Promise<void>;
}

/**
 * Reads the words that follow the command's name. Throws a `UsageError` that shows how the command is
 * written.
 */
export function argumentsOf(command: Command, words: readonly string[]): Arguments {
  const usage = `${command.name} ${command.usage}`.trimEnd();
  const [min, max] = command.operands;
  let args: Arguments;
  try {
    args = parseArguments(words, command.flags);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message}\n${usage}`);
    throw error;
  }
  const { length } = args.operands;
  if (length >= min && length <= max) return args;
  const surplus = args.operands.slice(max).map((word) => JSON.stringify(word));
  const quotes = max === 0 ? "" : " (quote what has spaces)";
  const problem = length < min ? "" : `Unexpected ${surplus.join(" ")}${quotes}\n`;
  throw new UsageError(`${problem}${usage}`);
}
