import type { LoadClient } from "../load-client.ts";
import { Schedule } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/**
 * Small writes at a fixed interval by one client per server, in turn: the gaps between their
 * acknowledgements are the write outages as clients see them.
 */
export interface WriteProbeSpec {
  readonly kind: "write-probe";
  /** The interval at which a write is tried by any of the clients: the resolution. */
  readonly intervalMs: number;
  /** A client with more writes than this under way lets its turn pass. */
  readonly outstandingMax: number;
  readonly sessionTimeoutMs: number;
}

export const WRITE_PROBE_SPEC: WriteProbeSpec = {
  kind: "write-probe",
  intervalMs: 5,
  outstandingMax: 200,
  sessionTimeoutMs: 6000,
};

/** Quick to find a server that serves again, since what it is away for counts as outage. */
const BACKOFF = { minMs: 5, maxMs: 15 };
const ATTEMPT_TIMEOUT_MS = 200;
const VALUE_BYTES = 32;

export class WriteProbe implements Workload {
  readonly #spec: WriteProbeSpec;
  readonly #context: WorkloadContext;
  readonly #clients: readonly LoadClient[];
  readonly #paths: readonly string[];
  readonly #schedule: Schedule;
  #turn = 0;

  constructor(spec: WriteProbeSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    const { sessionTimeoutMs } = spec;
    this.#clients = context.servers.map((server) =>
      context.open({
        renewSession: true,
        sessionTimeoutMs,
        firstServer: server.id,
        backoff: BACKOFF,
        attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      }),
    );
    this.#paths = this.#clients.map((client) => `${context.root}/p${client.number}`);
    context.recorder.probe.intervalMs = spec.intervalMs;
    const arrivals = { kind: "constant", perSecond: 1000 / spec.intervalMs } as const;
    const random = context.random.fork("arrivals");
    this.#schedule = new Schedule(context.env, arrivals, random, (intendedMs) =>
      this.#arrive(intendedMs),
    );
  }

  get lateness(): Workload["lateness"] {
    return this.#schedule.lateness;
  }

  async setup(): Promise<void> {
    await allConnected(this.#clients);
    await ensureZnodes(this.#context.env, this.#clients[0] as LoadClient, this.#paths);
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
    const turn = this.#turn++ % this.#clients.length;
    const client = this.#clients[turn] as LoadClient;
    if (client.pending >= this.#spec.outstandingMax) return;
    const path = this.#paths[turn] as string;
    const data = client.value(VALUE_BYTES);
    client.run({ type: "setData", path, data, version: -1 }, undefined, intendedMs);
  }
}
