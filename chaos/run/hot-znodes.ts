/** Which znodes most watches and events were on, over all servers (each counts its own clients). */
import type { RunFile } from "../../results/schema.ts";
import type { LocalEnsemble } from "../engines/local.ts";

type HotZnode = RunFile["hotZnodes"][number];

const ASKED = 20;
const SHOWN = 10;

export class HotZnodes {
  readonly #ensemble: LocalEnsemble;
  readonly #byPath = new Map<string, HotZnode>();

  constructor(ensemble: LocalEnsemble) {
    this.#ensemble = ensemble;
  }

  /** Adds what each server counts now; a server that is down has lost its counts. */
  async collect(): Promise<void> {
    for (const { id } of this.#ensemble.servers) {
      const znodes = await this.#ensemble
        .admin(id)
        .hotZnodes(ASKED)
        .catch(() => []);
      for (const { path, watchers, notifications } of znodes) {
        const sum = this.#byPath.get(path) ?? { path, watchers: 0, notifications: 0 };
        this.#byPath.set(path, {
          path,
          watchers: sum.watchers + watchers,
          notifications: sum.notifications + notifications,
        });
      }
    }
  }

  top(): HotZnode[] {
    return [...this.#byPath.values()]
      .sort((a, b) => b.notifications - a.notifications || b.watchers - a.watchers)
      .slice(0, SHOWN);
  }
}
