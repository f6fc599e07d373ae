import type { Outcome } from "../server/errors.ts";
import type { GrantRecord, HistoryRecord, OpName } from "../results/history.ts";
import { WRITE_OPS } from "../results/history.ts";
import { FanOut } from "./fan-out.ts";
import { Handovers } from "./handovers.ts";
import { Latency } from "./latency.ts";
import { Timeline } from "./timeline.ts";

/** What prepares a load: in the history, but in no figure. */
export const SETUP = "setup";
/** The workload whose acknowledged writes show outages. */
export const WRITE_PROBE = "write-probe";

const HISTORY_LIMIT = 2_000_000;

export interface RecorderOptions {
  /** `env.clock.nowMs()` at the start of the run: all recorded times count from here. */
  readonly originMs: number;
  /** Records kept of the history; counts and histograms are never bounded. Default 2,000,000. */
  readonly historyLimit?: number;
  /** False: no latency is taken, as where time is virtual and a histogram costs more than the run. */
  readonly latencies?: boolean;
}

/** Counts and latencies of one kind of operation of one workload. */
export class OpCell {
  readonly workload: string;
  readonly op: OpName;
  readonly isWrite: boolean;
  /** From the intended start to the end, whatever the outcome. */
  readonly latency = new Latency();
  /** From the send to the end; operations that were never sent have none. */
  readonly service = new Latency();
  readonly #recorder: Recorder;
  ok = 0;
  fail = 0;
  info = 0;

  constructor(recorder: Recorder, workload: string, op: OpName) {
    this.#recorder = recorder;
    this.workload = workload;
    this.op = op;
    this.isWrite = WRITE_OPS.has(op);
  }

  /** An operation ended; all times are `env.clock.nowMs`, `sentMs` −1 when it was not sent. */
  ended(outcome: Outcome, intendedMs: number, sentMs: number, endMs: number): void {
    this[outcome]++;
    const recorder = this.#recorder;
    if (recorder.takesLatencies) {
      this.latency.recordMs(endMs - intendedMs);
      if (sentMs >= 0) this.service.recordMs(endMs - sentMs);
    }
    // A connect is no operation of the load: while servers are away it is tried over and over.
    if (this.workload === SETUP || this.op === "connect") return;
    const atMs = endMs - recorder.originMs;
    recorder.timeline.ended(atMs, outcome === "ok", this.isWrite);
    if (this.workload === WRITE_PROBE && this.isWrite && outcome === "ok") {
      recorder.probe.ackMs.push(atMs);
    }
  }
}

/** Takes down everything that clients do and see; one for a whole run. */
export class Recorder {
  readonly originMs: number;
  readonly takesLatencies: boolean;
  readonly records: HistoryRecord[] = [];
  readonly timeline = new Timeline();
  readonly fanOut = new FanOut();
  readonly locks = new Handovers();
  readonly leadership = new Handovers();
  /** When writes of the probe were acknowledged, and the interval at which they are tried. */
  readonly probe = { ackMs: [] as number[], intervalMs: 0 };
  readonly #cells = new Map<string, OpCell>();
  readonly #historyLimit: number;
  #nextOpId = 1;
  /** Records that found no room: a history with holes proves nothing about what it lacks. */
  droppedRecords = 0;

  constructor(options: RecorderOptions) {
    this.originMs = options.originMs;
    this.takesLatencies = options.latencies ?? true;
    this.#historyLimit = options.historyLimit ?? HISTORY_LIMIT;
  }

  get cells(): Iterable<OpCell> {
    return this.#cells.values();
  }

  /** The cell of an operation; callers on a hot path keep it. */
  cell(workload: string, op: OpName): OpCell {
    const key = `${workload} ${op}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = new OpCell(this, workload, op);
      this.#cells.set(key, cell);
    }
    return cell;
  }

  /** An id for an operation that is being invoked; ids rise in the order of invocation. */
  nextOpId(): number {
    return this.#nextOpId++;
  }

  add(record: HistoryRecord): void {
    if (this.records.length < this.#historyLimit) this.records.push(record);
    else this.droppedRecords++;
  }

  /** A grant of a lock or leadership; `waitingSinceMs` (of the run) counts for acquisitions. */
  grant(record: GrantRecord, book: Handovers, waitingSinceMs: number): void {
    this.add(record);
    switch (record.event) {
      case "acquired":
        return book.acquiredBy(record.resource, waitingSinceMs, record.atMs);
      case "released":
        return book.released(record.resource, record.atMs);
      case "lost":
        return book.lost(record.resource);
    }
  }
}
