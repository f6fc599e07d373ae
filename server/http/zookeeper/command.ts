/** A command of ZooKeeper's AdminServer (its class Commands): what it is called and what it answers. */
import type { WordSource } from "../../net/four-letter/source.ts";

/** The fields of an answer beside `command` and `error`, under ZooKeeper's names and in its order. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Asked {
  readonly source: WordSource;
  readonly query: URLSearchParams;
}

export interface ZooKeeperCommand {
  /** The first one is what answers call it. */
  readonly names: readonly [string, ...string[]];
  /** False: it is answered also while the server serves nobody. */
  readonly needsService: boolean;
  /** `error` among the fields says that it failed; what does not have one went well. */
  run(asked: Asked): Fields;
}

export function command(
  names: ZooKeeperCommand["names"],
  run: ZooKeeperCommand["run"],
  needsService = true,
): ZooKeeperCommand {
  return { names, needsService, run };
}

/** A number that JSON carries whole, though JavaScript's own would not: a session id, as ZooKeeper has it. */
export function long(value: bigint): unknown {
  return (JSON as JSON & { rawJSON(text: string): unknown }).rawJSON(String(value));
}
