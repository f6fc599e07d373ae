/** Bugs in the tree and in what the leader checks against it: versions, counters, multis, owners. */
import type { Mutant } from "../mutant.ts";

export const TREE_MUTANTS: readonly Mutant[] = [
  {
    name: "pzxid-not-raised-by-a-delete",
    file: "server/tree/data-tree.ts",
    find: `    parent.pzxid = zxid;`,
    replace: ``,
    guarantee: "atomicity",
    seenBy: ["C2", "C8"],
    why: "A parent does not show that a child was deleted, and a child watch that is set again is not told.",
    broughtOut: "delete, exists on the parent",
  },
  {
    name: "cversion-counts-no-deletes",
    file: "server/tree/znode.ts",
    find: `    return (2 * this.childCreations - this.numChildren) | 0;`,
    replace: `    return this.childCreations | 0;`,
    guarantee: "atomicity",
    seenBy: ["C2"],
    why: "A parent's cversion stays when a child is deleted: who compares it takes two sets of children for one.",
    broughtOut: "delete, exists on the parent",
  },
  {
    name: "child-in-flight-not-counted",
    file: "server/tree/pending-state.ts",
    find: `      numChildren: parent.numChildren + 1,`,
    replace: `      numChildren: parent.numChildren,`,
    guarantee: "atomicity",
    seenBy: ["C12", "C2", "C1"],
    why: "A delete of a znode whose first child is on its way is accepted, and every server stops when it is applied.",
    broughtOut: "create of a child and delete of its parent at once",
  },
  {
    name: "older-version-accepted",
    file: "server/tree/prepared.ts",
    find: `  return wanted === -1 || wanted === has;`,
    replace: `  return wanted === -1 || wanted === has || wanted === has - 1;`,
    guarantee: "atomicity",
    seenBy: ["C2"],
    why: "A conditional write succeeds although somebody wrote in between: a lost update.",
    broughtOut: "two clients that set with the version they have seen",
  },
  {
    name: "ephemerals-may-have-children",
    file: "server/tree/prepare-create.ts",
    find: `  if (isSessionOwner(parent.owner)) return refuse(ErrorCode.NoChildrenForEphemerals);`,
    replace: ``,
    also: [
      {
        file: "server/tree/data-tree.ts",
        find: `    if (parent.ephemeralOwner !== NO_SESSION) {`,
        replace: `    if (parent.ephemeralOwner === parent.owner && parent.owner !== parent.ephemeralOwner) {`,
      },
    ],
    guarantee: "sessions",
    seenBy: ["C2", "C9", "C12"],
    why: "An ephemeral gets children, and the close of its session finds that it cannot be deleted: every server stops.",
    broughtOut: "create below an ephemeral, then the end of its session",
  },
  {
    name: "failed-multi-keeps-its-first-parts",
    file: "server/tree/prepare.ts",
    find: `        this.#state.takeBack();
        return { type: "multi", parts: failedParts(ops.length, parts.length, part) };`,
    replace: `        this.#state.keep();
        return { type: "multi", parts: [...parts, part] };`,
    guarantee: "atomicity",
    seenBy: ["C2"],
    why: "A multi that fails leaves what its first parts changed.",
    broughtOut: "multi whose check fails behind a change",
  },
  {
    name: "failed-multi-still-on-its-way",
    file: "server/tree/prepare.ts",
    find: `        this.#state.takeBack();
        return`,
    replace: `        this.#state.keep();
        return`,
    guarantee: "atomicity",
    seenBy: ["C2", "C12"],
    why: "What a failed multi would have changed is taken for pending: the next request is judged by a state that never was (ZOOKEEPER-1624).",
    broughtOut: "failing multi with other writes to the same znodes right behind it",
  },
  {
    name: "sequence-from-the-number-of-children",
    file: "server/tree/prepare-create.ts",
    find: `sequenceSuffix(parent.childCreations)`,
    replace: `sequenceSuffix(parent.numChildren)`,
    guarantee: "sequential consistency",
    seenBy: ["C10", "C2", "C11"],
    why: "A number is given out again when a child was deleted: a lock's line has two in one place.",
    broughtOut: "sequential create, delete, sequential create",
  },
  {
    name: "container-removed-with-a-new-child",
    file: "server/tree/prepare-change.ts",
    find: `  if (node === null || parent === null) return refuse(ErrorCode.NoNode);
  if (node.numChildren > 0) return refuse(ErrorCode.NotEmpty);
  const isRemovable`,
    replace: `  if (node === null || parent === null) return refuse(ErrorCode.NoNode);
  const isRemovable`,
    also: [
      {
        file: "server/tree/prepare-change.ts",
        find: `  if (!isRemovable || state.isChanging(path)) return refuse(ErrorCode.BadVersion);`,
        replace: `  if (!isRemovable) return refuse(ErrorCode.BadVersion);`,
      },
    ],
    guarantee: "liveness",
    seenBy: ["C12", "C2"],
    why: "The leader removes an empty container while its next child is on its way, and every server stops when both are applied.",
    broughtOut: "container or TTL znode that is empty for a moment when the sweep comes by",
  },
  {
    name: "acl-checked-against-the-data-version",
    file: "server/tree/prepare-change.ts",
    find: `  if (!versionFits(node.aversion, request.version)) return refuse(ErrorCode.BadVersion);`,
    replace: `  if (!versionFits(node.version, request.version)) return refuse(ErrorCode.BadVersion);`,
    guarantee: "atomicity",
    seenBy: ["C2"],
    why: "A conditional setACL is refused because of a write of the data, and accepted in spite of another setACL.",
    broughtOut: "setData, conditional setACL",
  },
];
