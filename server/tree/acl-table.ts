/**
 * One array for all znodes that have the same ACL: a million znodes have a handful of lists.
 */
import { isOpenAcl, OPEN_ACL } from "./acl.ts";
import type { Acl } from "./txn.ts";

interface Shared {
  readonly acl: readonly Acl[];
  uses: number;
}

export class AclTable {
  readonly #shared = new Map<string, Shared>();

  /** The array that stands for this list; it is counted as used until it is released. */
  intern(acl: readonly Acl[]): readonly Acl[] {
    if (isOpenAcl(acl)) return OPEN_ACL;
    const key = keyOf(acl);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { acl: acl.map(({ perms, scheme, id }) => ({ perms, scheme, id })), uses: 0 };
      this.#shared.set(key, shared);
    }
    shared.uses++;
    return shared.acl;
  }

  /** Gives back one use; with the last the list is forgotten. */
  release(acl: readonly Acl[]): void {
    if (acl === OPEN_ACL) return;
    const key = keyOf(acl);
    const shared = this.#shared.get(key);
    if (shared === undefined) return;
    shared.uses--;
    if (shared.uses === 0) this.#shared.delete(key);
  }

  /** Distinct lists in use, but for the open one. */
  get size(): number {
    return this.#shared.size;
  }
}

function keyOf(acl: readonly Acl[]): string {
  return JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id]));
}
