/**
 * A directory that one process has to itself.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const LOCK_NAME = "LOCK";
const SQLITE_BUSY = 5;

/**
 * Takes the directory until the returned function is called or the process ends.
 *
 * The lock must vanish with its process, a SIGKILL included, and must not be stolen by two processes
 * that start at the same time: only a lock of the kernel does both (a file with a process id needs
 * guesses about ids that were used again, and about containers). Node has no call for one, but its
 * SQLite has: an exclusive transaction on an empty database is an fcntl lock on that file, on every
 * platform. Nothing is ever written into it.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK_NAME);
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    const busy = cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
    const reason = busy
      ? `is in use by another server process (it holds ${path}): stop that process, or give this ` +
        "server a directory of its own"
      : `cannot be locked with ${path}: ${String(cause)}; make it readable and writable`;
    throw new Error(`directory ${directory} ${reason}`, { cause });
  }
  const locked = database;
  return () => locked.close();
}
