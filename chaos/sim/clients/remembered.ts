/** What a client of a plan remembers of the tree, for requests that depend on it. */
import type { ClientRequest, OpResult } from "../../../loadgen/client/request-op.ts";
import type { SimVersion } from "../plan.ts";

/** Further from the version that was seen than the data will have changed meanwhile. */
const WRONG_BY = 1_000;

export class Remembered {
  /** The version of its data that each path had when it was seen last. */
  readonly #versions = new Map<string, number>();
  /** The same of its ACL. */
  readonly #aclVersions = new Map<string, number>();
  /** Sequential znodes that this client created and has not tried to delete. */
  readonly #own: string[] = [];

  saw(request: ClientRequest, result: OpResult): void {
    if (result.outcome !== "ok") return;
    switch (request.type) {
      case "create":
      case "create2":
      case "createContainer":
      case "createTTL":
        this.#created(request.path, result.path);
        return;
      case "exists":
      case "getData":
      case "setData":
      case "setACL":
      case "getACL":
        if (result.stat === null) return;
        this.#versions.set(request.path, result.stat.version);
        this.#aclVersions.set(request.path, result.stat.aversion);
        return;
      case "multi":
        for (const [index, part] of (result.parts ?? []).entries()) {
          const asked = request.ops[index];
          if (asked === undefined) return;
          if (part.type === "create2") this.#created(asked.path, part.path);
          if (part.type === "setData") this.#versions.set(asked.path, part.stat.version);
        }
        return;
      default:
        return;
    }
  }

  version(path: string, wish: SimVersion): number {
    return choose(this.#versions.get(path), wish);
  }

  aclVersion(path: string, wish: SimVersion): number {
    return choose(this.#aclVersions.get(path), wish);
  }

  /** The latest one, and forgets it; undefined: there is none. */
  takeOwn(): string | undefined {
    return this.#own.pop();
  }

  #created(asked: string, created: string): void {
    this.#versions.set(created, 0);
    if (created !== asked) this.#own.push(created);
  }
}

function choose(seen: number | undefined, wish: SimVersion): number {
  if (wish === -1) return -1;
  return wish === "seen" ? (seen ?? -1) : (seen ?? 0) + WRONG_BY;
}
