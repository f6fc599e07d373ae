/**
 * The znodes that end without a delete of a client: the ephemerals of each session, containers, and
 * those with a time to live. Kept at every change, so that nobody has to look for them in the tree.
 */
import { NO_SESSION } from "../ids.ts";
import type { SessionId } from "../ids.ts";
import { ownerKind } from "./ephemeral-owner.ts";

interface Owned {
  readonly path: string;
  readonly owner: SessionId;
}

export class OwnedZnodes {
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  readonly #containers = new Set<string>();
  readonly #ttls = new Set<string>();
  #ephemeralCount = 0;

  /** By session; one without any is left out. */
  get ephemerals(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    return this.#ephemerals;
  }
  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }
  get containers(): ReadonlySet<string> {
    return this.#containers;
  }
  get ttls(): ReadonlySet<string> {
    return this.#ttls;
  }

  add({ path, owner }: Owned): void {
    if (owner === NO_SESSION) return;
    switch (ownerKind(owner)) {
      case "none":
        return;
      case "container":
        this.#containers.add(path);
        return;
      case "ttl":
        this.#ttls.add(path);
        return;
      case "session":
        break;
    }
    this.#ephemeralCount++;
    const own = this.#ephemerals.get(owner);
    if (own === undefined) this.#ephemerals.set(owner, new Set([path]));
    else own.add(path);
  }

  remove({ path, owner }: Owned): void {
    if (owner === NO_SESSION) return;
    if (this.#containers.delete(path) || this.#ttls.delete(path)) return;
    this.#ephemeralCount--;
    const own = this.#ephemerals.get(owner);
    own?.delete(path);
    if (own?.size === 0) this.#ephemerals.delete(owner);
  }
}
