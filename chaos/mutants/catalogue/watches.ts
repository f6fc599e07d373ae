/** Bugs in watches: events that are lost, doubled, late or wrong. */
import type { Mutant } from "../mutant.ts";

export const WATCH_MUTANTS: readonly Mutant[] = [
  {
    name: "event-sent-after-the-data",
    file: "server/server.ts",
    find: `      (connection, type, path, zxid) => encodeWatcherEvent(connection.out(), zxid, type, path),`,
    replace: `      (connection, type, path, zxid) =>
        env.timers.soon(() => {
          if (!connection.isClosed) encodeWatcherEvent(connection.out(), zxid, type, path);
        }),`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A client reads the new data before it hears that they changed, and acts on what it took for the old state.",
    broughtOut: "set racing get of a client that watches",
  },
  {
    name: "missed-data-event-not-told",
    file: "server/tree/set-watches.ts",
    find: `    else if (node.mzxid > relativeZxid) tell(EventType.dataChanged, node, node.mzxid);`,
    replace: ``,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "What changed while a client was between two servers is never told: it waits for an event that has happened.",
    broughtOut: "watch, connection lost, set, reconnect",
  },
  {
    name: "one-shot-fires-twice",
    file: "server/tree/watches.ts",
    find: `    this.#data.take(path, watchers);
    const once`,
    replace: `    for (const watcher of this.#data.watchersOf(path)) watchers.push(watcher);
    const once`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A one-time watch stays when it fires: clients are told of changes that they did not ask for.",
    broughtOut: "watch, two sets",
  },
  {
    name: "event-with-the-zxid-of-its-znode",
    file: "server/replica.ts",
    find: `      deliver(watcher, type, path, zxid);`,
    replace: `      deliver(watcher, type, path, this.tree.get(path)?.mzxid ?? zxid);`,
    guarantee: "watches",
    seenBy: ["C8", "C5"],
    why: "The event of a new child carries the zxid of the last write to the parent: it says to come from a change that is long past.",
    broughtOut: "getChildren with a watch, create below it",
  },
  {
    name: "recursive-watch-ends-at-children",
    file: "server/tree/watches.ts",
    find: `        if (at === "/") break;`,
    replace: `        if (at === "/" || at !== path) break;`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A recursive watch is told of a znode and of its children, and never of what is below them.",
    broughtOut: "recursive watch, changes two levels below",
  },
  {
    name: "exists-watch-on-nothing-not-kept",
    file: "server/net/client-reads.ts",
    find: `  if (watch && (error === ErrorCode.Ok || (type === "exists" && error === ErrorCode.NoNode))) {`,
    replace: `  if (watch && error === ErrorCode.Ok) {`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A client that waits for a znode to appear is never told that it did.",
    broughtOut: "exists with a watch on a missing znode, create",
  },
  {
    name: "persistent-watches-not-set-again",
    file: "server/net/client-watches.ts",
    find: `    for (const path of request.persistentWatches) watches.addPersistent(path, reader);
    for (const path of request.persistentRecursiveWatches) watches.addRecursive(path, reader);`,
    replace: `    for (const path of request.persistentWatches) watches.addData(path, reader);
    for (const path of request.persistentRecursiveWatches) watches.addData(path, reader);`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "After a reconnect a persistent watch fires once, and then never again.",
    broughtOut: "persistent watch, reconnect, two sets",
  },
  {
    name: "removed-watch-still-fires",
    file: "server/net/client-watches.ts",
    find: `      : watches.remove(path, reader, known);`,
    replace: `      : watches.has(path, reader, known);`,
    guarantee: "watches",
    seenBy: ["C8", "C2"],
    why: "A client is told of changes although its removeWatches was answered with Ok.",
    broughtOut: "watch, removeWatches, set",
  },
];
