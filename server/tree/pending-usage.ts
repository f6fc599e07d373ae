/**
 * What transactions on their way to the tree will add to the usage of quotas. ZooKeeper looks at the
 * tree alone, so that a burst of creates goes beyond a hard limit; here they count when they are made.
 */
import type { Zxid } from "../ids.ts";

interface Growth {
  readonly path: string;
  readonly zxid: Zxid;
  readonly count: number;
  readonly bytes: number;
}

export interface Usage {
  readonly count: number;
  readonly bytes: number;
}

const NOTHING: Usage = { count: 0, bytes: 0 };

export class PendingUsage {
  readonly #sums = new Map<string, Usage>();
  #queue: Growth[] = [];
  #mark = 0;

  /** What is on its way for the quota of `path`. */
  of(path: string): Usage {
    return this.#sums.get(path) ?? NOTHING;
  }

  /** Adds growth, or its opposite, of the quota of `path`; zxids do not fall. */
  add(path: string, zxid: Zxid, count: number, bytes: number): void {
    this.#queue.push({ path, zxid, count, bytes });
    this.#sum(path, count, bytes);
  }

  /** From here on growth may be taken back. */
  begin(): void {
    this.#mark = this.#queue.length;
  }
  /** Takes back what was added since `begin`. */
  takeBack(): void {
    for (const { path, count, bytes } of this.#queue.splice(this.#mark)) {
      this.#sum(path, -count, -bytes);
    }
  }

  /** The tree counts what is up to `zxid`. */
  dropThrough(zxid: Zxid): void {
    if (this.#queue.length === 0) return;
    const kept = this.#queue.findIndex((growth) => growth.zxid > zxid);
    const dropped = this.#queue.splice(0, kept < 0 ? this.#queue.length : kept);
    for (const { path, count, bytes } of dropped) this.#sum(path, -count, -bytes);
  }

  clear(): void {
    this.#sums.clear();
    this.#queue = [];
  }

  #sum(path: string, count: number, bytes: number): void {
    const before = this.of(path);
    const after = { count: before.count + count, bytes: before.bytes + bytes };
    if (after.count === 0 && after.bytes === 0) this.#sums.delete(path);
    else this.#sums.set(path, after);
  }
}
