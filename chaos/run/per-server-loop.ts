/** Does something for every server of an ensemble, over and over, until it is stopped. */
import { setTimeout as pause } from "node:timers/promises";
import type { LocalEnsemble } from "../engines/local.ts";

export class PerServerLoop {
  readonly #end = new AbortController();
  readonly #loops: Promise<void>[];

  /**
   * `visit` is called for each server again `intervalMs` after its last call ended; that it fails is
   * told to `failed`, and the loop goes on: a server that is down does not answer.
   */
  constructor(
    ensemble: LocalEnsemble,
    intervalMs: number,
    visit: (server: number) => Promise<void>,
    failed: (server: number) => void,
  ) {
    const { signal } = this.#end;
    const loop = async (server: number): Promise<void> => {
      while (!signal.aborted) {
        await visit(server).catch(() => failed(server));
        // Only the stop ends the pause early.
        await pause(intervalMs, undefined, { signal }).catch(() => undefined);
      }
    };
    this.#loops = ensemble.servers.map(({ id }) => loop(id));
  }

  /** Resolves when no visit is under way any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#loops);
  }
}
