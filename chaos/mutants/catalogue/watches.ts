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
  {
    name: "child-watch-survives-its-znode",
    file: "server/tree/watches.ts",
    find: `    if (change === "deleted") {`,
    replace: `    if (change === "deleted" && told.length > 0) {`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "Who watches the children of a znode is not told that the znode itself is deleted, unless somebody watches its data, too.",
    broughtOut: "getChildren with a watch, delete of that znode",
  },
  {
    name: "persistent-watch-not-told-of-children",
    file: "server/tree/watches.ts",
    find: `    if (this.#child.size + this.#persistent.size === 0) return;`,
    replace: `    if (this.#child.size === 0) return;`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "While nobody has a one-time watch on any children, persistent watches are not told of theirs.",
    broughtOut: "persistent watch, create below it, at a server without child watches",
  },
  {
    name: "rewatch-tells-what-was-seen",
    file: "server/tree/set-watches.ts",
    find: `    else if (node.pzxid > relativeZxid) tell(`,
    replace: `    else if (node.pzxid >= relativeZxid) tell(`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A client that reconnects is told of the change that it saw last, once more.",
    broughtOut:
      "the last thing that a client saw is a change of children it then watches; reconnect",
  },
  {
    name: "ephemerals-vanish-without-an-event",
    file: "server/tree/data-tree.ts",
    find: `      this.#delete(header.zxid, path);
    }
    return DONE;`,
    replace: `      const { onChange } = this;
      this.onChange = null;
      this.#delete(header.zxid, path);
      this.onChange = onChange;
    }
    return DONE;`,
    guarantee: "watches",
    seenBy: ["C8", "C12"],
    why: "Who waits for an ephemeral to go is not told when its session ends: a lock is free, and nobody takes it.",
    broughtOut: "watch of an ephemeral, end of its session",
  },
  {
    name: "watches-dead-after-a-snapshot",
    file: "server/replica.ts",
    find: `    this.sinceSnapshot = 0;
    this.#connect();`,
    replace: `    this.sinceSnapshot = 0;`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A server that started from a snapshot, or was sent one, tells of no changes.",
    broughtOut: "snapshot, restart, watch, set",
  },
];
