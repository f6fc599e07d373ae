/**
 * The order of a storage's operations: one at a time, entries that wait grouped into one write.
 */
import type { Timers } from "../env.ts";
import type { Zxid } from "../ids.ts";
import { RECORD_HEADER_BYTES } from "./log-record.ts";
import { type LogEntry, type StorageDone, StorageError } from "./storage.ts";

/** What waits longer than this many bytes is split into several writes. */
const BATCH_MAX_BYTES = 4 * 1024 * 1024;

/**
 * How an operation ended. `inDoubt`: what is on disk is not known any more, so every later operation
 * must fail. Called in a later turn than the operation was started in.
 */
export type TaskEnd = (error: Error | null, inDoubt: boolean) => void;
export type Task = (end: TaskEnd) => void;

interface AppendTask {
  readonly type: "append";
  readonly entries: LogEntry[];
  readonly committed: Zxid[];
  readonly dones: StorageDone[];
  bytes: number;
}

interface OtherTask {
  readonly type: "other";
  /** `beside`: what is behind it need not wait for its end. `alone`: waits for those beside. */
  readonly manner: "in order" | "alone" | "beside";
  readonly run: Task;
  readonly done: StorageDone | null;
}

export interface TaskQueueOwner {
  write(batch: Omit<AppendTask, "dones" | "type">, end: TaskEnd): void;
  /** An operation failed; called before any of the operations is told. */
  failed(): void;
}

export class TaskQueue {
  readonly #timers: Timers;
  readonly #owner: TaskQueueOwner;
  #waiting: (AppendTask | OtherTask)[] = [];
  #busy = false;
  #scheduled = false;
  /** Operations that run beside the queue. */
  #beside = 0;
  #doubt: Error | null = null;
  #closed: (() => void) | null = null;

  constructor(timers: Timers, owner: TaskQueueOwner) {
    this.#timers = timers;
    this.#owner = owner;
  }

  /** Queues entries; they join those that wait already, if nothing else was asked in between. */
  append(entries: readonly LogEntry[], committed: Zxid, done: StorageDone): void {
    let task = this.#openAppend();
    for (const entry of entries) {
      if (task.bytes >= BATCH_MAX_BYTES) task = this.#openAppend();
      task.entries.push(entry);
      task.committed.push(committed);
      task.bytes += RECORD_HEADER_BYTES + entry.bytes.length;
    }
    task.dones.push(done);
    this.#schedule();
  }

  push(run: Task, done: StorageDone | null): void {
    this.#push({ type: "other", manner: "in order", run, done });
  }
  /** Starts after all that was asked before, those beside included. */
  pushAlone(run: Task, done: StorageDone): void {
    this.#push({ type: "other", manner: "alone", run, done });
  }
  /** Starts after what was asked before; what is asked afterwards does not wait for its end. */
  pushBeside(run: Task, done: StorageDone): void {
    this.#push({ type: "other", manner: "beside", run, done });
  }

  /** Forgets what waits; `closed` is called when nothing is under way any more, at the earliest now. */
  close(closed: () => void): void {
    if (this.#closed !== null) return;
    this.#closed = closed;
    this.#waiting = [];
    if (!this.#busy && this.#beside === 0) closed();
  }

  /** The write that more entries may join: the last that waits, or a new one. */
  #openAppend(): AppendTask {
    const last = this.#waiting.at(-1);
    if (last?.type === "append" && last.bytes < BATCH_MAX_BYTES) return last;
    const task: AppendTask = { type: "append", entries: [], committed: [], dones: [], bytes: 0 };
    this.#waiting.push(task);
    return task;
  }

  #push(task: OtherTask): void {
    this.#waiting.push(task);
    this.#schedule();
  }

  /** Starts at the end of this turn, so that all that one turn asks for goes into one write. */
  #schedule(): void {
    if (this.#scheduled || this.#busy || this.#closed !== null) return;
    this.#scheduled = true;
    this.#timers.soon(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.#busy || this.#closed !== null) return;
    const task = this.#waiting[0];
    if (task === undefined) return;
    if (this.#doubt !== null) {
      this.#fail(this.#doubt, []);
      return;
    }
    if (task.type === "other" && task.manner !== "in order" && this.#beside > 0) return;
    this.#waiting.shift();
    if (task.type === "append") {
      this.#busy = true;
      if (task.entries.length === 0) this.#timers.soon(() => this.#ended(task.dones, null, false));
      else this.#owner.write(task, (error, inDoubt) => this.#ended(task.dones, error, inDoubt));
      return;
    }
    const dones = task.done === null ? [] : [task.done];
    if (task.manner !== "beside") {
      this.#busy = true;
      task.run((error, inDoubt) => this.#ended(dones, error, inDoubt));
      return;
    }
    this.#beside++;
    task.run((error) => this.#endedBeside(dones, error));
    this.#start();
  }

  #ended(dones: readonly StorageDone[], error: Error | null, inDoubt: boolean): void {
    this.#busy = false;
    if (this.#closedNow()) return;
    if (error !== null) {
      if (inDoubt) this.#doubt = new StorageError(`the log is in doubt after: ${error.message}`);
      this.#fail(error, dones);
      return;
    }
    // First the next write, then the news of this one: the disk works while the news is handled.
    this.#start();
    for (const done of dones) done(null);
  }

  /** An operation beside the others fails alone. */
  #endedBeside(dones: readonly StorageDone[], error: Error | null): void {
    this.#beside--;
    if (this.#closedNow()) return;
    this.#start();
    for (const done of dones) done(error);
  }

  /** What was asked after the failed operation relied on it: it fails, too. */
  #fail(error: Error, dones: readonly StorageDone[]): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#owner.failed();
    for (const done of dones) done(error);
    for (const task of waiting) {
      if (task.type === "append") for (const done of task.dones) done(error);
      else task.done?.(error);
    }
  }

  #closedNow(): boolean {
    if (this.#closed === null) return false;
    if (!this.#busy && this.#beside === 0) this.#closed();
    return true;
  }
}
