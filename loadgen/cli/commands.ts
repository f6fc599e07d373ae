/** All commands of the shell. */
import type { Command } from "./command.ts";
import { ADD_AUTH, GET_ACL, SET_ACL, WHO_AM_I } from "./commands/access.ts";
import { CONFIG, RECONFIG, SYNC, VERSION_COMMAND } from "./commands/ensemble.ts";
import { DEL_QUOTA, LIST_QUOTA, SET_QUOTA } from "./commands/quota.ts";
import { GET, GET_ALL_CHILDREN_NUMBER, GET_EPHEMERALS, LS, STAT } from "./commands/read.ts";
import { ADD_WATCH, REMOVE_WATCHES } from "./commands/watches.ts";
import { CREATE, DELETE, DELETE_ALL, SET } from "./commands/write.ts";
import { UsageError } from "./errors.ts";

/** Those that talk to a server, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    ADD_AUTH,
    ADD_WATCH,
    CONFIG,
    CREATE,
    DELETE,
    DELETE_ALL,
    DEL_QUOTA,
    GET,
    GET_ACL,
    GET_ALL_CHILDREN_NUMBER,
    GET_EPHEMERALS,
    LIST_QUOTA,
    LS,
    RECONFIG,
    REMOVE_WATCHES,
    SET,
    SET_ACL,
    SET_QUOTA,
    STAT,
    SYNC,
    VERSION_COMMAND,
    WHO_AM_I,
  ].map((command) => [command.name, command]),
);

/** Those of the shell itself, with what follows their names. */
const OWN = {
  close: "",
  connect: "[host:port]",
  exit: "",
  help: "[command]",
  history: "",
  printwatches: "[on|off]",
  quit: "",
  redo: "cmdno",
} as const;

export type OwnCommand = keyof typeof OWN;

export function isOwn(name: string): name is OwnCommand {
  return Object.hasOwn(OWN, name);
}

/** The names of all, sorted. */
export const COMMAND_NAMES: readonly string[] = [...COMMANDS.keys(), ...Object.keys(OWN)].sort();

/** `name operands`: how a command is written; null if there is none of this name. */
export function usageOf(name: string): string | null {
  const usage = isOwn(name) ? OWN[name] : COMMANDS.get(name)?.usage;
  return usage === undefined ? null : `${name} ${usage}`.trimEnd();
}

/** One line for each command, indented as zkCli does. */
export function usageLines(): string[] {
  return COMMAND_NAMES.map((name) => `\t${usageOf(name) ?? name}`);
}

/** What is nearest to a name that there is not: that it differs in capitals only, or begins so. */
export function unknownCommand(name: string): UsageError {
  const lower = name.toLowerCase();
  const near =
    COMMAND_NAMES.find((known) => known.toLowerCase() === lower) ??
    COMMAND_NAMES.find((known) => known.toLowerCase().startsWith(lower.slice(0, 3)));
  const hint = near === undefined ? "help lists the commands" : `did you mean ${near}?`;
  return new UsageError(`Command not found: ${name} (${hint})`);
}
