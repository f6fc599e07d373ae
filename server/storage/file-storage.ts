/**
 * `Storage` on the files of `layout.ts`: the order of operations, group commit, and what happens
 * after an error.
 */
import type { Env } from "../env.ts";
import { formatZxid, NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { historyPath, snapshotPath, statePath } from "./layout.ts";
import { LogWriter } from "./log-writer.ts";
import type { LogWriterStart } from "./log-writer.ts";
import { purgeable } from "./purge.ts";
import { recoverDirectories } from "./recovery.ts";
import { doRepairs } from "./repair.ts";
import type { Repair } from "./repair.ts";
import { encodeSnapshot } from "./snapshot-file.ts";
import { encodeState, epochsProblem } from "./state-file.ts";
import type { ServerState } from "./state-file.ts";
import { StorageError } from "./storage.ts";
import type {
  Epochs,
  LogEntry,
  Recovered,
  RecoveryVisitor,
  Storage,
  StorageDone,
  StorageOptions,
} from "./storage.ts";
import { TaskQueue } from "./task-queue.ts";
import type { TaskEnd } from "./task-queue.ts";

/** A log file's records are addressed with 32 bits; this leaves room for the batch on top. */
const LOG_FILE_MAX_BYTES = 2 ** 31;

export type StorageEnv = Pick<Env, "disk" | "timers" | "random" | "clock">;

/** Is told of every write of the log, for metrics. */
export interface StorageObserver {
  batchWritten(entries: number, bytes: number, durationMs: number): void;
}

/**
 * Creates the storage; nothing is read or written before `recover`. An error of any operation fails
 * all operations that were asked until then, too, and has taken back what it had begun: so a disk
 * that is full leaves the log as it was. If it could not (or an fsync failed), all later operations
 * fail. After `close` nothing is called back.
 */
export function createStorage(
  env: StorageEnv,
  options: StorageOptions,
  observer?: StorageObserver,
): Storage {
  const max = options.logFileMaxBytes;
  if (!Number.isInteger(max) || max < 1 || max > LOG_FILE_MAX_BYTES) {
    throw new StorageError(`logFileMaxBytes ${max}: must be an integer from 1 to ${2 ** 31}`);
  }
  return new FileStorage(env, options, observer ?? null);
}

class FileStorage implements Storage {
  readonly #env: StorageEnv;
  readonly #options: StorageOptions;
  readonly #tasks: TaskQueue;
  readonly #observer: StorageObserver | null;
  #state: ServerState | null = null;
  #log: LogWriter | null = null;
  /** The last entry or snapshot that was asked for, durable or not. */
  #askedZxid: Zxid = NO_ZXID;
  #askedEpochs: Epochs = { accepted: 0, current: 0 };
  #snapshotZxid: Zxid = NO_ZXID;
  #unlock: (() => void)[] = [];

  constructor(env: StorageEnv, options: StorageOptions, observer: StorageObserver | null) {
    this.#env = env;
    this.#options = options;
    this.#observer = observer;
    this.#tasks = new TaskQueue(env.timers, {
      write: (batch, end) => this.#writeBatch(batch, end),
      failed: () => {
        this.#askedZxid = this.#ready().log.lastZxid;
        this.#askedEpochs = this.#ready().state.epochs;
      },
    });
  }

  recover(visitor: RecoveryVisitor): Recovered {
    if (this.#state !== null) throw new Error("storage: recover was called twice");
    const { disk } = this.#env;
    for (const directory of new Set([this.#options.dataDir, this.#options.dataLogDir])) {
      disk.makeDirectory(directory);
    }
    this.#lock();
    try {
      const recovery = recoverDirectories(disk, this.#options, this.#options.sid, visitor);
      for (const directory of new Set([this.#options.dataDir, this.#options.dataLogDir])) {
        disk.makeDirectory(historyPath(directory, recovery.state.history));
      }
      this.#begin(recovery.state, {
        files: recovery.logFiles,
        lastZxid: recovery.recovered.lastZxid,
      });
      this.#snapshotZxid = recovery.recovered.snapshotZxid;
      this.#askedZxid = recovery.recovered.lastZxid;
      this.#askedEpochs = recovery.state.epochs;
      if (recovery.repairs.length > 0) {
        this.#tasks.push((end) => {
          doRepairs(disk, recovery.repairs, (error) => end(error, error !== null));
        }, null);
      }
      return recovery.recovered;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  append(entries: readonly LogEntry[], committed: Zxid, done: StorageDone): void {
    this.#ready();
    for (const { zxid } of entries) {
      if (zxid <= this.#askedZxid) {
        throw new Error(
          `log: zxid ${formatZxid(zxid)} after ${formatZxid(this.#askedZxid)}: must rise`,
        );
      }
      this.#askedZxid = zxid;
    }
    this.#tasks.append(entries, committed, done);
  }

  truncateAfter(zxid: Zxid, done: StorageDone): void {
    this.#ready();
    if (zxid < this.#askedZxid) this.#askedZxid = zxid;
    this.#tasks.pushAlone((end) => {
      if (zxid < this.#snapshotZxid) {
        const snapshot = formatZxid(this.#snapshotZxid);
        const message = `log: cannot cut to ${formatZxid(zxid)}: there is a snapshot of ${snapshot}`;
        this.#env.timers.soon(() => end(new StorageError(message), false));
        return;
      }
      this.#ready().log.cutAfter(zxid, this.#snapshotZxid, end);
    }, done);
  }

  saveEpochs(epochs: Epochs, done: StorageDone): void {
    this.#ready();
    const problem = epochsProblem(epochs, this.#askedEpochs);
    if (problem !== null) throw new Error(`storage: ${problem}`);
    this.#askedEpochs = { ...epochs };
    this.#tasks.push((end) => {
      this.#replaceState({ ...this.#ready().state, epochs: { ...epochs } }, end);
    }, done);
  }

  saveSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: StorageDone): void {
    this.#ready();
    if (zxid > this.#askedZxid) {
      throw new Error(`storage: snapshot of ${formatZxid(zxid)}, which the log has not`);
    }
    this.#tasks.pushBeside((end) => {
      const { state, log } = this.#ready();
      log.endFile();
      this.#writeSnapshot(state.history, zxid, chunks, (error) => {
        if (error === null && zxid > this.#snapshotZxid) this.#snapshotZxid = zxid;
        end(error, false);
      });
    }, done);
  }

  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: StorageDone): void {
    this.#ready();
    this.#askedZxid = zxid;
    this.#tasks.pushAlone((end) => this.#install(zxid, chunks, end), done);
  }

  purge(retain: number, done: (error: Error | null, removed: number) => void): void {
    this.#ready();
    if (!Number.isInteger(retain) || retain < 1) throw new Error(`storage: retain ${retain}`);
    let removed = 0;
    this.#tasks.pushBeside(
      (end) => {
        const { disk, timers } = this.#env;
        const { state, log } = this.#ready();
        const doomed = purgeable(disk, this.#options, state.history, retain);
        removed = doomed.length;
        log.forget(new Set(doomed));
        if (removed === 0) {
          timers.soon(() => end(null, false));
          return;
        }
        doRepairs(
          disk,
          doomed.map((path) => ({ type: "remove", path })),
          (error) => end(error, false),
        );
      },
      (error) => done(error, error === null ? removed : 0),
    );
  }

  close(): void {
    this.#tasks.close(() => {
      this.#log?.endFile();
      this.#release();
    });
  }

  /**
   * The new history is written whole beside the one in force; replacing the state file then puts it
   * in force, atomically. What an earlier attempt has left in its place is removed first.
   */
  #install(zxid: Zxid, chunks: readonly Buffer[], end: TaskEnd): void {
    const { state } = this.#ready();
    const history = state.history + 1;
    let leftovers: Repair[];
    try {
      leftovers = this.#prepareHistory(history);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#env.timers.soon(() => end(error, false));
      return;
    }
    const write = (): void => {
      this.#writeSnapshot(history, zxid, chunks, (error) => {
        if (error !== null) {
          end(error, false);
          return;
        }
        this.#replaceState({ ...state, history, baseZxid: zxid }, (stateError) => {
          if (stateError === null) {
            this.#log?.endFile();
            this.#begin(this.#ready().state, { files: [], lastZxid: zxid });
            this.#snapshotZxid = zxid;
          }
          end(stateError, stateError !== null);
        });
      });
    };
    if (leftovers.length === 0) {
      write();
      return;
    }
    doRepairs(this.#env.disk, leftovers, (error) => {
      if (error === null) write();
      else end(error, false);
    });
  }

  /** Creates a history's folders; returns what to do about files that are in them already. */
  #prepareHistory(history: number): Repair[] {
    const { dataDir, dataLogDir } = this.#options;
    const folders = new Set([historyPath(dataDir, history), historyPath(dataLogDir, history)]);
    const leftovers: Repair[] = [];
    for (const folder of folders) {
      this.#env.disk.makeDirectory(folder);
      for (const name of this.#env.disk.list(folder)) {
        leftovers.push({ type: "remove", path: `${folder}/${name}` });
      }
    }
    return leftovers;
  }

  #writeSnapshot(history: number, zxid: Zxid, chunks: readonly Buffer[], done: StorageDone): void {
    const path = snapshotPath(this.#options.dataDir, history, zxid);
    this.#env.disk.replaceDurable(path, encodeSnapshot(this.#options.sid, zxid, chunks), done);
  }

  /** A failure leaves the old state or the new one in the file: which, only a recovery can say. */
  #replaceState(state: ServerState, end: TaskEnd): void {
    const path = statePath(this.#options.dataDir);
    this.#env.disk.replaceDurable(path, [encodeState(state)], (error) => {
      if (error === null) this.#state = state;
      end(error, error !== null);
    });
  }

  #writeBatch(batch: Parameters<LogWriter["append"]>[0], end: TaskEnd): void {
    const startMs = this.#env.clock.nowMs();
    this.#ready().log.append(batch, (error, inDoubt) => {
      if (error === null) {
        const durationMs = this.#env.clock.nowMs() - startMs;
        this.#observer?.batchWritten(batch.entries.length, batch.bytes, durationMs);
      }
      end(error, inDoubt);
    });
  }

  /** Puts a history in force. */
  #begin(state: ServerState, start: LogWriterStart): void {
    const { sid, dataLogDir, logFileMaxBytes } = this.#options;
    const { history } = state;
    this.#state = state;
    const options = { sid, dataLogDir, history, fileMaxBytes: logFileMaxBytes };
    this.#log = new LogWriter(this.#env, options, start);
  }

  #ready(): { readonly state: ServerState; readonly log: LogWriter } {
    if (this.#state === null || this.#log === null) {
      throw new Error("storage: recover must be called first");
    }
    return { state: this.#state, log: this.#log };
  }

  #lock(): void {
    const { disk } = this.#env;
    try {
      for (const directory of new Set([this.#options.dataDir, this.#options.dataLogDir])) {
        const unlock = disk.lock?.(directory);
        if (unlock !== undefined) this.#unlock.push(unlock);
      }
    } catch (cause) {
      this.#release();
      throw new StorageError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  #release(): void {
    for (const unlock of this.#unlock.splice(0)) unlock();
  }
}
