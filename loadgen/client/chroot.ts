import type { ClientRequest, OpResult } from "./request-op.ts";
import { RequestMethods } from "./request-methods.ts";

/** What a chroot is put around: a client, or another thing that asks. */
export interface Asker {
  ask(request: ClientRequest): Promise<OpResult>;
}

/**
 * A client's view of one part of the tree: the znode `root` is its `/`. Paths in requests and results
 * are those of the view; data, names and ACLs are as they are. A root of "" changes nothing.
 */
export class Chroot extends RequestMethods {
  readonly root: string;
  readonly #asker: Asker;

  /** `root` is an absolute path without a slash at its end, or "" for the whole tree. */
  constructor(asker: Asker, root: string) {
    super();
    this.#asker = asker;
    this.root = root;
  }

  override async ask(request: ClientRequest): Promise<OpResult> {
    if (this.root === "") return this.#asker.ask(request);
    return this.#seen(request, await this.#asker.ask(this.#real(request)));
  }

  /** The path as servers know it. One that is not absolute stays, so that the server refuses it. */
  realPath(path: string): string {
    if (!path.startsWith("/")) return path;
    return path === "/" && this.root !== "" ? this.root : this.root + path;
  }

  /** The path as it is in this view; null for one outside of it. */
  seenPath(path: string): string | null {
    if (path === this.root) return "/";
    return path.startsWith(`${this.root}/`) ? path.slice(this.root.length) : null;
  }

  #real(request: ClientRequest): ClientRequest {
    if ("path" in request) return { ...request, path: this.realPath(request.path) };
    if (request.type !== "multi") return request;
    return { ...request, ops: request.ops.map((op) => ({ ...op, path: this.realPath(op.path) })) };
  }

  #seen(request: ClientRequest, result: OpResult): OpResult {
    const path = result.path === "" ? "" : (this.seenPath(result.path) ?? result.path);
    const parts =
      result.parts?.map((part) =>
        "path" in part ? { ...part, path: this.seenPath(part.path) ?? part.path } : part,
      ) ?? null;
    if (request.type !== "getEphemerals") return { ...result, path, parts };
    // A prefix may end within a name: `/app` also finds what is below `/apple`.
    const children = result.children
      ?.map((child) => this.seenPath(child))
      .filter((child) => child !== null);
    return { ...result, path, parts, children: children ?? null };
  }
}
