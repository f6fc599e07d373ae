import type { Env } from "../../server/env.ts";
import type { LoadClient } from "../load-client.ts";
import type { Recorder } from "../recorder.ts";
import type { FencedResource } from "./fenced-resource.ts";
import { Tenure } from "./tenure.ts";

/**
 * ZooKeeper's lock recipe, with the fencing token that makes it safe: the czxid of the holder's znode.
 * Two clients may believe for a moment that they hold it; what it protects must check the token.
 */
export class Lock {
  readonly #tenure: Tenure;
  readonly #client: LoadClient;
  readonly #resource: FencedResource;

  /** `path` must exist; the resource is what the lock protects. */
  constructor(
    env: Env,
    recorder: Recorder,
    client: LoadClient,
    path: string,
    resource: FencedResource,
  ) {
    this.#tenure = new Tenure({ env, recorder, client, path, book: recorder.locks });
    this.#client = client;
    this.#resource = resource;
  }

  /** The token, or null when the session ended while waiting. */
  acquire(): Promise<number | null> {
    return this.#tenure.acquire();
  }

  /** Writes to the protected resource if the lock is held: false when it is not, or was refused. */
  write(): boolean {
    const { token } = this.#tenure;
    return token !== null && this.#resource.write(this.#client.number, token);
  }

  release(): Promise<void> {
    return this.#tenure.release();
  }
  releaseByClosing(): Promise<void> {
    return this.#tenure.releaseByClosing();
  }
}
