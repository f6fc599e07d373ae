/**
 * Which containers and znodes with a time to live the leader should remove (ContainerManager of
 * ZooKeeper). The tree keeps their paths, so that no other znode is looked at.
 */
import type { DataTree } from "./data-tree.ts";
import { ownerKind, ttlMsOf } from "./ephemeral-owner.ts";
import type { Znode } from "./znode.ts";

export type SweepStep =
  /** This znode's time is over, now. */
  | { readonly type: "remove"; readonly path: string }
  /** There are more to be looked at. */
  | { readonly type: "more" }
  | { readonly type: "over" };

const MORE: SweepStep = { type: "more" };
const OVER: SweepStep = { type: "over" };

/** One pass over all of them, as slowly as is wanted: the tree may change between two steps. */
export class RemovalSweep {
  readonly #tree: DataTree;
  readonly #maxNeverUsedMs: number;
  readonly #paths: IterableIterator<string>;

  constructor(tree: DataTree, maxNeverUsedMs: number) {
    this.#tree = tree;
    this.#maxNeverUsedMs = maxNeverUsedMs;
    this.#paths = removablePaths(tree);
  }

  /** Looks at up to `budget` znodes, until one is to be removed. `wallMs` is the leader's clock. */
  step(wallMs: number, budget: number): SweepStep {
    for (let looked = 0; looked < budget; looked++) {
      const next = this.#paths.next();
      if (next.done) return OVER;
      const node = this.#tree.get(next.value);
      if (node !== undefined && isOver(node, wallMs, this.#maxNeverUsedMs)) {
        return { type: "remove", path: next.value };
      }
    }
    return MORE;
  }
}

/**
 * Whether nobody needs the znode any more: it has no children, and a container had one before (or never
 * had, for more than `maxNeverUsedMs`, if that is not 0), or its data are older than its time to live.
 */
export function isOver(node: Znode, wallMs: number, maxNeverUsedMs: number): boolean {
  if (node.numChildren > 0) return false;
  const ageMs = wallMs - node.mtime;
  switch (ownerKind(node.owner)) {
    case "container":
      return node.cversion > 0 || (maxNeverUsedMs !== 0 && ageMs > maxNeverUsedMs);
    case "ttl": {
      const ttlMs = ttlMsOf(node.owner);
      return ttlMs !== 0 && ageMs > ttlMs;
    }
    case "none":
    case "session":
      return false;
  }
}

function* removablePaths(tree: DataTree): Generator<string, undefined, undefined> {
  yield* tree.removable.containers;
  yield* tree.removable.ttls;
}
