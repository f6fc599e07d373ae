/**
 * The coming and going of children, and what a Stat says of them: in columns, as node-versions.ts.
 */
import { Int32Column } from "./columns.ts";
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
  /** By row: the child's path; null: the parent itself was created. */
  readonly #paths: (string | null)[] = [];
  /** By row: 1 when the child came, 0 when it went. */
  readonly #added = new Int32Column();
  readonly #creations = new Int32Column();
  readonly #children = new Int32Column();

  /** A znode is created, and has no children yet. */
  begin(parent: string, zxid: number): void {
    this.#push(parent, zxid, null, true, 0, 0);
  }

  /** A child has come or gone. Counts go on from those before, if these are known. */
  add(parent: string, path: string, zxid: number, added: boolean): void {
    const before = this.#rows.last(parent);
    const creations = before < 0 ? UNKNOWN : this.#creations.at(before);
    if (creations === UNKNOWN) {
      this.#push(parent, zxid, path, added, UNKNOWN, UNKNOWN);
    } else {
      const children = this.#children.at(before) + (added ? 1 : -1);
      this.#push(parent, zxid, path, added, creations + (added ? 1 : 0), children);
    }
  }

  /** Every change of the parent's children, in order. */
  of(parent: string): ChildChange[] {
    const changes: ChildChange[] = [];
    for (const row of this.#rows.of(parent)) {
      const path = this.#paths[row] ?? null;
      if (path === null) continue;
      const name = path.slice(path.lastIndexOf("/") + 1);
      changes.push({ zxid: this.#rows.zxidOf(row), name, added: this.#added.at(row) === 1 });
    }
    return changes;
  }

  /** The counts at the zxid; undefined when they are not known. */
  countsUpTo(parent: string, zxid: number): ChildCounts | undefined {
    const row = this.#rows.upTo(parent, zxid);
    if (row < 0 || this.#creations.at(row) === UNKNOWN) return undefined;
    const pzxid = this.#rows.zxidOf(row);
    const children = this.#children.at(row);
    return { zxid: pzxid, creations: this.#creations.at(row), children, pzxid };
  }

  #push(
    parent: string,
    zxid: number,
    path: string | null,
    added: boolean,
    creations: number,
    children: number,
  ): void {
    this.#rows.add(parent, zxid);
    this.#paths.push(path);
    this.#added.push(added ? 1 : 0);
    this.#creations.push(creations);
    this.#children.push(children);
  }
}
