/** Kills and starts servers of an ensemble as a suite asks for it. */
import type { RunningTarget } from "../../loadgen/targets/target.ts";

/** How often who leads is asked for, and how long a leader may be missing. */
const LEADER_POLL_MS = 50;
const LEADER_MAX_MS = 30_000;

export class ServerDeeds {
  readonly #target: RunningTarget;
  readonly #signal: AbortSignal;
  readonly #dead = new Set<number>();

  constructor(target: RunningTarget, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** Fulfilled when the processes are gone. Throws when there is no such server, or no leader. */
  async kill(who: string): Promise<void> {
    for (const server of await this.#named(who)) {
      if (this.#dead.has(server)) continue;
      await this.#target.kill(server);
      this.#dead.add(server);
    }
  }

  /** Fulfilled when the servers serve clients again. Throws when one does not. */
  async start(who: string): Promise<void> {
    const servers = (await this.#named(who)).filter((server) => this.#dead.has(server));
    await Promise.all(servers.map((server) => this.#target.restart(server, this.#signal)));
    for (const server of servers) this.#dead.delete(server);
  }

  async #named(who: string): Promise<readonly number[]> {
    const { servers } = this.#target;
    switch (who) {
      case "all":
        return servers.map(({ id }) => id);
      case "leader":
        return [await this.#leader()];
      case "followers": {
        const leader = await this.#leader();
        return servers.map(({ id }) => id).filter((id) => id !== leader);
      }
      default: {
        const found = servers.find(({ host, port }) => `${host}:${port}` === who);
        if (found === undefined) throw new Error(`the suite named ${who}, which is no server`);
        return [found.id];
      }
    }
  }

  async #leader(): Promise<number> {
    const deadlineMs = performance.now() + LEADER_MAX_MS;
    while (performance.now() < deadlineMs) {
      const leader = await this.#target.leader();
      if (leader !== null) return leader;
      this.#signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, LEADER_POLL_MS));
    }
    throw new Error(`no server led within ${LEADER_MAX_MS} ms`);
  }
}
