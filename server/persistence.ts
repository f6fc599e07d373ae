/**
 * Between Zab and the disk: collects what is appended in one turn of the event loop into one batch,
 * keeps appends, epochs, truncations and snapshots in the order they were asked, and reports back.
 */
import type { Env } from "./env.ts";
import type { Zxid } from "./ids.ts";
import type { ServerStats } from "./stats.ts";
import type { Epochs, LogEntry, Storage } from "./storage/storage.ts";

export interface PersistenceEvents {
  logged(zxid: Zxid, generation: number): void;
  epochsSaved(token: number): void;
  replaced(zxid: Zxid, generation: number): void;
  /** The disk failed: what is on it is in doubt, the server must stop. */
  failed(what: string, error: Error): void;
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

  constructor(env: Env, storage: Storage, stats: ServerStats, events: PersistenceEvents) {
    this.#env = env;
    this.#storage = storage;
    this.#stats = stats;
    this.#events = events;
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
    this.#storage.truncateAfter(
      zxid,
      this.#then("cut the log", () => this.#events.replaced(zxid, generation)),
    );
  }

  saveEpochs(epochs: Epochs, token: number): void {
    this.#flush();
    this.#storage.saveEpochs(
      epochs,
      this.#then("save the epochs", () => this.#events.epochsSaved(token)),
    );
  }

  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], generation: number): void {
    this.#flush();
    this.#storage.installSnapshot(
      zxid,
      chunks,
      this.#then("install a snapshot", () => this.#events.replaced(zxid, generation)),
    );
  }

  saveSnapshot(zxid: Zxid, chunks: readonly Buffer[]): void {
    this.#flush();
    const startedMs = this.#env.clock.nowMs();
    this.#storage.saveSnapshot(
      zxid,
      chunks,
      this.#then("write a snapshot", () =>
        this.#stats.snapshotMs.observe(this.#env.clock.nowMs() - startedMs),
      ),
    );
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
    this.#storage.close();
  }

  #flush(): void {
    const batch = this.#batch;
    const last = batch[batch.length - 1];
    if (last === undefined || this.#stopped) return;
    this.#batch = [];
    const generation = this.#generation;
    this.#storage.append(
      batch,
      this.#committed,
      this.#then("append to the log", () => this.#events.logged(last.zxid, generation)),
    );
  }

  #then(what: string, done: () => void): (error: Error | null) => void {
    return (error) => {
      if (this.#stopped) return;
      if (error) this.#events.failed(what, error);
      else done();
    };
  }
}
