import type { LoadClient } from "../load-client.ts";
import { Schedule } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/**
 * Sessions that write and read, and move to another server several times a second: each must never
 * see an older state than it has seen (single system image), however far behind the next server is.
 */
export interface RoamingSpec {
  readonly kind: "roaming";
  readonly sessions: number;
  /** Operations of all sessions together, half of them reads. */
  readonly opsPerSecond: number;
  /** Moves of each session. */
  readonly movesPerSecond: number;
  readonly sessionTimeoutMs: number;
}

export const ROAMING: RoamingSpec = {
  kind: "roaming",
  sessions: 4,
  opsPerSecond: 200,
  movesPerSecond: 4,
  sessionTimeoutMs: 6000,
};

const VALUE_BYTES = 32;
const BACKOFF = { minMs: 2, maxMs: 50 };

export class Roaming implements Workload {
  readonly #context: WorkloadContext;
  readonly #clients: readonly LoadClient[];
  readonly #paths: readonly string[];
  readonly #operations: Schedule;
  readonly #moves: Schedule;
  #turn = 0;

  constructor(spec: RoamingSpec, context: WorkloadContext) {
    this.#context = context;
    const { env, random, root } = context;
    const { sessionTimeoutMs } = spec;
    this.#clients = Array.from({ length: spec.sessions }, () =>
      context.open({ renewSession: true, sessionTimeoutMs, backoff: BACKOFF }),
    );
    this.#paths = this.#clients.map((client) => `${root}/r${client.number}`);
    const operations = { kind: "poisson", perSecond: spec.opsPerSecond } as const;
    this.#operations = new Schedule(env, operations, random.fork("operations"), (intendedMs) =>
      this.#operate(intendedMs),
    );
    const moves = { kind: "poisson", perSecond: spec.movesPerSecond * spec.sessions } as const;
    this.#moves = new Schedule(env, moves, random.fork("moves"), () => this.#move());
  }

  get lateness(): Workload["lateness"] {
    return this.#operations.lateness;
  }

  async setup(): Promise<void> {
    await allConnected(this.#clients);
    await ensureZnodes(this.#context.env, this.#clients[0] as LoadClient, this.#paths);
  }

  begin(): void {
    this.#operations.start();
    this.#moves.start();
  }
  pause(): void {
    this.#operations.stop();
    this.#moves.stop();
  }
  async stop(): Promise<void> {
    this.pause();
    await drainAndClose(this.#clients);
  }

  /** A write of the session's own znode, or a read of anyone's. */
  #operate(intendedMs: number): void {
    const { random } = this.#context;
    const index = this.#turn++ % this.#clients.length;
    const client = this.#clients[index] as LoadClient;
    if (random.below(2) === 0) {
      const path = this.#paths[index] as string;
      const data = client.value(VALUE_BYTES);
      client.run({ type: "setData", path, data, version: -1 }, undefined, intendedMs);
      return;
    }
    const path = this.#paths[random.below(this.#paths.length)] as string;
    client.run({ type: "getData", path, watch: false }, undefined, intendedMs);
  }

  #move(): void {
    const { random, servers } = this.#context;
    const client = this.#clients[random.below(this.#clients.length)] as LoadClient;
    const others = servers.filter((server) => server.id !== client.zk.server);
    const next = others[random.below(Math.max(1, others.length))];
    if (next !== undefined) client.zk.moveTo(next.id);
  }
}
