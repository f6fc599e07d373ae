import type { LoadClient } from "../load-client.ts";
import { Schedule, type Arrivals } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/** Open-loop reads and writes of many znodes: ten reads for each write unless told otherwise. */
export interface ReadHeavySpec {
  readonly kind: "read-heavy";
  readonly arrivals: Arrivals;
  readonly connections: number;
  readonly znodes: number;
  readonly valueBytes: number;
  /** Reads for each write. */
  readonly readsPerWrite: number;
}

export const READ_HEAVY: ReadHeavySpec = {
  kind: "read-heavy",
  arrivals: { kind: "poisson", perSecond: 2000 },
  connections: 30,
  znodes: 1000,
  valueBytes: 1024,
  readsPerWrite: 10,
};

export class ReadHeavy implements Workload {
  readonly #spec: ReadHeavySpec;
  readonly #context: WorkloadContext;
  readonly #clients: readonly LoadClient[];
  readonly #paths: readonly string[];
  readonly #schedule: Schedule;

  constructor(spec: ReadHeavySpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    this.#clients = Array.from({ length: spec.connections }, () =>
      context.open({ renewSession: true }),
    );
    this.#paths = Array.from({ length: spec.znodes }, (_, index) => `${context.root}/z${index}`);
    const random = context.random.fork("arrivals");
    this.#schedule = new Schedule(context.env, spec.arrivals, random, (intendedMs) =>
      this.#arrive(intendedMs),
    );
  }

  get lateness(): Workload["lateness"] {
    return this.#schedule.lateness;
  }

  async setup(): Promise<void> {
    const first = this.#clients[0] as LoadClient;
    await allConnected(this.#clients);
    await ensureZnodes(this.#context.env, first, this.#paths, this.#spec.valueBytes);
  }

  begin(): void {
    this.#schedule.start();
  }
  pause(): void {
    this.#schedule.stop();
  }
  async stop(): Promise<void> {
    this.pause();
    await drainAndClose(this.#clients);
  }

  #arrive(intendedMs: number): void {
    const { random } = this.#context;
    const client = this.#clients[random.below(this.#clients.length)] as LoadClient;
    const path = this.#paths[random.below(this.#paths.length)] as string;
    if (random.below(this.#spec.readsPerWrite + 1) > 0) {
      client.run({ type: "getData", path, watch: false }, undefined, intendedMs);
      return;
    }
    const data = client.value(this.#spec.valueBytes);
    client.run({ type: "setData", path, data, version: -1 }, undefined, intendedMs);
  }
}
