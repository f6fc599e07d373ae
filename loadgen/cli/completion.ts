import type { Env } from "../../server/env.ts";
import { COMMAND_NAMES } from "./commands.ts";
import type { Connection } from "./connection.ts";
import { pathProblem } from "./path-check.ts";
import { childPath } from "./subtree.ts";

/** What the last word of a line can become, and that word. */
export type Completion = [hits: string[], word: string];

/** A server that does not answer so soon does not complete anything. */
const PATIENCE_MS = 1_000;
/** More than these are not shown: what they have in common is filled in. */
const SHOWN_MAX = 200;

/**
 * Completes the last word of what is typed: the name of a command in the first place (and after
 * `help`), the path of a znode anywhere else. Without a connection, or for what is not there, nothing.
 */
export async function complete(
  line: string,
  connection: Connection,
  env: Env,
): Promise<Completion> {
  const word = /(?:^|\s)["']?([^\s"']*)$/.exec(line)?.[1] ?? "";
  const before = line.slice(0, line.length - word.length).trim();
  if (word.startsWith("/")) {
    return bounded(await within(env, paths(word, connection)), word);
  }
  if (before !== "" && before !== "help") return [[], word];
  return [COMMAND_NAMES.filter((name) => name.startsWith(word)).map((name) => `${name} `), word];
}

async function paths(word: string, { client, zk }: Connection): Promise<string[]> {
  const slash = word.lastIndexOf("/");
  const parent = slash === 0 ? "/" : word.slice(0, slash);
  if (!client.connected || pathProblem(parent) !== null) return [];
  const { children } = await zk.getChildren(parent);
  const prefix = word.slice(slash + 1);
  return (children ?? [])
    .filter((name) => name.startsWith(prefix))
    .map((name) => childPath(parent, name))
    .sort();
}

function bounded(hits: string[], word: string): Completion {
  if (hits.length <= SHOWN_MAX) return [hits, word];
  const [first, last] = [hits[0] as string, hits.at(-1) as string];
  let length = word.length;
  // They are sorted: what the first and the last have in common, all have.
  while (length < first.length && first[length] === last[length]) length++;
  return [length > word.length ? [first.slice(0, length)] : hits.slice(0, SHOWN_MAX), word];
}

function within(env: Env, hits: Promise<string[]>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const timer = env.timers.after(PATIENCE_MS, () => resolve([]));
    hits.then(resolve, reject).finally(() => timer.cancel());
  });
}
