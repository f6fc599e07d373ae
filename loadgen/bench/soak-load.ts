/**
 * The mixed load of a soak: sessions that stay and read, write and count, sessions that come and go with
 * their ephemerals, watches on everything, and requests over HTTP. Every count of a writer is kept, so
 * that what was acknowledged can be compared with what is there in the end.
 */
import type { NetAddress } from "../../server/env.ts";
import { ErrorCode } from "../../server/errors.ts";
import { CreateFlag } from "../../server/wire/opcodes.ts";
import type { ZkClient } from "../client/client.ts";
import type { OpResult } from "../client/request-op.ts";
import type { RunningTarget } from "../targets/target.ts";
import { BenchClients } from "./bench-clients.ts";
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
  readonly #writers: Writer[] = [];
  readonly #clients: BenchClients;

  constructor(context: BenchContext, target: RunningTarget) {
    this.#context = context;
    this.#target = target;
    const { counts } = this;
    this.#clients = new BenchClients(context, target, SESSION_TIMEOUT_MS, {
      watch: () => counts.events++,
      session: ({ event }) => {
        if (event === "reconnected") counts.reconnects++;
        else if (event === "expired") counts.expired++;
      },
    });
  }

  /** Opens the sessions that stay. */
  async prepare(sessions: number): Promise<void> {
    const first = await this.#open();
    await this.#count(first.create(ROOT, null));
    await this.#count(first.addWatch(ROOT, "recursive"));
    for (let index = 0; index < sessions; index++) {
      const path = `${ROOT}/writer-${index}`;
      const client = await this.#open();
      await this.#count(client.create(path, VALUE));
      this.#writers.push({ path, client, acknowledged: 0, unanswered: 0 });
    }
  }

  /** Goes on until it is over; throws what went wrong. */
  async run(over: AbortSignal): Promise<void> {
    await Promise.all([
      ...this.#writers.map((writer) => this.#repeat(over, ROUND_MS, () => this.#work(writer))),
      this.#repeat(over, CHURN_MS, () => this.#comeAndGo()),
      this.#repeat(over, HTTP_MS, () => this.#askOverHttp()),
    ]);
  }

  /** After the load: compares what was acknowledged with what is there, and closes the sessions. */
  async compare(): Promise<void> {
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
    await this.#clients.closeAll();
  }

  /** Drops everything at once. */
  abandon(): void {
    this.#clients.abandon();
  }

  async #repeat(over: AbortSignal, everyMs: number, run: () => Promise<void>): Promise<void> {
    const { env, signal } = this.#context;
    while (!over.aborted) {
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
    const path = `${ROOT}/visitor-${this.#clients.opened}`;
    const { outcome } = await this.#count(client.create(path, VALUE, EPHEMERAL));
    if (outcome === "ok") await this.#count(client.getData(path, true));
    await this.#count(this.#clients.close(client));
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

  #open(): Promise<ZkClient> {
    this.counts.sessions++;
    return this.#clients.open();
  }
}
