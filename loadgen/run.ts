import type { Env } from "../server/env.ts";
import type { ServerAddress } from "./client/server-rotation.ts";
import { LoadClient } from "./load-client.ts";
import { SETUP, type Recorder } from "./recorder.ts";
import { SeededRandom } from "./seeded-random.ts";
import { Timeline } from "./timeline.ts";
import { ensureZnodes } from "./workloads/lifecycle.ts";
import { makeWorkload, type WorkloadSpec } from "./workloads/spec.ts";
import type { ClientChoice, Workload } from "./workloads/workload.ts";

/** All znodes of a load are below this one. */
export const LOAD_ROOT = "/load";

const SESSION_TIMEOUT_MS = 10_000;
const LIVE_WINDOW_MS = 1000;

export interface LoadOptions {
  readonly env: Env;
  readonly servers: readonly ServerAddress[];
  /** Decides every choice of the load: which znode, which connection, when. */
  readonly seed: number;
  readonly workloads: readonly WorkloadSpec[];
  readonly recorder: Recorder;
  /** How long any operation may take. Default 10 s. */
  readonly opTimeoutMs?: number;
}

/** The load at this moment; rates are of the last second. */
export interface LiveFigures {
  readonly opsPerSecond: number;
  readonly writesPerSecond: number;
  readonly errorsPerSecond: number;
  /** Clients that are not closed, and those of them that have a connection. */
  readonly sessions: number;
  readonly connected: number;
  /** Operations under way. */
  readonly pending: number;
}

/** How well the generator kept its own schedule: a saturated one makes the measurement invalid. */
export interface Lateness {
  readonly arrivals: number;
  /** Handed out more than 20 ms late. */
  readonly late: number;
  readonly lateMaxMs: number;
}

/** A load that is running, or about to. */
export interface Load {
  /** Sessions are open, znodes are there, arrivals have begun. Rejected if that cannot be had. */
  ready(): Promise<void>;
  live(): LiveFigures;
  readonly lateness: Lateness;
  /** The workloads, in the order of their specs. */
  readonly workloads: readonly Workload[];
  /** No new arrivals until `resumeArrivals`; what is under way goes on. */
  pauseArrivals(): void;
  resumeArrivals(): void;
  /** No new arrivals, and everything under way has ended. */
  quiesce(): Promise<void>;
  /**
   * Stops arrivals, lets every operation end (within the operations' timeout), and closes the
   * sessions at their servers.
   */
  stop(): Promise<void>;
  /** Drops everything at once: sessions are left to run out. For the end of an interrupted run. */
  abandon(): void;
}

/** Starts a load against the servers; `ready` says when it runs. */
export function startLoad(options: LoadOptions): Load {
  return new RunningLoad(options);
}

class RunningLoad implements Load {
  readonly #options: LoadOptions;
  readonly #random: SeededRandom;
  readonly #clients = new Set<LoadClient>();
  readonly #setup: LoadClient;
  readonly #ready: Promise<void>;
  readonly workloads: readonly Workload[];
  #nextClient = 1;
  #stopping = false;
  #abandoned = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#setup = this.#open(SETUP, this.#random.fork(SETUP), { renewSession: true });
    const names = new Map<string, number>();
    const roots: string[] = [];
    this.workloads = options.workloads.map((spec) => {
      const before = names.get(spec.kind) ?? 0;
      names.set(spec.kind, before + 1);
      const root = `${LOAD_ROOT}/${spec.kind}${before === 0 ? "" : `-${before + 1}`}`;
      roots.push(root);
      const random = this.#random.fork(root);
      const { env, servers, recorder } = options;
      const open = (choice: ClientChoice): LoadClient => this.#open(spec.kind, random, choice);
      return makeWorkload(spec, { env, servers, recorder, random, root, open });
    });
    this.#ready = this.#prepare(roots);
    // Whoever asks for `ready` is told; a failed setup that nobody asked for must not end the process.
    this.#ready.catch((error: unknown) => options.env.log.error({ err: error }, "load not ready"));
  }

  get lateness(): Lateness {
    let arrivals = 0;
    let late = 0;
    let lateMaxMs = 0;
    for (const { lateness } of this.workloads) {
      arrivals += lateness.arrivals;
      late += lateness.late;
      lateMaxMs = Math.max(lateMaxMs, lateness.lateMaxMs);
    }
    return { arrivals, late, lateMaxMs };
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  live(): LiveFigures {
    const { recorder, env } = this.#options;
    const nowMs = env.clock.nowMs() - recorder.originMs;
    const { ok, writes, errors } = recorder.timeline;
    const perSecond = (counts: readonly number[]): number =>
      Timeline.perSecond(counts, nowMs, LIVE_WINDOW_MS);
    let connected = 0;
    let pending = 0;
    for (const client of this.#clients) {
      if (client.zk.state === "closed") this.#clients.delete(client);
      if (client.zk.connected) connected++;
      pending += client.zk.outstanding;
    }
    return {
      opsPerSecond: perSecond(ok),
      writesPerSecond: perSecond(writes),
      errorsPerSecond: perSecond(errors),
      sessions: this.#clients.size,
      connected,
      pending,
    };
  }

  pauseArrivals(): void {
    for (const workload of this.workloads) workload.pause();
  }
  resumeArrivals(): void {
    if (!this.#stopping) for (const workload of this.workloads) workload.begin();
  }
  async quiesce(): Promise<void> {
    this.pauseArrivals();
    await Promise.all([...this.#clients].map((client) => client.idle()));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.workloads.map((workload) => workload.stop()));
    if (this.#setup.zk.state !== "closed") await this.#setup.close();
  }

  abandon(): void {
    this.#stopping = true;
    this.#abandoned = true;
    for (const client of this.#clients) client.zk.abandon();
    // Their loops end too: what they ask of closed clients is refused, and no new one connects.
    const { log } = this.#options.env;
    for (const workload of this.workloads)
      workload
        .stop()
        .catch((error: unknown) => log.debug({ err: error }, "abandoned in its setup"));
  }

  async #prepare(roots: readonly string[]): Promise<void> {
    const { env } = this.#options;
    await ensureZnodes(env, this.#setup, [LOAD_ROOT, ...roots]);
    await Promise.all(this.workloads.map((workload) => workload.setup()));
    if (!this.#stopping) for (const workload of this.workloads) workload.begin();
  }

  #open(workload: string, random: SeededRandom, choice: ClientChoice): LoadClient {
    const { env, servers, recorder, opTimeoutMs } = this.#options;
    const number = this.#nextClient++;
    const client = new LoadClient({
      env,
      servers,
      recorder,
      random: random.fork(`client ${number}`),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      ...(opTimeoutMs === undefined ? {} : { opTimeoutMs }),
      ...choice,
      number,
      workload,
    });
    if (this.#abandoned) {
      // A client that nobody would ever close: it is born closed.
      client.zk.abandon();
      return client;
    }
    this.#clients.add(client);
    client.zk.connect();
    return client;
  }
}
