/**
 * A file of the real disk that grows at its end.
 */
import { close, fdatasync, fsync, ftruncate, writev } from "node:fs";
import type { AppendFile, DiskDone } from "../env.ts";
import { OperationQueue } from "./operation-queue.ts";

/** The most chunks of one system call (IOV_MAX on Linux). */
const CHUNKS_MAX = 1_024;

export class NodeAppendFile implements AppendFile {
  readonly path: string;
  readonly #fd: number;
  readonly #queue = new OperationQueue();
  #sizeBytes: number;
  #closed = false;
  /** A write failed: what lies behind `#sizeBytes` is unknown until the file has been cut there. */
  #dirty: Error | null = null;
  /**
   * An fsync failed. The system may have dropped the pages and will report success next time, so no
   * later answer about this file can be believed.
   */
  #poison: Error | null = null;

  constructor(path: string, fd: number, sizeBytes: number) {
    this.path = path;
    this.#fd = fd;
    this.#sizeBytes = sizeBytes;
  }

  appendDurable(chunks: readonly Buffer[], done: DiskDone): void {
    this.#enqueue(done, (end) => {
      if (this.#dirty !== null) {
        setImmediate(end, this.#dirty);
        return;
      }
      writeAll(this.#fd, chunks, this.#sizeBytes, (error, endBytes) => {
        if (error !== null) {
          this.#dirty = error;
          end(error);
          return;
        }
        fdatasync(this.#fd, (syncError) => this.#synced(syncError, endBytes, end));
      });
    });
  }

  truncateDurable(size: number, done: DiskDone): void {
    this.#enqueue(done, (end) => {
      ftruncate(this.#fd, size, (error) => {
        if (error) {
          end(error);
          return;
        }
        this.#dirty = null;
        // Not fdatasync: whether that covers a shrunk size is left to each file system.
        fsync(this.#fd, (syncError) => this.#synced(syncError, size, end));
      });
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.push((finished) => {
      // Everything in the file was made durable: an error of close loses nothing.
      close(this.#fd, () => finished());
    });
  }

  #synced(error: Error | null, sizeBytes: number, end: DiskDone): void {
    if (error) this.#poison = error;
    else this.#sizeBytes = sizeBytes;
    end(error ?? null);
  }

  #enqueue(done: DiskDone, run: (end: DiskDone) => void): void {
    if (this.#closed) {
      setImmediate(done, new Error(`${this.path}: the file is closed`));
      return;
    }
    this.#queue.push((finished) => {
      const end: DiskDone = (error) => {
        done(error);
        finished();
      };
      if (this.#poison !== null) setImmediate(end, this.#poison);
      else run(end);
    });
  }
}

/** Writes all the chunks from `position` on, however many calls the system makes of it. */
export function writeAll(
  fd: number,
  chunks: readonly Buffer[],
  position: number,
  done: (error: NodeJS.ErrnoException | null, endBytes: number) => void,
): void {
  const batch = chunks.length > CHUNKS_MAX ? chunks.slice(0, CHUNKS_MAX) : chunks;
  if (batch.length === 0) {
    setImmediate(done, null, position);
    return;
  }
  writev(fd, batch, position, (error, written) => {
    if (error) {
      done(error, position);
      return;
    }
    const rest = dropWritten(chunks, written);
    if (rest.length === 0) done(null, position + written);
    else if (written === 0) done(new Error("the system wrote nothing"), position);
    else writeAll(fd, rest, position + written, done);
  });
}

function dropWritten(chunks: readonly Buffer[], written: number): readonly Buffer[] {
  let left = written;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
