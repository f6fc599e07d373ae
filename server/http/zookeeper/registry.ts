/** The commands of ZooKeeper's AdminServer, by each of their names. */
import type { WordSource } from "../../net/four-letter/source.ts";
import type { ZooKeeperCommand } from "./command.ts";
import { CONNECTION_COMMANDS } from "./connection-commands.ts";
import { ENSEMBLE_COMMANDS } from "./ensemble-commands.ts";
import { MACHINE_COMMANDS } from "./machine-commands.ts";
import { SERVER_COMMANDS } from "./server-commands.ts";

/** What a command that needs the service says without it. */
export const NOT_SERVING = "This ZooKeeper instance is not currently serving requests";

const ALL: readonly ZooKeeperCommand[] = [
  ...SERVER_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...ENSEMBLE_COMMANDS,
  ...MACHINE_COMMANDS,
];

const BY_NAME: ReadonlyMap<string, ZooKeeperCommand> = new Map(
  ALL.flatMap((one) => one.names.map((name) => [name, one] as const)),
);

/** What they are called first, in the order of names. */
export const PRIMARY_NAMES: readonly string[] = ALL.map(({ names }) => names[0]).toSorted();

/** The answer to a command; null if there is none of that name. `source` null: nobody is served yet. */
export function zooKeeperAnswer(
  name: string,
  source: WordSource | null,
  query: URLSearchParams,
): object | null {
  const known = BY_NAME.get(name);
  if (known === undefined) return null;
  const named = { command: known.names[0] };
  if (source === null || (known.needsService && source.service() === "none")) {
    return { ...named, error: NOT_SERVING };
  }
  const fields = known.run({ source, query });
  return { ...fields, ...named, error: fields["error"] ?? null };
}
