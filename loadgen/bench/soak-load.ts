/**
 * The mixed load of a soak: sessions that stay and read, write and count, sessions that come and go with
 * their ephemerals, watches on everything, and requests over HTTP. Every count of a writer is kept, so
 * that what was acknowledged can be compared with what is there in the end.
 */
import type { NetAddress } from "../../server/env.ts";
import { ErrorCode } from "../../server/errors.ts";
import { CreateFlag } from "../../server/wire/opcodes.ts";
import { ZkClient } from "../client/client.ts";
import type { OpResult } from "../client/request-op.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { RunningTarget } from "../targets/target.ts";
import { pauseFor, until } from "./interruptible.ts";
import type { BenchContext } from "./part.ts";

const SESSION_TIMEOUT_MS = 10_000;
const ROOT = "/soak";
const VALUE = Buffer.alloc(100, "x");
const READS_PER_WRITE = 5;
/** Between two rounds of a session that stays. */
const ROUND_MS = 25;
/** Between two sessions that come and go, and between two rounds of requests over HTTP. */
const CHURN_MS = 100;
const HTTP_MS = 500;
const HTTP_PATHS = ["/commands/mntr", "/metrics"] as const;
const HTTP_TIMEOUT_MS = 5_000;
const EPHEMERAL = CreateFlag.ephemeral;

export interface SoakCounts {
  ok: number;
  /** Ended without an answer: the connection was lost. */
  unanswered: number;
  /** Refused, though nothing was wrong with them. */
  failed: number;
  reconnects: number;
  /** Sessions that a server called expired. */
  expired: number;
  events: number;
  sessions: number;
  httpOk: number;
  /** A server that restarts does not answer. */
  httpFailed: number;
  /** Writes acknowledged that the znodes' versions do not have; known in the end. */
  lost: number;
}

interface Writer {
  readonly path: string;
  readonly client: ZkClient;
  acknowledged: number;
  unanswered: number;
}

export class SoakLoad {
  readonly counts: SoakCounts = {
    ok: 0,
    unanswered: 0,
    failed: 0,
    reconnects: 0,
    expired: 0,
    events: 0,
    sessions: 0,
    httpOk: 0,
    httpFailed: 0,
    lost: 0,
  };
  /** The first refusals, for a person: at most ten. */
  readonly refusals: string[] = [];
  readonly #context: BenchContext;
  readonly #target: RunningTarget;
  readonly #over = new AbortController();
  readonly #writers: Writer[] = [];
  readonly #clients: ZkClient[] = [];
  #tasks: Promise<void>[] = [];
  #number = 0;

  constructor(context: BenchContext, target: RunningTarget) {
    this.#context = context;
    this.#target = target;
  }

  /** Fulfilled when the load runs. */
  async start(sessions: number): Promise<void> {
    const first = await this.#open();
    await this.#count(first.create(ROOT, null));
    await this.#count(first.addWatch(ROOT, "recursive"));
    for (let index = 0; index < sessions; index++) {
      const path = `${ROOT}/writer-${index}`;
      const client = await this.#open();
      await this.#count(client.create(path, VALUE));
      this.#writers.push({ path, client, acknowledged: 0, unanswered: 0 });
    }
    this.#tasks = [
      ...this.#writers.map((writer) => this.#repeat(ROUND_MS, () => this.#work(writer))),
      this.#repeat(CHURN_MS, () => this.#comeAndGo()),
      this.#repeat(HTTP_MS, () => this.#askOverHttp()),
    ];
  }

  /** Ends the load and compares; the sessions are closed. Throws when a task of it has failed. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#tasks);
    for (const writer of this.#writers) {
      await until(this.#context.signal, writer.client.sync(writer.path));
      const { stat } = await until(this.#context.signal, writer.client.getData(writer.path));
      const { acknowledged, unanswered } = writer;
      const version = stat?.version ?? -1;
      if (version < acknowledged) this.counts.lost += acknowledged - version;
      if (version > acknowledged + unanswered) {
        this.#refused(`${writer.path} has version ${version} after ${acknowledged} writes`);
      }
    }
    await Promise.all(this.#clients.map((client) => until(this.#context.signal, client.close())));
  }

  /** Drops everything at once. */
  abandon(): void {
    this.#over.abort();
    for (const client of this.#clients) client.abandon();
  }

  async #repeat(everyMs: number, run: () => Promise<void>): Promise<void> {
    const { env, signal } = this.#context;
    while (!this.#over.signal.aborted && !signal.aborted) {
      await run();
      await pauseFor(env, everyMs, signal);
    }
  }

  async #work(writer: Writer): Promise<void> {
    const { client, path } = writer;
    const reads = Array.from({ length: READS_PER_WRITE }, (_, index) =>
      index === 0 ? client.getChildren(ROOT) : client.getData(path, index === 1),
    );
    const write = await this.#count(client.setData(path, VALUE));
    if (write.outcome === "ok") writer.acknowledged++;
    else writer.unanswered++;
    for (const read of reads) await this.#count(read);
  }

  async #comeAndGo(): Promise<void> {
    const client = await this.#open();
    const path = `${ROOT}/visitor-${this.#number}`;
    const { outcome } = await this.#count(client.create(path, VALUE, EPHEMERAL));
    if (outcome === "ok") await this.#count(client.getData(path, true));
    await this.#count(client.close());
    this.#clients.splice(this.#clients.indexOf(client), 1);
  }

  async #askOverHttp(): Promise<void> {
    await Promise.all(
      this.#target.admin.flatMap((address) => HTTP_PATHS.map((path) => this.#ask(address, path))),
    );
  }

  async #ask({ host, port }: NetAddress, path: string): Promise<void> {
    const signal = AbortSignal.any([this.#context.signal, AbortSignal.timeout(HTTP_TIMEOUT_MS)]);
    try {
      const answer = await fetch(`http://${host}:${port}${path}`, { signal });
      await answer.arrayBuffer();
      if (answer.ok) this.counts.httpOk++;
      else this.counts.httpFailed++;
    } catch {
      // Its server is down: the restarts are counted, and so is this.
      this.counts.httpFailed++;
    }
  }

  async #count(asked: Promise<OpResult>): Promise<OpResult> {
    const result = await until(this.#context.signal, asked);
    if (result.outcome === "ok") this.counts.ok++;
    // A read that was not answered has failed, a write may have been done.
    else if (result.outcome === "info" || result.code === ErrorCode.ConnectionLoss)
      this.counts.unanswered++;
    else this.#refused(`error ${result.code}`);
    return result;
  }

  #refused(what: string): void {
    this.counts.failed++;
    if (this.refusals.length < 10) this.refusals.push(what);
  }

  /** Fulfilled when the session is there. */
  #open(): Promise<ZkClient> {
    const { env, seed, signal } = this.#context;
    const { counts } = this;
    const number = this.#number++;
    const { servers } = this.#target;
    counts.sessions++;
    const opened = new Promise<ZkClient>((resolve) => {
      const client: ZkClient = new ZkClient({
        env,
        servers,
        random: new SeededRandom(seed + number),
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        firstServer: servers[number % servers.length]?.id ?? 1,
        observer: {
          watch: () => counts.events++,
          session: ({ event }) => {
            if (event === "created") resolve(client);
            else if (event === "reconnected") counts.reconnects++;
            else if (event === "expired") counts.expired++;
          },
        },
      });
      this.#clients.push(client);
      client.connect();
    });
    return until(signal, opened);
  }
}
