import type { Env } from "../../server/env.ts";
import { argumentsOf, type CommandContext } from "./command.ts";
import { COMMANDS, isOwn, unknownCommand, usageLines, usageOf } from "./commands.ts";
import type { OwnCommand } from "./commands.ts";
import { parseConnectString, type ConnectString } from "./connect-string.ts";
import { Connection, type ShellEvent } from "./connection.ts";
import { CommandError, UsageError } from "./errors.ts";
import type { Output } from "./output.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { splitWords } from "./words.ts";

export interface ShellOptions {
  readonly env: Env;
  readonly target: ConnectString;
  readonly sessionTimeoutMs: number;
  readonly readOnly: boolean;
  readonly output: Output;
  /** Tells of the session too (SyncConnected, Disconnected, …), not of znodes alone. */
  readonly sessionEvents: boolean;
}

/** How a command ended: done, failed, not understood; left: the user wants to go. */
export type CommandEnd = "done" | "failed" | "usage" | "left";

/** `history` shows so many of the last lines. */
const HISTORY_SHOWN = 11;
/** Lines that are kept for `redo`. */
const HISTORY_MAX = 10_000;
/** How long `connect`, and what is not typed by a user, waits for a server; a shorter timeout counts. */
const CONNECT_PATIENCE_MAX_MS = 10_000;

/** Why a command was broken off, as the user is told; the reason of an abort says it, "" nothing. */
export const INTERRUPTED = "Interrupted; what was asked may still be done";

/** Executes commands, one at a time, over one connection after the other. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #output: Output;
  readonly #lines = new Map<number, string>();
  #connection: Connection;
  #printWatches = true;
  #count = 0;

  /** Begins to connect at once. */
  constructor(options: ShellOptions) {
    this.#options = options;
    this.#output = options.output;
    this.#connection = this.#open(options.target);
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** `[zk: localhost:2181(CONNECTED) 3] ` */
  get prompt(): string {
    const { target, state } = this.#connection;
    return `[zk: ${target.text}(${state}) ${this.#count}] `;
  }

  /** Waits for the first server. False if there is none, which is said; and when it is aborted. */
  async connected(signal: AbortSignal): Promise<boolean> {
    try {
      await unlessAborted(this.#awaitServer(), signal);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#tell(error);
      return false;
    }
  }

  /** Executes a line; one that is no command (`isCommand`) does nothing. Never throws. */
  async line(text: string, signal: AbortSignal): Promise<CommandEnd> {
    const line = text.trim();
    if (!isCommand(line)) return "done";
    const index = this.#count++;
    this.#remember(index, line);
    try {
      return await this.#run(splitWords(line), index, signal);
    } catch (error) {
      return this.#tell(error, signal);
    }
  }

  /** As `line`, of words that need no splitting. */
  async words(words: readonly string[], signal: AbortSignal): Promise<CommandEnd> {
    const index = this.#count++;
    this.#remember(index, words.join(" "));
    try {
      return await this.#run(words, index, signal);
    } catch (error) {
      return this.#tell(error, signal);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #run(words: readonly string[], index: number, signal: AbortSignal): Promise<CommandEnd> {
    const [name = "", ...rest] = words;
    if (isOwn(name)) return this.#own(name, rest, index, signal);
    const command = COMMANDS.get(name);
    if (command === undefined) throw unknownCommand(name);
    const args = argumentsOf(command, rest);
    if (this.#connection.state === "CLOSED") {
      throw new CommandError("Not connected: connect opens a new session");
    }
    await unlessAborted(command.run(args, this.#context(signal)), signal);
    return "done";
  }

  async #own(
    name: OwnCommand,
    operands: readonly string[],
    index: number,
    signal: AbortSignal,
  ): Promise<CommandEnd> {
    const [operand] = operands;
    const max = usageOf(name)?.includes(" ") === true ? 1 : 0;
    if (operands.length > max) throw new UsageError(usageOf(name) ?? name);
    switch (name) {
      case "quit":
      case "exit":
        return "left";
      case "close":
        await this.close();
        return "done";
      case "connect":
        await this.#connect(operand, signal);
        return "done";
      case "help":
        this.#help(operand);
        return "done";
      case "history":
        this.#history(index);
        return "done";
      case "printwatches":
        this.#printwatches(operand);
        return "done";
      case "redo":
        return this.#redo(operand, index, signal);
    }
  }

  async #connect(text: string | undefined, signal: AbortSignal): Promise<void> {
    const target = text === undefined ? this.#connection.target : parseConnectString(text);
    await this.#connection.close();
    this.#connection = this.#open(target);
    await unlessAborted(this.#awaitServer(), signal);
  }

  #help(name: string | undefined): void {
    if (name === undefined) {
      this.#output.out(
        "ZooKeeper -server host:port[,host:port...][/chroot] cmd args",
        ...usageLines(),
      );
      return;
    }
    const usage = usageOf(name);
    if (usage === null) throw unknownCommand(name);
    this.#output.out(usage);
  }

  #history(index: number): void {
    for (let at = Math.max(0, index - HISTORY_SHOWN + 1); at <= index; at++) {
      this.#output.out(`${at} - ${this.#lines.get(at) ?? ""}`);
    }
  }

  #printwatches(choice: string | undefined): void {
    if (choice === undefined) {
      this.#output.out(`printwatches is ${this.#printWatches ? "on" : "off"}`);
    } else if (choice === "on" || choice === "off") this.#printWatches = choice === "on";
    else throw new UsageError(`printwatches ${choice}: expected on or off`);
  }

  #redo(operand: string | undefined, index: number, signal: AbortSignal): Promise<CommandEnd> {
    const number = /^\d{1,9}$/.test(operand ?? "") ? Number(operand) : index;
    const line = number < index ? this.#lines.get(number) : undefined;
    if (line === undefined) {
      throw new UsageError(
        `redo ${operand ?? "(nothing)"}: expected the number of a line that history has`,
      );
    }
    const words = splitWords(line);
    if (words[0] === "redo") throw new UsageError("redo: that line is a redo itself");
    this.#remember(index, line);
    return this.#run(words, index, signal);
  }

  #context(signal: AbortSignal): CommandContext {
    const output = this.#output;
    const heard = (): boolean => !signal.aborted;
    return {
      connection: this.#connection,
      signal,
      out: (...lines) => void (heard() && output.out(...lines)),
      data: (bytes) => void (heard() && output.data(bytes)),
      warn: (line) => void (heard() && output.err(line)),
      event: (event) => this.#event(event),
    };
  }

  #open(target: ConnectString): Connection {
    const { env, sessionTimeoutMs, readOnly } = this.#options;
    const told = (event: ShellEvent): void => this.#event(event);
    return new Connection({ env, target, sessionTimeoutMs, readOnly, told });
  }

  #event(event: ShellEvent): void {
    if (!this.#printWatches) return;
    if (event.path !== null || this.#options.sessionEvents) this.#output.event(event);
  }

  async #awaitServer(): Promise<void> {
    const patienceMs = Math.min(CONNECT_PATIENCE_MAX_MS, this.#options.sessionTimeoutMs);
    if (await this.#connection.connected(patienceMs)) return;
    const { text } = this.#connection.target;
    throw new CommandError(
      `KeeperErrorCode = ConnectionLoss: no server at ${text} opened a session ` +
        `within ${patienceMs} ms; is one serving there?`,
    );
  }

  #remember(index: number, line: string): void {
    this.#lines.set(index, line);
    this.#lines.delete(index - HISTORY_MAX);
  }

  #tell(error: unknown, signal?: AbortSignal): CommandEnd {
    if (signal?.aborted === true) {
      const { message } = signal.reason as Error;
      if (message !== "") this.#output.err(message);
      return "failed";
    }
    if (error instanceof UsageError) {
      this.#output.err(error.message);
      return "usage";
    }
    if (!(error instanceof CommandError)) throw error;
    this.#output.err(error.message);
    return "failed";
  }
}

/** Whether there is anything to do: not for a blank line, or a comment, which begins with `#`. */
export function isCommand(line: string): boolean {
  return /^\s*[^\s#]/.test(line);
}
