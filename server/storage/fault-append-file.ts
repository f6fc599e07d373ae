/**
 * A file of a `FaultDisk` that grows at its end.
 */
import type { AppendFile, DiskDone } from "../env.ts";
import { OperationQueue } from "../node-env/operation-queue.ts";
import type { FaultFile } from "./fault-file.ts";
import type { DiskSteps, StepDone } from "./fault-steps.ts";

export class FaultAppendFile implements AppendFile {
  readonly path: string;
  readonly #file: FaultFile;
  readonly #steps: DiskSteps;
  readonly #queue = new OperationQueue();
  /** The end of the last append that succeeded. */
  #sizeBytes: number;
  #closed = false;
  /** A write failed: no more appends until the file has been cut. */
  #dirty: Error | null = null;
  /** An fsync failed: nothing more. */
  #poison: Error | null = null;

  constructor(path: string, file: FaultFile, steps: DiskSteps) {
    this.path = path;
    this.#file = file;
    this.#steps = steps;
    this.#sizeBytes = file.sizeBytes;
  }

  appendDurable(chunks: readonly Buffer[], done: DiskDone): void {
    const content = Buffer.concat(chunks);
    const write = (bytes: number): void => {
      this.#file.write(this.#sizeBytes, content.subarray(0, bytes));
    };
    this.#enqueue(done, (end) => {
      if (this.#dirty !== null) {
        this.#refuse(end, this.#dirty);
        return;
      }
      this.#steps.take("write", this.path, content.length, write, (error) => {
        if (error !== null) {
          this.#dirty = error;
          end(error);
          return;
        }
        this.#sync(this.#sizeBytes + content.length, end);
      });
    });
  }

  truncateDurable(size: number, done: DiskDone): void {
    const cut = (): void => this.#file.cut(size);
    this.#enqueue(done, (end) => {
      this.#steps.take("cut", this.path, 0, cut, (error) => {
        if (error !== null) {
          end(error);
          return;
        }
        this.#dirty = null;
        this.#sync(size, end);
      });
    });
  }

  close(): void {
    this.#closed = true;
  }

  #sync(sizeBytes: number, end: StepDone): void {
    const sync = (): void => this.#file.sync();
    this.#steps.take("sync", this.path, 0, sync, (error) => {
      if (error !== null) this.#poison = error;
      else this.#sizeBytes = sizeBytes;
      end(error);
    });
  }

  #enqueue(done: DiskDone, run: (end: StepDone) => void): void {
    const closed = this.#closed ? new Error(`${this.path}: the file is closed`) : null;
    this.#queue.push((finished) => {
      const end: StepDone = (error) => {
        done(error);
        finished();
      };
      const refusal = closed ?? this.#poison;
      if (refusal !== null) this.#refuse(end, refusal);
      else run(end);
    });
  }

  /** Fails without a step of the disk, in a later turn all the same. */
  #refuse(end: StepDone, error: Error): void {
    this.#steps.later(() => end(error));
  }
}
