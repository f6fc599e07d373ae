/** Commands about watches: addWatch, removewatches. */
import { ErrorCode } from "../../../server/errors.ts";
import { WatcherType } from "../../../server/wire/opcodes.ts";
import type { OpResult } from "../../client/request-op.ts";
import type { WatchKind } from "../../client/watch-registry.ts";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { UsageError, done, operationError } from "../errors.ts";
import { pathOf } from "./read.ts";

const MODES = { PERSISTENT: "persistent", PERSISTENT_RECURSIVE: "recursive" } as const;
const MODE_NAMES = Object.keys(MODES).join(", ");

export const ADD_WATCH: Command = {
  name: "addWatch",
  usage: `[-m mode] path # optional mode is one of [${MODE_NAMES}] - default is PERSISTENT_RECURSIVE`,
  flags: { m: "value" },
  operands: [1, 1],
  async run(args, { connection }) {
    const path = pathOf(args);
    const mode = (args.value("m") ?? "PERSISTENT_RECURSIVE").toUpperCase();
    if (mode !== "PERSISTENT" && mode !== "PERSISTENT_RECURSIVE") {
      throw new UsageError(`-m ${args.value("m")}: expected one of ${MODE_NAMES}`);
    }
    await done(connection.zk.addWatch(path, MODES[mode]), path);
  },
};

/** The flag of each kind; the first that is given counts, as in zkCli. */
const TYPES: readonly [flag: string, type: WatcherType][] = [
  ["c", WatcherType.children],
  ["d", WatcherType.data],
  ["p", WatcherType.persistent],
  ["r", WatcherType.persistentRecursive],
];
/** What is told of watches that were removed, by ZooKeeper's names. */
const REMOVED: readonly [event: string, kinds: readonly WatchKind[]][] = [
  ["DataWatchRemoved", ["data", "exist"]],
  ["ChildWatchRemoved", ["child"]],
  ["PersistentWatchRemoved", ["persistent", "recursive"]],
];

const KINDS = REMOVED.flatMap(([, kinds]) => kinds);

export const REMOVE_WATCHES: Command = {
  name: "removewatches",
  usage: "path [-c|-d|-p|-r|-a] [-l]",
  flags: { c: "flag", d: "flag", p: "flag", r: "flag", a: "flag", l: "flag" },
  operands: [1, 1],
  async run(args, { connection, event }) {
    const path = pathOf(args);
    const { client, zk } = connection;
    const type = typeOf(args);
    const isHeld = (kind: WatchKind): boolean => client.hasWatch(kind, zk.realPath(path));
    const held = KINDS.filter(isHeld);
    const result = await zk.removeWatches(path, type);
    if (result.outcome !== "ok") {
      if (!args.has("l") || !isUnreached(result)) throw operationError(result, path);
      client.forgetWatches(zk.realPath(path), type);
    }
    const state = client.connected ? "SyncConnected" : "Disconnected";
    const gone = held.filter((kind) => !isHeld(kind));
    for (const [name, kinds] of REMOVED) {
      if (gone.some((kind) => kinds.includes(kind))) event({ state, type: name, path, zxid: -1 });
    }
  },
};

function typeOf(args: Arguments): WatcherType {
  return TYPES.find(([flag]) => args.has(flag))?.[1] ?? WatcherType.any;
}

/** No server said anything: the connection is lost, or there was none in time. */
function isUnreached({ code }: OpResult): boolean {
  return code === ErrorCode.ConnectionLoss || code === ErrorCode.OperationTimeout;
}
