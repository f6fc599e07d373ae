import { ErrorCode, type Outcome } from "../../server/errors.ts";
import type { JuteWriter } from "../../server/wire/jute.ts";
import type { ReadRequest, SetDataRequest } from "../../server/wire/request-types.ts";
import { encodeRequest } from "../../server/wire/requests.ts";
import type { ZkClient } from "../client/client.ts";
import { Op } from "../client/op.ts";
import type { LoadClient } from "../load-client.ts";
import type { OpCell } from "../recorder.ts";
import { taggedValue } from "../value-tag.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import { UNSCHEDULED, type Workload, type WorkloadContext } from "./workload.ts";

/**
 * As many operations as the servers answer: each connection keeps a number of requests under way and
 * sends the next when one is answered (closed loop: it measures throughput, not latency under load).
 * Single operations leave no history; their order and zxids are checked as they come.
 */
export interface MaxThroughputSpec {
  readonly kind: "max-throughput";
  readonly connections: number;
  readonly outstanding: number;
  readonly znodes: number;
  readonly valueBytes: number;
  /** Reads for each write; 0: writes only; infinity: reads only. */
  readonly readsPerWrite: number;
}

export const MAX_THROUGHPUT: MaxThroughputSpec = {
  kind: "max-throughput",
  connections: 30,
  outstanding: 100,
  znodes: 1000,
  valueBytes: 1024,
  readsPerWrite: 10,
};

/** What one check of the running load has looked at, and what it found. */
export interface CheckTally {
  /** Replies that were compared with the session's reply before. */
  looked: number;
  violationCount: number;
  /** Sentences, the first few. */
  readonly violations: string[];
}

export interface OnlineChecks {
  /** The xid is higher than that of the session's reply before. */
  readonly fifo: CheckTally;
  /** The zxid is not lower than that of the session's reply before, and higher for a write. */
  readonly monotonic: CheckTally;
}

const VIOLATIONS_KEPT = 10;
const NAME = "max-throughput";
/** A refused operation is tried again after this: never a spinning loop. */
const RETRY_MS = 10;

export class MaxThroughput implements Workload {
  readonly spec: MaxThroughputSpec;
  readonly context: WorkloadContext;
  readonly #clients: readonly LoadClient[];
  readonly #reads: readonly ReadRequest[];
  readonly #writes: readonly SetDataRequest[];
  readonly reads: OpCell;
  readonly writes: OpCell;
  readonly checks: OnlineChecks = {
    fifo: { looked: 0, violationCount: 0, violations: [] },
    monotonic: { looked: 0, violationCount: 0, violations: [] },
  };
  readonly lateness = UNSCHEDULED;
  running = false;
  #active = 0;
  #idle: (() => void)[] = [];

  constructor(spec: MaxThroughputSpec, context: WorkloadContext) {
    this.spec = spec;
    this.context = context;
    this.#clients = Array.from({ length: spec.connections }, () =>
      context.open({ renewSession: true }),
    );
    const paths = Array.from({ length: spec.znodes }, (_, index) => `${context.root}/z${index}`);
    const data = taggedValue("max", spec.valueBytes);
    this.#reads = paths.map((path) => ({ type: "getData", path, watch: false }));
    this.#writes = paths.map((path) => ({ type: "setData", path, data, version: -1 }));
    this.reads = context.recorder.cell(NAME, "getData");
    this.writes = context.recorder.cell(NAME, "setData");
  }

  async setup(): Promise<void> {
    await allConnected(this.#clients);
    const paths = this.#reads.map((read) => read.path);
    const first = this.#clients[0] as LoadClient;
    await ensureZnodes(this.context.env, first, paths, this.spec.valueBytes);
  }

  begin(): void {
    if (this.running || this.#active > 0) return;
    this.running = true;
    for (const client of this.#clients) {
      const session = { name: "", xid: 0, zxid: 0 };
      for (let slot = 0; slot < this.spec.outstanding; slot++) {
        this.#active++;
        new LoopOp(this, client.zk, session).next();
      }
    }
  }
  pause(): void {
    this.running = false;
  }
  async stop(): Promise<void> {
    this.pause();
    if (this.#active > 0) await new Promise<void>((resolve) => void this.#idle.push(resolve));
    await drainAndClose(this.#clients);
  }

  choose(): ReadRequest | SetDataRequest {
    const { random } = this.context;
    const { readsPerWrite } = this.spec;
    const isRead =
      random.float() * (readsPerWrite + 1) < readsPerWrite || readsPerWrite === Infinity;
    const requests = isRead ? this.#reads : this.#writes;
    return requests[random.below(requests.length)] as ReadRequest | SetDataRequest;
  }

  ended(): void {
    if (--this.#active === 0) for (const wake of this.#idle.splice(0)) wake();
  }
}

function violated(check: CheckTally, message: string): void {
  check.violationCount++;
  if (check.violations.length < VIOLATIONS_KEPT) check.violations.push(message);
}

/** The last that a session was told; shared by the operations of one client. */
interface SessionView {
  name: string;
  xid: number;
  zxid: number;
}

/** One of the requests that a connection keeps under way, used again and again. */
class LoopOp extends Op {
  readonly #load: MaxThroughput;
  readonly #client: ZkClient;
  readonly #view: SessionView;
  #request: ReadRequest | SetDataRequest;
  #startMs = 0;

  constructor(load: MaxThroughput, client: ZkClient, view: SessionView) {
    super();
    this.#load = load;
    this.#client = client;
    this.#view = view;
    this.#request = load.choose();
  }

  override get isWrite(): boolean {
    return this.#request.type === "setData";
  }
  override encode(writer: JuteWriter, xid: number): void {
    encodeRequest(writer, xid, this.#request);
  }

  next(): void {
    if (!this.#load.running) return this.#load.ended();
    this.#request = this.#load.choose();
    this.#startMs = this.#load.context.env.clock.nowMs();
    this.#client.submit(this);
  }

  override done(outcome: Outcome, code: number, zxid: number): void {
    const load = this.#load;
    const cell = this.isWrite ? load.writes : load.reads;
    cell.ended(outcome, this.#startMs, this.sentMs, load.context.env.clock.nowMs());
    if (zxid > 0) this.#check(zxid);
    if (outcome === "ok") this.next();
    else if (code === ErrorCode.SessionExpired && this.#client.state === "closed") load.ended();
    else load.context.env.timers.after(RETRY_MS, () => this.next());
  }

  /** Replies of a session come in the order of its requests, and never from an older state. */
  #check(zxid: number): void {
    const view = this.#view;
    const { fifo, monotonic } = this.#load.checks;
    if (view.name === this.session) {
      fifo.looked++;
      if (this.xid <= view.xid) {
        violated(fifo, `session ${view.name}: xid ${this.xid} answered after ${view.xid}`);
      }
      monotonic.looked++;
      if (zxid < view.zxid || (this.isWrite && zxid === view.zxid)) {
        const what = this.isWrite ? "write" : "read";
        violated(
          monotonic,
          `session ${view.name}: ${what} xid ${this.xid} has zxid 0x${zxid.toString(16)} after 0x${view.zxid.toString(16)}`,
        );
      }
    }
    view.name = this.session;
    view.xid = this.xid;
    view.zxid = zxid;
  }
}
