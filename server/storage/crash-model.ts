/**
 * Test support: a storage on a disk that crashes, and a model that says which states a recovery may
 * find. Everything runs in one queue and from one seed: the same seed gives the same run.
 */
import type { Env } from "../env.ts";
import { makeZxid, NO_ZXID } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { FaultDisk } from "./fault-disk.ts";
import type { DiskStep, StepFate } from "./fault-steps.ts";
import { createStorage } from "./file-storage.ts";
import type { Epochs, LogEntry, Recovered, Storage } from "./storage.ts";

/** What a server may ask of its storage, drawn small; see `CrashWorld.ask`. */
export type Operation =
  | { readonly type: "append"; readonly sizes: readonly number[]; readonly newEpoch: boolean }
  | { readonly type: "truncate"; readonly entries: number }
  | { readonly type: "epochs" }
  | { readonly type: "snapshot"; readonly back: number }
  | { readonly type: "install"; readonly back: number; readonly ahead: number }
  | { readonly type: "purge"; readonly retain: number }
  /** Waits until everything asked before has ended. */
  | { readonly type: "wait" };

/** The whole of what a server knows: a snapshot's content and the entries above it, as one list. */
export interface ModelState {
  readonly epochs: Epochs;
  readonly entries: readonly string[];
}

const DIRECTORIES = { dataDir: "/data", dataLogDir: "/log" };

export class CrashWorld {
  readonly disk: FaultDisk;
  fate: (step: DiskStep) => StepFate = () => ({ type: "done" });
  storage: Storage;
  recovered: Recovered | null = null;
  /** Errors that operations ended with. */
  errors: Error[] = [];
  readonly #random: () => number;
  #queue: (() => void)[] = [];
  /** States that may be found, in order; everything before the first is impossible by now. */
  #states: ModelState[] = [{ epochs: { accepted: 0, current: 0 }, entries: [] }];
  /** The watermark that each entry was logged with. */
  readonly #marks = new Map<string, Zxid>();
  #askedCommitted: Zxid = NO_ZXID;
  #snapshotZxid: Zxid = NO_ZXID;
  #tag = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.disk = new FaultDisk({
      schedule: (run) => this.#queue.push(run),
      random: this.#random,
      fate: (step) => this.fate(step),
    });
    this.storage = this.#create();
  }

  /** Runs until nothing is left to do, or the machine has stopped. */
  run(): void {
    while (!this.disk.crashed) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      next();
    }
  }

  ask(operation: Operation): void {
    switch (operation.type) {
      case "append":
        this.#append(operation.sizes, operation.newEpoch);
        return;
      case "truncate":
        this.#truncate(operation.entries);
        return;
      case "epochs":
        this.#epochs();
        return;
      case "snapshot":
        this.#snapshot(operation.back);
        return;
      case "install":
        this.#install(operation.back, operation.ahead);
        return;
      case "purge":
        this.storage.purge(operation.retain, (error) => {
          if (error !== null) this.errors.push(error);
        });
        return;
      case "wait":
        this.run();
    }
  }

  /** Restarts the machine and recovers; throws if what is found is not among the possible states. */
  restart(powerCut: boolean): void {
    this.storage.close();
    this.#queue = [];
    this.disk.restart(powerCut);
    this.errors = [];
    this.storage = this.#create();
    const entries: string[] = [];
    this.recovered = this.storage.recover({
      snapshot: (_zxid, data) => entries.push(...(JSON.parse(data.toString()) as string[])),
      entry: (entry) => entries.push(describeEntry(entry)),
    });
    const found: ModelState = { epochs: this.recovered.epochs, entries };
    const possible = this.#states.map((state) => JSON.stringify(state));
    const index = possible.lastIndexOf(JSON.stringify(found));
    if (index === -1) {
      throw new Error(`found ${JSON.stringify(found)}, possible:\n${possible.join("\n")}`);
    }
    this.#checkZxids(this.recovered, found);
    // After a power cut what is found is durable; else only once the next operation has ended.
    this.#states = powerCut ? [found] : this.#states.slice(0, index + 1);
    this.#snapshotZxid = this.recovered.snapshotZxid;
    this.#askedCommitted = this.recovered.committedZxid;
  }

  /** After an error that was no doubt the storage goes on from the last state it acknowledged. */
  goOnAfterError(): void {
    this.#states.splice(1);
    this.#askedCommitted = lastZxidOf(this.#asked);
    this.errors = [];
  }

  #create(): Storage {
    const env: Pick<Env, "disk" | "timers" | "random" | "clock"> = {
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
    };
    const options = { sid: 1 as ServerId, ...DIRECTORIES, logFileMaxBytes: 2_000 };
    return createStorage(env, options);
  }

  #checkZxids(recovered: Recovered, found: ModelState): void {
    const last = lastZxidOf(found);
    let committed = recovered.snapshotZxid;
    for (const entry of found.entries) {
      const mark = this.#marks.get(entry) ?? NO_ZXID;
      if (zxidOf(entry) > recovered.snapshotZxid && mark > committed) committed = mark;
    }
    if (recovered.lastZxid !== last || recovered.committedZxid < Math.min(committed, last)) {
      throw new Error(`zxids: ${JSON.stringify(recovered)}, last ${last}, committed ${committed}`);
    }
    if (recovered.committedZxid > recovered.lastZxid) throw new Error("committed above last");
  }

  get #asked(): ModelState {
    const state = this.#states.at(-1);
    if (state === undefined) throw new Error("the model has no state");
    return state;
  }

  /** Adds the states that an operation leads through; returns what to do when it has ended well. */
  #expect(states: readonly ModelState[]): (error: Error | null) => void {
    this.#states.push(...states);
    const final = this.#asked;
    return (error) => {
      if (error !== null) {
        this.errors.push(error);
        return;
      }
      this.#states.splice(0, this.#states.indexOf(final));
    };
  }

  #append(sizes: readonly number[], newEpoch: boolean): void {
    const before = this.#asked;
    const last = lastZxidOf(before);
    let zxid = newEpoch || last === 0 ? makeZxid(Math.floor(last / 2 ** 32) + 1, 0) : last;
    const logged: LogEntry[] = sizes.map((size) => {
      zxid = (zxid + 1) as Zxid;
      return { zxid, bytes: Buffer.alloc(size, `${this.#tag++}.`) };
    });
    const states = logged.map((_, index) => ({
      epochs: before.epochs,
      entries: [...before.entries, ...logged.slice(0, index + 1).map(describeEntry)],
    }));
    // Half of the time this append's own entries are known as committed, as they are in a follower.
    const committed = this.#random() < 0.5 ? zxid : last;
    if (committed > this.#askedCommitted) this.#askedCommitted = committed;
    for (const entry of logged) this.#marks.set(describeEntry(entry), committed);
    this.storage.append(logged, committed, this.#expect(states));
  }

  #truncate(entries: number): void {
    const before = this.#asked;
    const floor = Math.max(this.#askedCommitted, this.#snapshotZxid);
    const kept = before.entries.filter((entry, index) => {
      return zxidOf(entry) <= floor || index < before.entries.length - entries;
    });
    const states: ModelState[] = [];
    for (let length = before.entries.length - 1; length >= kept.length; length--) {
      states.push({ epochs: before.epochs, entries: before.entries.slice(0, length) });
    }
    const target = Math.max(lastZxidOf({ ...before, entries: kept }), this.#snapshotZxid) as Zxid;
    this.storage.truncateAfter(target, this.#expect(states));
  }

  #epochs(): void {
    const before = this.#asked;
    const accepted = before.epochs.accepted + 1;
    const epochs = { accepted, current: this.#random() < 0.5 ? accepted : before.epochs.current };
    this.storage.saveEpochs(epochs, this.#expect([{ ...before, epochs }]));
  }

  #snapshot(back: number): void {
    const before = this.#asked;
    const committed = before.entries.filter((entry) => zxidOf(entry) <= this.#askedCommitted);
    const entries = committed.slice(0, Math.max(0, committed.length - back));
    const zxid = lastZxidOf({ ...before, entries });
    if (zxid < this.#snapshotZxid || zxid === 0) return;
    this.#snapshotZxid = zxid;
    this.storage.saveSnapshot(zxid, [Buffer.from(JSON.stringify(entries))], (error) => {
      if (error !== null) this.errors.push(error);
    });
  }

  #install(back: number, ahead: number): void {
    const before = this.#asked;
    const base = before.entries.slice(0, Math.max(0, before.entries.length - back));
    const zxid = (lastZxidOf({ ...before, entries: base }) + ahead + 1) as Zxid;
    const entries = [...base, describeEntry({ zxid, bytes: Buffer.from(`install${this.#tag++}`) })];
    this.#snapshotZxid = zxid;
    this.#askedCommitted = zxid;
    const done = this.#expect([{ ...before, entries }]);
    const text = JSON.stringify(entries);
    this.storage.installSnapshot(
      zxid,
      [Buffer.from(text.slice(0, 9)), Buffer.from(text.slice(9))],
      done,
    );
  }
}

/** A generator of numbers in [0, 1) that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function describeEntry(entry: LogEntry): string {
  return `${entry.zxid} ${entry.bytes.length} ${entry.bytes.subarray(0, 12).toString()}`;
}
function zxidOf(entry: string): Zxid {
  return Number.parseInt(entry, 10) as Zxid;
}
function lastZxidOf(state: ModelState): Zxid {
  const last = state.entries.at(-1);
  return last === undefined ? NO_ZXID : zxidOf(last);
}
