/**
 * The coming and going of children, and what a Stat says of them: in columns, as node-versions.ts.
 */
import { Int32Column } from "../../results/columns.ts";
import type { PathNumbers } from "./path-numbers.ts";
import { RowsByPath } from "./rows-by-path.ts";
import { nameOf } from "./znode-path.ts";

/** What a Stat says of a znode's children, from `zxid` on. */
export interface ChildCounts {
  readonly zxid: number;
  /** Children created since the znode was. */
  readonly creations: number;
  readonly children: number;
  readonly pzxid: number;
}

/** The names that there are at a zxid, which must not fall from call to call; good until the next call. */
export type ChildSweep = (zxid: number) => ReadonlySet<string>;

const UNKNOWN = -1;
/** In the place of a child: the parent itself was created. */
const ITSELF = -1;

/** Of all parents; of each, changes must be added with zxids that do not fall. Paths are numbers. */
export class ChildChanges {
  readonly #paths: PathNumbers;
  readonly #rows = new RowsByPath();
  /** By row. */
  readonly #childOf = new Int32Column();
  /** By row: 1 when the child came, 0 when it went. */
  readonly #added = new Int32Column();
  readonly #creations = new Int32Column();
  readonly #children = new Int32Column();

  constructor(paths: PathNumbers) {
    this.#paths = paths;
  }

  /** A znode is created, and has no children yet. */
  begin(parent: number, zxid: number): void {
    this.#push(parent, zxid, ITSELF, true, 0, 0);
  }

  /** A child has come or gone. Counts go on from those before, if these are known. */
  add(parent: number, child: number, zxid: number, added: boolean): void {
    const before = this.#rows.last(parent);
    const creations = before < 0 ? UNKNOWN : this.#creations.at(before);
    if (creations === UNKNOWN) {
      this.#push(parent, zxid, child, added, UNKNOWN, UNKNOWN);
    } else {
      const children = this.#children.at(before) + (added ? 1 : -1);
      this.#push(parent, zxid, child, added, creations + (added ? 1 : 0), children);
    }
  }

  /** Goes through the names of the parent's children as they come and go, from none on. */
  sweep(parent: number): ChildSweep {
    const rows = this.#rows.of(parent);
    const names = new Set<string>();
    let next = 0;
    return (zxid) => {
      for (; next < rows.length; next++) {
        const row = rows[next] as number;
        if (this.#rows.zxidOf(row) > zxid) break;
        const child = this.#childOf.at(row);
        if (child === ITSELF) continue;
        const name = nameOf(this.#paths.pathOf(child));
        if (this.#added.at(row) === 1) names.add(name);
        else names.delete(name);
      }
      return names;
    };
  }

  /** The counts at the zxid; undefined when they are not known. */
  countsUpTo(parent: number, zxid: number): ChildCounts | undefined {
    const row = this.#rows.upTo(parent, zxid);
    if (row < 0 || this.#creations.at(row) === UNKNOWN) return undefined;
    const pzxid = this.#rows.zxidOf(row);
    const children = this.#children.at(row);
    return { zxid: pzxid, creations: this.#creations.at(row), children, pzxid };
  }

  #push(
    parent: number,
    zxid: number,
    child: number,
    added: boolean,
    creations: number,
    children: number,
  ): void {
    this.#rows.add(parent, zxid);
    this.#childOf.push(child);
    this.#added.push(added ? 1 : 0);
    this.#creations.push(creations);
    this.#children.push(children);
  }
}
