/**
 * Test support: a storage on a `FaultDisk` that works, with every operation waited for.
 */
import { makeZxid } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { FaultDisk } from "./fault-disk.ts";
import { createStorage } from "./file-storage.ts";
import type { StorageObserver } from "./file-storage.ts";
import { seeded } from "./crash-model.ts";
import type { LogEntry, Recovered, Storage, StorageDone, StorageOptions } from "./storage.ts";

export const DIRECTORIES = { dataDir: "/data", dataLogDir: "/data" };

/** What a server finds when it starts. */
export interface Found {
  readonly recovered: Recovered;
  readonly snapshot: { readonly zxid: Zxid; readonly data: string } | null;
  readonly entries: readonly string[];
}

export class StorageFixture {
  readonly disk: FaultDisk;
  readonly #queue: (() => void)[] = [];
  readonly #random: () => number;
  #storage: Storage | null = null;

  constructor(seed = 7) {
    this.#random = seeded(seed);
    this.disk = new FaultDisk({
      schedule: (run) => this.#queue.push(run),
      random: this.#random,
    });
  }

  get storage(): Storage {
    if (this.#storage === null) throw new Error("fixture: start first");
    return this.#storage;
  }

  /** Starts a server's storage, after the one before is closed. */
  start(options: Partial<StorageOptions> = {}, observer?: StorageObserver): Found {
    this.#storage?.close();
    this.#storage = createStorage(
      {
        disk: this.disk,
        timers: {
          after: () => {
            throw new Error("the storage uses no timers");
          },
          soon: (run) => this.#queue.push(run),
        },
        random: {
          float: this.#random,
          bytes: (length) => Buffer.from(Array.from({ length }, () => this.#random() * 256)),
        },
        clock: { wallMs: () => 0, nowMs: () => 0 },
      },
      { sid: 1 as ServerId, ...DIRECTORIES, logFileMaxBytes: 1_000_000, ...options },
      observer,
    );
    let snapshot: Found["snapshot"] = null;
    const entries: string[] = [];
    const recovered = this.#storage.recover({
      snapshot: (zxid, data) => {
        snapshot = { zxid, data: data.toString() };
      },
      entry: (entry) => entries.push(entry.bytes.toString()),
    });
    this.run();
    return { recovered, snapshot, entries };
  }

  run(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
  }

  /** One turn: what is waiting now is under way afterwards. */
  runOnce(): void {
    this.#queue.shift()?.();
  }

  /** Runs one operation to its end and returns its error. */
  end(ask: (done: StorageDone) => void): Error | null {
    const ends: (Error | null)[] = [];
    ask((error) => ends.push(error));
    if (ends.length > 0) throw new Error("called back from inside the call");
    this.run();
    if (ends.length !== 1) throw new Error(`called back ${ends.length} times`);
    return ends[0] ?? null;
  }

  /** Appends texts as entries of an epoch, from a counter on, in one write. */
  append(epoch: number, counter: number, ...texts: string[]): Error | null {
    return this.end((done) => {
      this.storage.append(entriesOf(epoch, counter, texts), makeZxid(epoch, counter), done);
    });
  }

  snapshot(zxid: Zxid, text: string): Error | null {
    return this.end((done) => this.storage.saveSnapshot(zxid, [Buffer.from(text)], done));
  }
}

export function entriesOf(epoch: number, counter: number, texts: readonly string[]): LogEntry[] {
  return texts.map((text, index) => ({
    zxid: makeZxid(epoch, counter + index),
    bytes: Buffer.from(text),
  }));
}
