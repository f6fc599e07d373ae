import type { Env } from "../../server/env.ts";
import type { Recorder } from "../recorder.ts";

/**
 * What a lock protects: it takes writes with a fencing token and refuses those with a lower one than
 * it has seen, so that a holder who does not know yet that the lock has passed on does no harm.
 */
export class FencedResource {
  readonly #env: Env;
  readonly #recorder: Recorder;
  readonly #name: string;
  #highestToken = 0;

  constructor(env: Env, recorder: Recorder, name: string) {
    this.#env = env;
    this.#recorder = recorder;
    this.#name = name;
  }

  /** True if the write was accepted; each is recorded either way. */
  write(client: number, token: number): boolean {
    const accepted = token >= this.#highestToken;
    if (accepted) this.#highestToken = token;
    const atMs = this.#env.clock.nowMs() - this.#recorder.originMs;
    this.#recorder.add({ kind: "fence", client, resource: this.#name, token, accepted, atMs });
    return accepted;
  }
}
