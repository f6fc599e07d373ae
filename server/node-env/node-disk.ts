/**
 * The real disk.
 */
import {
  close,
  constants,
  existsSync,
  fstat,
  fsync,
  fsyncSync,
  closeSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  rename,
  unlink,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { AppendFile, Disk, DiskDone } from "../env.ts";
import { lockDirectory } from "./directory-lock.ts";
import { makeDirectories } from "./make-directories.ts";
import { NodeAppendFile, writeAll } from "./node-append-file.ts";
import { OperationQueue } from "./operation-queue.ts";

/** What a file that is not complete yet is called; whatever carries it may be removed at a start. */
const TEMPORARY_SUFFIX = ".tmp";

export class NodeDisk implements Disk {
  /** Replacements and removals under way, by absolute path. */
  readonly #queues = new Map<string, OperationQueue>();

  list(directory: string): string[] {
    try {
      return readdirSync(directory).toSorted();
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  makeDirectory(directory: string): void {
    const path = resolve(directory);
    const firstMade = makeDirectories(path)[0] ?? path;
    // The entry of each new directory is in its parent: that is what must be durable. If it was there
    // before, too: a process that was killed may have made it.
    const top = dirname(resolve(firstMade));
    for (let made = path; made !== top; made = dirname(made)) syncDirectoryNow(dirname(made));
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  read(path: string): Buffer {
    return readFileSync(path);
  }

  openAppend(path: string, done: (result: AppendFile | Error) => void): void {
    // Not O_APPEND: the position is given with each write, so that a failed one can be written over.
    open(path, constants.O_RDWR | constants.O_CREAT, 0o644, (openError, fd) => {
      if (openError) {
        done(openError);
        return;
      }
      const failed = (error: Error): void => close(fd, () => done(error));
      fstat(fd, (statError, stat) => {
        if (statError) {
          failed(statError);
          return;
        }
        syncDirectory(dirname(path), (syncError) => {
          if (syncError !== null) failed(syncError);
          else done(new NodeAppendFile(path, fd, stat.size));
        });
      });
    });
  }

  replaceDurable(path: string, chunks: readonly Buffer[], done: DiskDone): void {
    this.#inOrder(path, done, (end) => {
      const temporary = path + TEMPORARY_SUFFIX;
      const failed: DiskDone = (error) => unlink(temporary, () => end(error));
      writeFileDurable(temporary, chunks, (writeError) => {
        if (writeError !== null) {
          failed(writeError);
          return;
        }
        rename(temporary, path, (renameError) => {
          if (renameError) failed(renameError);
          else syncDirectory(dirname(path), end);
        });
      });
    });
  }

  removeDurable(path: string, done: DiskDone): void {
    this.#inOrder(path, done, (end) => {
      unlink(path, (error) => {
        if (error && error.code !== "ENOENT") end(error);
        else if (error && !existsSync(dirname(path))) end(null);
        else syncDirectory(dirname(path), end);
      });
    });
  }

  lock(directory: string): () => void {
    return lockDirectory(directory);
  }

  #inOrder(path: string, done: DiskDone, run: (end: DiskDone) => void): void {
    const key = resolve(path);
    const queue = this.#queues.get(key) ?? new OperationQueue();
    this.#queues.set(key, queue);
    queue.push((finished) => {
      run((error) => {
        done(error);
        finished();
        if (queue.idle) this.#queues.delete(key);
      });
    });
  }
}

function writeFileDurable(path: string, chunks: readonly Buffer[], done: DiskDone): void {
  open(path, "w", 0o644, (openError, fd) => {
    if (openError) {
      done(openError);
      return;
    }
    const end = (error: Error | null): void => {
      close(fd, (closeError) => done(error ?? closeError ?? null));
    };
    writeAll(fd, chunks, 0, (writeError) => {
      if (writeError !== null) end(writeError);
      else fsync(fd, (error) => end(error ?? null));
    });
  });
}

/** Makes the entries of a directory durable: files that were created, renamed or removed in it. */
function syncDirectory(directory: string, done: DiskDone): void {
  open(directory, "r", (openError, fd) => {
    if (openError) {
      done(openError);
      return;
    }
    fsync(fd, (error) => close(fd, (closeError) => done(error ?? closeError ?? null)));
  });
}

function syncDirectoryNow(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
