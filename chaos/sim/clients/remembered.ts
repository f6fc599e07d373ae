/** What a client of a plan remembers of the tree, for requests that depend on it. */
import type { ClientRequest, OpResult } from "../../../loadgen/client/request-op.ts";
import type { SimVersion } from "../plan.ts";

export class Remembered {
  /** The version of its data that each path had when it was seen last. */
  readonly #versions = new Map<string, number>();
  /** Sequential znodes that this client created and has not tried to delete. */
  readonly #own: string[] = [];

  saw(request: ClientRequest, result: OpResult): void {
    if (result.outcome !== "ok" || !("path" in request)) return;
    if (request.type === "create" || request.type === "create2") {
      this.#versions.set(result.path, 0);
      if (result.path !== request.path) this.#own.push(result.path);
      return;
    }
    if (request.type === "getChildren2" || request.type === "getChildren") return;
    if (result.stat !== null) this.#versions.set(request.path, result.stat.version);
  }

  version(path: string, wish: SimVersion): number {
    const seen = this.#versions.get(path);
    if (wish === -1) return -1;
    return wish === "seen" ? (seen ?? -1) : (seen ?? 0) + 7;
  }

  /** The latest one, and forgets it; undefined: there is none. */
  takeOwn(): string | undefined {
    return this.#own.pop();
  }
}
