/**
 * Between Zab and the disk: collects what is appended in one turn of the event loop into one batch,
 * keeps appends, epochs, truncations and snapshots in the order they were asked, and reports back. While
 * the disk is full it keeps what has to be written, and tries again.
 */
import type { Env } from "./env.ts";
import type { Zxid } from "./ids.ts";
import type { ServerStats } from "./stats.ts";
import { isNoRoom } from "./storage/no-room.ts";
import type { Epochs, LogEntry, Storage, StorageDone } from "./storage/storage.ts";

export interface PersistenceEvents {
  logged(zxid: Zxid, generation: number): void;
  epochsSaved(token: number): void;
  replaced(zxid: Zxid, generation: number): void;
  /** The disk failed: what is on it is in doubt, the server must stop. */
  failed(what: string, error: Error): void;
  /** The disk is full; what is asked from now on is kept in memory, and written when there is room. */
  full(error: Error): void;
  /** There is room again, and everything is written; it was full for so long. */
  roomAgain(fullMs: number): void;
}

const RETRY_MS = 500;
/** What is kept in memory while the disk is full; beyond it the server gives up. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** Asked of the storage, and not done yet. */
interface Task {
  readonly what: string;
  readonly bytes: number;
  readonly run: (done: StorageDone) => void;
  readonly done: () => void;
}

export class Persistence {
  readonly #env: Env;
  readonly #storage: Storage;
  readonly #stats: ServerStats;
  readonly #events: PersistenceEvents;
  #batch: LogEntry[] = [];
  #committed = 0 as Zxid;
  #generation = 0;
  #scheduled = false;
  #stopped = false;
  /** In the order in which they were asked. */
  readonly #tasks = new Set<Task>();
  #taskBytes = 0;
  #fullSinceMs: number | null = null;
  /** Nothing is handed to the storage until the next try. */
  #waiting = false;

  constructor(env: Env, storage: Storage, stats: ServerStats, events: PersistenceEvents) {
    this.#env = env;
    this.#storage = storage;
    this.#stats = stats;
    this.#events = events;
  }

  /** Since when the disk has been full, in the clock's monotonic ms; null: it is not. */
  get fullSinceMs(): number | null {
    return this.#fullSinceMs;
  }

  append(entry: LogEntry, committed: Zxid, generation: number): void {
    if (generation !== this.#generation) this.#flush();
    this.#batch.push(entry);
    this.#committed = committed;
    this.#generation = generation;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#env.timers.soon(() => {
      this.#scheduled = false;
      try {
        this.#flush();
      } catch (error) {
        // Nobody is above this turn to hear of it: the server stops as for any failure of the log.
        if (!(error instanceof Error)) throw error;
        this.#events.failed("append to the log", error);
      }
    });
  }

  truncate(zxid: Zxid, generation: number): void {
    this.#flush();
    this.#do({
      what: "cut the log",
      bytes: 0,
      run: (done) => this.#storage.truncateAfter(zxid, done),
      done: () => this.#events.replaced(zxid, generation),
    });
  }

  saveEpochs(epochs: Epochs, token: number): void {
    this.#flush();
    this.#do({
      what: "save the epochs",
      bytes: 0,
      run: (done) => this.#storage.saveEpochs(epochs, done),
      done: () => this.#events.epochsSaved(token),
    });
  }

  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], generation: number): void {
    this.#flush();
    this.#do({
      what: "install a snapshot",
      bytes: chunks.reduce((sum, { length }) => sum + length, 0),
      run: (done) => this.#storage.installSnapshot(zxid, chunks, done),
      done: () => this.#events.replaced(zxid, generation),
    });
  }

  /**
   * A snapshot for which there is no room is left out, and `done` gets the reason: the log has all that
   * it would say.
   */
  saveSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: (error: Error | null) => void): void {
    this.#flush();
    if (this.#waiting) {
      done(new Error("the disk is full"));
      return;
    }
    const startedMs = this.#env.clock.nowMs();
    this.#storage.saveSnapshot(zxid, chunks, (error) => {
      if (this.#stopped) return;
      if (error === null) this.#stats.snapshotMs.observe(this.#env.clock.nowMs() - startedMs);
      else if (isNoRoom(error)) this.#env.log.warn({ err: error }, "left out a snapshot: no room");
      else {
        this.#events.failed("write a snapshot", error);
        return;
      }
      done(error);
    });
  }

  /** Removes old files; a failure is the caller's to tell, and no reason to stop. */
  purge(retain: number, done: (error: Error | null, removed: number) => void): void {
    this.#flush();
    this.#storage.purge(retain, (error, removed) => {
      if (!this.#stopped) done(error, removed);
    });
  }

  /** Forgets what is not handed over yet; nothing is reported any more. */
  stop(): void {
    this.#stopped = true;
    this.#batch = [];
    this.#tasks.clear();
    this.#storage.close();
  }

  #flush(): void {
    const batch = this.#batch;
    const last = batch[batch.length - 1];
    if (last === undefined || this.#stopped) return;
    this.#batch = [];
    const generation = this.#generation;
    const committed = this.#committed;
    this.#do({
      what: "append to the log",
      bytes: batch.reduce((sum, { bytes }) => sum + bytes.length, 0),
      run: (done) => this.#storage.append(batch, committed, done),
      done: () => this.#events.logged(last.zxid, generation),
    });
  }

  #do(task: Task): void {
    this.#tasks.add(task);
    this.#taskBytes += task.bytes;
    if (!this.#waiting) this.#try(task);
    else if (this.#taskBytes > MAX_KEPT_BYTES) {
      this.#events.failed(task.what, new Error("the disk is full, and so is what may wait for it"));
    }
  }

  #try(task: Task): void {
    task.run((error) => {
      if (this.#stopped) return;
      if (error === null) this.#done(task);
      else if (isNoRoom(error)) this.#noRoom(error);
      else this.#events.failed(task.what, error);
    });
  }

  #done(task: Task): void {
    this.#tasks.delete(task);
    this.#taskBytes -= task.bytes;
    task.done();
    if (this.#fullSinceMs === null || this.#tasks.size > 0 || this.#stopped) return;
    const fullMs = this.#env.clock.nowMs() - this.#fullSinceMs;
    this.#fullSinceMs = null;
    this.#events.roomAgain(fullMs);
  }

  /** What was asked behind the task that failed fails with it: all of it is tried again, in order. */
  #noRoom(error: Error): void {
    if (this.#fullSinceMs === null) {
      this.#fullSinceMs = this.#env.clock.nowMs();
      this.#events.full(error);
    }
    if (this.#waiting) return;
    this.#waiting = true;
    this.#env.timers.after(RETRY_MS, () => {
      this.#waiting = false;
      if (this.#stopped) return;
      for (const task of this.#tasks) this.#try(task);
    });
  }
}
