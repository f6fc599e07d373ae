/** Bugs in snapshots: what is in them, which zxid they stand for, and what is replayed on top. */
import type { Mutant } from "../mutant.ts";

export const SNAPSHOT_MUTANTS: readonly Mutant[] = [
  {
    name: "snapshot-in-the-middle-of-a-multi",
    file: "server/tree/data-tree.ts",
    find: `      parts.push({ part, stat: node === null ? null : copyStat(node) });
    }`,
    replace: `      parts.push({ part, stat: node === null ? null : copyStat(node) });
      if (parts.length === 1 && body.parts.length > 1) {
        this.#inMulti = null;
        const chunks = this.beginSnapshot().next(1e9) ?? [];
        const walk = { isOver: true, beforeChange: () => undefined, next: () => chunks };
        this.#inMulti = { zxid: header.zxid, ...walk } as unknown as SnapshotWalk;
      }
    }`,
    also: [
      {
        file: "server/tree/data-tree.ts",
        find: `  #walks = 0;

  /** A tree with`,
        replace: `  #walks = 0;
  #inMulti: SnapshotWalk | null = null;

  /** A tree with`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    this.#walk = new SnapshotWalk(`,
        replace: `    if (this.#inMulti?.zxid === this.#lastApplied) return this.#inMulti;
    this.#walk = new SnapshotWalk(`,
      },
    ],
    guarantee: "atomicity",
    seenBy: ["C2", "C1", "C5", "C12"],
    why: "The zxid of a snapshot rises with the first part of a multi; the other parts are lost on the server that restarts from it (ZOOKEEPER-3127).",
    broughtOut: "snapshot right behind a multi, restart",
  },
  {
    name: "snapshot-forgets-creations",
    file: "server/tree/snapshot-codec.ts",
    find: `  node.childCreations = childCreations;
  return node;`,
    replace: `  node.childCreations = node.children.size + 0 * childCreations;
  return node;`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C10", "C12"],
    why: "After a restart from a snapshot cversion and sequential numbers begin anew: two znodes are given the same number, or the server stops at the next create.",
    broughtOut: "snapshot, restart, sequential create",
  },
  {
    name: "snapshot-forgets-pzxid",
    file: "server/tree/snapshot-codec.ts",
    find: `  node.pzxid = pzxid;`,
    replace: `  node.pzxid = pzxid > 0 ? czxid : pzxid;`,
    guarantee: "atomicity",
    seenBy: ["C2", "C1", "C5", "C8"],
    why: "A restarted server shows another pzxid than the others, and child watches that are set again are not told what they missed.",
    broughtOut: "snapshot, restart, exists on a parent",
  },
  {
    name: "snapshot-forgets-sessions-without-ephemerals",
    file: "server/tree/data-tree.ts",
    find: `      const session = { timeoutMs, password: Buffer.from(password) };`,
    replace: `      if (!this.#owned.ephemerals.has(id)) continue;
      const session = { timeoutMs, password: Buffer.from(password) };`,
    guarantee: "sessions",
    seenBy: ["C9", "C1", "C12", "C2"],
    why: "A session that has no ephemeral at the time of a snapshot is gone after a restart, though its client is there (ZOOKEEPER-1367 is of that kind).",
    broughtOut: "snapshot, restart, then that session writes or ends",
  },
  {
    name: "snapshot-zxid-one-behind",
    file: "server/state-keeper.ts",
    find: `      else persistence.saveSnapshot(zxid, chunks,`,
    replace: `      else persistence.saveSnapshot((zxid - 1) as Zxid, chunks,`,
    guarantee: "liveness",
    seenBy: ["C12", "C1"],
    why: "The last transaction of a snapshot is replayed on top of it: the server finds that it does not fit, and cannot start any more.",
    broughtOut: "snapshot, restart",
  },
  {
    name: "snapshot-replays-its-last-transaction-twice",
    file: "server/state-keeper.ts",
    find: `      else persistence.saveSnapshot(zxid, chunks,`,
    replace: `      else persistence.saveSnapshot((zxid - 1) as Zxid, chunks,`,
    also: [
      {
        file: "server/tree/data-tree.ts",
        find: `    if (header.zxid <= this.#lastApplied) {`,
        replace: `    if (header.zxid < this.#lastApplied) {`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    if (this.#nodes.has(path)) throw misfit(header, \`create \${path}: it exists\`);`,
        replace: `    const there = this.#nodes.get(path);
    if (there !== undefined) {
      parent.childCreations = (parent.childCreations + 1) | 0;
      return there;
    }`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    if (body.version !== nextVersion(node.version)) {`,
        replace: `    if (body.version > nextVersion(node.version)) {`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    if (id === NO_SESSION || this.#sessions.has(id)) {`,
        replace: `    if (id === NO_SESSION) {`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    if (session === undefined) {
      throw misfit(header, \`closeSession \${formatSession(id)}: no such session\`);
    }`,
        replace: `    if (session === undefined) return DONE;`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `    const node = this.#nodes.get(path);
    if (node === undefined || node.numChildren > 0 || isSystemPath(path)) {`,
        replace: `    const node = this.#nodes.get(path);
    if (node === undefined) return;
    if (node.numChildren > 0 || isSystemPath(path)) {`,
      },
      {
        file: "server/tree/data-tree.ts",
        find: `(node === undefined ? "no such znode" : "it has children, or is the system's"),`,
        replace: `"it has children, or is the system's",`,
      },
    ],
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C10", "C12"],
    why: "The replay over a snapshot tolerates what is there already, as ZooKeeper's fuzzy snapshots want it, but counts a create twice: cversion and sequential numbers differ from the other servers' (ZOOKEEPER-1046, ZOOKEEPER-3249).",
    broughtOut: "snapshot behind a create, restart",
  },
  {
    name: "snapshot-named-by-what-is-logged",
    file: "server/persistence.ts",
    find: `  saveSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: (error: Error | null) => void): void {
    this.#flush();`,
    replace: `  saveSnapshot(applied: Zxid, chunks: readonly Buffer[], done: (error: Error | null) => void): void {
    const zxid = this.#batch.at(-1)?.zxid ?? applied;
    this.#flush();`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C7", "C12"],
    why: "A snapshot claims transactions that were logged and not yet applied: after a restart they are missing from the tree.",
    broughtOut: "snapshot with proposals under way, restart",
  },
];
