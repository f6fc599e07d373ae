import type { Env } from "../server/env.ts";
import { ErrorCode } from "../server/errors.ts";
import type {
  ClientObserver,
  ClientOptions,
  Handshake,
  SessionChange,
} from "./client/client-options.ts";
import { ZkClient } from "./client/client.ts";
import { RequestOp, type ClientRequest, type OpResult } from "./client/request-op.ts";
import type { SessionTicket } from "./client/session-identity.ts";
import type { WatchEventType } from "./client/watch-registry.ts";
import { opName, opRecord } from "./op-record.ts";
import type { Recorder } from "./recorder.ts";
import { TagSource, taggedValue } from "./value-tag.ts";

export interface LoadClientOptions extends Omit<ClientOptions, "observer"> {
  /** Unique in the run. */
  readonly number: number;
  readonly workload: string;
  readonly recorder: Recorder;
}

/** A client whose every operation, event and change of session goes into the history. */
export class LoadClient {
  readonly number: number;
  readonly zk: ZkClient;
  readonly #env: Env;
  readonly #recorder: Recorder;
  readonly #tags: TagSource;
  readonly #observers = new Set<ClientObserver>();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #settledWaiters: (() => void)[] = [];
  #pending = 0;
  /** The workload that operations are booked under; `setup` while it is being prepared. */
  workload: string;

  constructor(options: LoadClientOptions) {
    this.number = options.number;
    this.workload = options.workload;
    this.#env = options.env;
    this.#recorder = options.recorder;
    this.#tags = new TagSource(options.number);
    const observer: ClientObserver = {
      session: (change) => this.#session(change),
      watch: (type, path, zxid) => this.#watch(type, path, zxid),
      handshake: (handshake) => this.#handshake(handshake),
      protocolError: (problem, server) =>
        this.#recorder.add({
          kind: "protocol",
          client: this.number,
          session: this.zk.session,
          server,
          problem,
          atMs: this.#now(),
        }),
    };
    this.zk = new ZkClient({ ...options, observer });
  }

  /** Operations that have not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** Tells of sessions and watches, after they were recorded; the result stops it. */
  observe(observer: ClientObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Data of this size that no other write of the run carries. */
  value(sizeBytes: number): Buffer {
    return taggedValue(this.#tags.next(), sizeBytes);
  }

  /**
   * Does a request and records it. `intendedMs` (`env.clock.nowMs`) is when a schedule wanted it sent:
   * latency counts from there; without it, from now.
   */
  run(
    request: ClientRequest,
    done?: (result: OpResult, op: RequestOp) => void,
    intendedMs?: number,
  ): void {
    const invokedMs = this.#env.clock.nowMs();
    const id = this.#recorder.nextOpId();
    const { workload } = this;
    this.#pending++;
    const op = new RequestOp(request, (result) => {
      const endMs = this.#env.clock.nowMs();
      const { originMs } = this.#recorder;
      const startMs = intendedMs ?? invokedMs;
      const cell = this.#recorder.cell(workload, opName(request));
      cell.ended(result.outcome, startMs, op.sentMs, endMs);
      const frame = {
        id,
        client: this.number,
        workload,
        intendedMs: startMs - originMs,
        invokeMs: invokedMs - originMs,
        completeMs: endMs - originMs,
      };
      this.#recorder.add(opRecord(frame, op, result));
      this.#pending--;
      done?.(result, op);
      if (request.type === "closeSession") this.#wakeSettled();
      if (this.#pending === 0) for (const wake of this.#idleWaiters.splice(0)) wake();
    });
    if (request.type === "closeSession") this.zk.submitClose(op);
    else this.zk.submit(op);
  }

  /** As `run`; the promise is always fulfilled, errors are values. */
  ask(request: ClientRequest): Promise<OpResult> {
    return new Promise((resolve) => this.run(request, resolve));
  }

  /** Closes the session, if there is one, and once; the client is of no use afterwards. */
  async close(): Promise<void> {
    if (this.zk.state === "closing" || this.zk.state === "closed") return this.idle();
    if (this.zk.session !== "0x0" || this.zk.opening) {
      await this.ask({ type: "closeSession" });
      return;
    }
    this.zk.abandon();
    this.#wakeSettled();
  }

  /** Leaves the session to another client, as `ZkClient.handOver`. */
  handOver(): SessionTicket {
    const ticket = this.zk.handOver();
    this.#wakeSettled();
    return ticket;
  }

  /** Every operation has ended. */
  idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Is connected, or closed for good: which of the two, `zk.state` says. */
  settled(): Promise<void> {
    if (this.zk.connected || this.zk.state === "closed") return Promise.resolve();
    return new Promise((resolve) => this.#settledWaiters.push(resolve));
  }

  #wakeSettled(): void {
    if (!this.zk.connected && this.zk.state !== "closed") return;
    for (const wake of this.#settledWaiters.splice(0)) wake();
  }

  #now(): number {
    return this.#env.clock.nowMs() - this.#recorder.originMs;
  }

  #session(change: SessionChange): void {
    this.#recorder.add({ kind: "session", client: this.number, ...change, atMs: this.#now() });
    for (const observer of this.#observers) observer.session?.(change);
    this.#wakeSettled();
  }

  #watch(type: WatchEventType, path: string, zxid: number): void {
    const { session, server } = this.zk;
    const atMs = this.#now();
    const client = this.number;
    this.#recorder.add({ kind: "watch", client, session, server, type, path, zxid, atMs });
    for (const observer of this.#observers) observer.watch?.(type, path, zxid);
  }

  /** A connect is recorded when a server answered it, or may have: not when none was reached. */
  #handshake(handshake: Handshake): void {
    const { originMs } = this.#recorder;
    const { outcome, startMs, session, server } = handshake;
    const endMs = this.#env.clock.nowMs();
    const end = { ok: "ok", expired: "fail", lost: "info" } as const;
    const code = {
      ok: ErrorCode.Ok,
      expired: ErrorCode.SessionExpired,
      lost: ErrorCode.ConnectionLoss,
    } as const;
    const cell = this.#recorder.cell(this.workload, "connect");
    cell.ended(end[outcome], startMs, startMs, endMs);
    this.#recorder.add({
      kind: "op",
      id: this.#recorder.nextOpId(),
      client: this.number,
      session,
      server,
      workload: this.workload,
      op: "connect",
      path: "",
      xid: 0,
      intendedMs: startMs - originMs,
      invokeMs: startMs - originMs,
      completeMs: endMs - originMs,
      outcome: end[outcome],
      code: code[outcome],
      zxid: handshake.lastZxid,
    });
    for (const observer of this.#observers) observer.handshake?.(handshake);
  }
}
