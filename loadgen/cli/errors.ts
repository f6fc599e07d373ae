import { ErrorCode, errorName } from "../../server/errors.ts";
import type { OpResult } from "../client/request-op.ts";

/** A command could not do what it was asked for: exit code 1. The message is for the user. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** A command was not understood, and nothing was asked of a server: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** What zkCli says of a znode for these codes; the path follows. */
const OF_PATH: ReadonlyMap<number, string> = new Map([
  [ErrorCode.NoNode, "Node does not exist: "],
  [ErrorCode.NoChildrenForEphemerals, "Ephemerals cannot have children: "],
  [ErrorCode.NodeExists, "Node already exists: "],
  [ErrorCode.NotEmpty, "Node not empty: "],
  [ErrorCode.NotReadOnly, "Not a read-only call: "],
  [ErrorCode.InvalidAcl, "Acl is not valid : "],
  [ErrorCode.NoAuth, "Insufficient permission : "],
  [ErrorCode.BadArguments, "Arguments are not valid : "],
  [ErrorCode.BadVersion, "version No is not valid : "],
  [ErrorCode.QuotaExceeded, "Quota has exceeded : "],
]);

/** ZooKeeper's names of codes where they are not ours. */
const CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [ErrorCode.SessionExpired, "Session expired"],
  [ErrorCode.SessionMoved, "Session moved"],
  [ErrorCode.NoWatcher, "No such watcher"],
  [ErrorCode.ReconfigDisabled, "Reconfig is disabled"],
  [ErrorCode.ThrottledOp, "Op throttled due to high load"],
]);

const NO_QUORUM =
  "The new configuration has no quorum that is connected and up to date: " +
  "start its servers, let them synchronize, and try again";

/** The error that an operation ended with, in the words of zkCli. */
export function operationError(
  { code, outcome }: Pick<OpResult, "code" | "outcome">,
  path: string,
): CommandError {
  // What is not definite is said: the user has to look before trying again.
  const doubt = outcome === "info" ? "; it may have been applied" : "";
  return new CommandError(`${sentence(code, path)}${doubt}`);
}

function sentence(code: number, path: string): string {
  if (code === ErrorCode.ReconfigInProgress) return "Another reconfiguration is in progress";
  if (code === ErrorCode.NewConfigNoQuorum) return NO_QUORUM;
  const words = path === "" ? undefined : OF_PATH.get(code);
  if (words !== undefined) return `${words}${path}`;
  const name = CODE_NAMES.get(code) ?? errorName(code);
  return `KeeperErrorCode = ${name}${path === "" ? "" : ` for ${path}`}`;
}

/** The result, if the operation was done. Throws a `CommandError` that names the path if it was not. */
export async function done(asked: Promise<OpResult>, path: string): Promise<OpResult> {
  return checked(await asked, path);
}

/** As `done`, of an operation that has ended. */
export function checked(result: OpResult, path: string): OpResult {
  if (result.outcome !== "ok") throw operationError(result, path);
  return result;
}
