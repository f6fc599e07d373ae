/**
 * The coming and going of children, and what a Stat says of them: in columns, as node-versions.ts.
 */
import { RowsByPath } from "./rows-by-path.ts";

/** A child's coming or going. */
export interface ChildChange {
  readonly zxid: number;
  readonly name: string;
  readonly added: boolean;
}

/** What a Stat says of a znode's children, from `zxid` on. */
export interface ChildCounts {
  readonly zxid: number;
  /** Children created since the znode was. */
  readonly creations: number;
  readonly children: number;
  readonly pzxid: number;
}

const UNKNOWN = -1;

/** Of all parents; of each, changes must be added with zxids that do not fall. */
export class ChildChanges {
  readonly #rows = new RowsByPath();
  /** Null: the parent itself was created. */
  readonly #names: (string | null)[] = [];
  readonly #added: boolean[] = [];
  readonly #creations: number[] = [];
  readonly #children: number[] = [];

  /** A znode is created, and has no children yet. */
  begin(parent: string, zxid: number): void {
    this.#push(parent, zxid, null, true);
    this.#creations.push(0);
    this.#children.push(0);
  }

  /** Counts go on from those before, if these are known. */
  add(parent: string, { zxid, name, added }: ChildChange): void {
    const before = this.#rows.last(parent);
    const creations = this.#creations[before] ?? UNKNOWN;
    this.#push(parent, zxid, name, added);
    if (creations === UNKNOWN) {
      this.#creations.push(UNKNOWN);
      this.#children.push(UNKNOWN);
      return;
    }
    this.#creations.push(creations + (added ? 1 : 0));
    this.#children.push((this.#children[before] as number) + (added ? 1 : -1));
  }

  /** Every change of the parent's children, in order. */
  of(parent: string): ChildChange[] {
    const changes: ChildChange[] = [];
    for (const row of this.#rows.of(parent)) {
      const name = this.#names[row] ?? null;
      if (name === null) continue;
      changes.push({ zxid: this.#rows.zxidOf(row), name, added: this.#added[row] as boolean });
    }
    return changes;
  }

  /** The counts at the zxid; undefined when they are not known. */
  countsUpTo(parent: string, zxid: number): ChildCounts | undefined {
    const row = this.#rows.upTo(parent, zxid);
    const creations = this.#creations[row] ?? UNKNOWN;
    if (creations === UNKNOWN) return undefined;
    const pzxid = this.#rows.zxidOf(row);
    return { zxid: pzxid, creations, children: this.#children[row] as number, pzxid };
  }

  #push(parent: string, zxid: number, name: string | null, added: boolean): void {
    this.#rows.add(parent, zxid);
    this.#names.push(name);
    this.#added.push(added);
  }
}
