/**
 * A disk in memory that can fail and crash at every step, for tests and simulations.
 *
 * It keeps apart what was written and what is durable. After a power cut everything durable is
 * there, and of the rest what chance keeps: any sectors of each write, any of the changed names.
 */
import type { AppendFile, Disk, DiskDone } from "../env.ts";
import { OperationQueue } from "../node-env/operation-queue.ts";
import { FaultAppendFile } from "./fault-append-file.ts";
import { FaultFile } from "./fault-file.ts";
import { DiskSteps, systemError } from "./fault-steps.ts";
import type { StepDone, StepOptions } from "./fault-steps.ts";

/** A change of a directory that is not durable yet; a rename is one change of two names. */
interface NameChange {
  readonly directory: string;
  readonly names: ReadonlyMap<string, FaultFile | null>;
}

export class FaultDisk implements Disk {
  readonly #options: StepOptions;
  readonly #steps: DiskSteps;
  #names = new Map<string, FaultFile>();
  readonly #durableNames = new Map<string, FaultFile>();
  #changes: NameChange[] = [];
  /** Durable at once, in one step: directories are created before a server serves. */
  readonly #directories = new Set<string>();
  readonly #queues = new Map<string, OperationQueue>();

  constructor(options: StepOptions) {
    this.#options = options;
    this.#steps = new DiskSteps(options);
  }

  /** A step was fated to be where the machine stops; nothing happens any more until `restart`. */
  get crashed(): boolean {
    return this.#steps.stopped;
  }
  /** How many steps were taken. */
  get stepsTaken(): number {
    return this.#steps.taken;
  }

  /**
   * The machine starts again: nothing that was under way ever calls back. After a power cut, what was
   * not durable is kept or lost by chance; else (the process was killed) all of it is kept.
   */
  restart(powerCut: boolean): void {
    this.#steps.restart();
    this.#queues.clear();
    if (!powerCut) return;
    const { random } = this.#options;
    for (const change of this.#changes) {
      if (random() < 0.5) applyChange(this.#durableNames, change);
    }
    this.#changes = [];
    this.#names = new Map(this.#durableNames);
    for (const file of new Set(this.#names.values())) file.losePower(random);
  }

  /** Flips bits of one byte of a file for good, as rot does. */
  rot(path: string, offset: number, mask: number): void {
    this.#existing(path).rot(offset, mask);
  }

  /** Puts a file there or replaces it, durably and at once: to arrange a state. */
  put(path: string, content: Buffer): void {
    const file = new FaultFile();
    file.write(0, content);
    file.sync();
    this.makeDirectory(parentOf(path));
    this.#names.set(path, file);
    this.#durableNames.set(path, file);
  }

  /** All files, sorted. */
  paths(): string[] {
    return [...this.#names.keys()].toSorted();
  }

  list(directory: string): string[] {
    const found = new Set<string>();
    for (const path of [...this.#names.keys(), ...this.#directories]) {
      if (!path.startsWith(`${directory}/`)) continue;
      const name = path.slice(directory.length + 1).split("/")[0];
      if (name !== undefined && name !== "") found.add(name);
    }
    return [...found].toSorted();
  }

  makeDirectory(directory: string): void {
    for (let path = directory; path !== ""; path = parentOf(path)) this.#directories.add(path);
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#directories.has(path);
  }

  read(path: string): Buffer {
    return this.#existing(path).content();
  }

  openAppend(path: string, done: (result: AppendFile | Error) => void): void {
    const create = (): void => {
      if (!this.#names.has(path)) this.#change(path, new Map([[path, new FaultFile()]]));
    };
    this.#steps.take("create", path, 0, create, (error) => {
      if (error !== null) {
        done(error);
        return;
      }
      this.#syncDirectory(path, (syncError) => {
        if (syncError !== null) done(syncError);
        else done(new FaultAppendFile(path, this.#existing(path), this.#steps));
      });
    });
  }

  replaceDurable(path: string, chunks: readonly Buffer[], done: DiskDone): void {
    const temporary = `${path}.tmp`;
    const content = Buffer.concat(chunks);
    const file = new FaultFile();
    this.#inOrder(path, done, (finished) => {
      const end: StepDone = (error) => {
        if (error !== null) this.#names.delete(temporary);
        finished(error);
      };
      const next = (then: () => void): StepDone => {
        return (error) => {
          if (error !== null) end(error);
          else then();
        };
      };
      const create = (): void => this.#change(path, new Map([[temporary, file]]));
      const write = (bytes: number): void => file.write(0, content.subarray(0, bytes));
      const rename = (): void => {
        const names = new Map<string, FaultFile | null>([
          [temporary, null],
          [path, file],
        ]);
        this.#change(path, names);
      };
      const steps = this.#steps;
      const sync = (): void => file.sync();
      const renamed = next(() => this.#syncDirectory(path, end));
      const synced = next(() => steps.take("rename", path, 0, rename, renamed));
      const written = next(() => steps.take("sync", temporary, 0, sync, synced));
      const created = next(() => steps.take("write", temporary, content.length, write, written));
      steps.take("create", temporary, 0, create, created);
    });
  }

  removeDurable(path: string, done: DiskDone): void {
    this.#inOrder(path, done, (finished) => {
      const remove = (): void => {
        if (this.#names.has(path)) this.#change(path, new Map([[path, null]]));
      };
      this.#steps.take("remove", path, 0, remove, (error) => {
        if (error !== null) finished(error);
        else this.#syncDirectory(path, finished);
      });
    });
  }

  #syncDirectory(path: string, done: StepDone): void {
    const directory = parentOf(path);
    const sync = (): void => {
      for (const change of this.#changes) {
        if (change.directory === directory) applyChange(this.#durableNames, change);
      }
      this.#changes = this.#changes.filter((change) => change.directory !== directory);
    };
    this.#steps.take("syncDirectory", directory, 0, sync, done);
  }

  #change(path: string, names: NameChange["names"]): void {
    const directory = parentOf(path);
    if (!this.#directories.has(directory)) throw systemError("ENOENT", "open", path);
    const change = { directory, names };
    applyChange(this.#names, change);
    this.#changes.push(change);
  }

  #existing(path: string): FaultFile {
    const file = this.#names.get(path);
    if (file === undefined) throw systemError("ENOENT", "open", path);
    return file;
  }

  #inOrder(path: string, done: DiskDone, run: (finished: StepDone) => void): void {
    const queue = this.#queues.get(path) ?? new OperationQueue();
    this.#queues.set(path, queue);
    queue.push((finished) => {
      run((error) => {
        done(error);
        finished();
      });
    });
  }
}

function applyChange(names: Map<string, FaultFile>, change: NameChange): void {
  for (const [name, file] of change.names) {
    if (file === null) names.delete(name);
    else names.set(name, file);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
