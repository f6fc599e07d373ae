/**
 * Reading a server's log offline: after it has stopped, for tools and for the checkers of a run.
 * Nothing is locked, repaired or changed.
 */
import type { Disk } from "../env.ts";
import { NO_ZXID } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { damageError } from "./damage.ts";
import { historyPath, logFiles, snapshotFiles, statePath } from "./layout.ts";
import type { Directories, NamedFile } from "./layout.ts";
import { RECORD_HEADER_BYTES } from "./log-record.ts";
import { decodeLogHeader, LOG_HEADER_BYTES, scanLog } from "./log-scan.ts";
import { decodeState } from "./state-file.ts";
import type { Epochs, LogEntry } from "./storage.ts";

export interface LoggedEntry extends LogEntry {
  /** The commit watermark that the server knew when it wrote the entry. */
  readonly committed: Zxid;
}

/** One history that a server held: the one in force, or one that a leader's snapshot replaced. */
export interface LoggedHistory {
  readonly number: number;
  /** Whether it is the one in force: the last of the list. */
  readonly inForce: boolean;
  /** What its log begins behind: 0 for the whole past, else a zxid at or below a snapshot's. */
  readonly baseZxid: Zxid;
  /** The zxids of the snapshots, the lowest first, whole or not. */
  readonly snapshots: readonly Zxid[];
  /** Reads the files one after the other; see `readLog`. */
  entries(): Generator<LoggedEntry, void, void>;
}

export interface ServerLog {
  readonly sid: ServerId;
  readonly epochs: Epochs;
  readonly histories: readonly LoggedHistory[];
}

/**
 * Opens a stopped server's log. Null if the directory was never served from.
 * Throws a `StorageError` if the state file is damaged.
 */
export function openServerLog(disk: Disk, directories: Directories): ServerLog | null {
  const path = statePath(directories.dataDir);
  if (!disk.exists(path)) return null;
  const state = decodeState(disk.read(path), path);
  const histories: LoggedHistory[] = [];
  for (let number = 0; number <= state.history; number++) {
    const folder = historyPath(directories.dataLogDir, number);
    const files = logFiles(folder, disk.list(folder));
    const snapshotFolder = historyPath(directories.dataDir, number);
    const snapshots = snapshotFiles(snapshotFolder, disk.list(snapshotFolder));
    const inForce = number === state.history;
    histories.push({
      number,
      inForce,
      // The first files of the one in force may have been purged.
      baseZxid: Math.max(inForce ? state.baseZxid : NO_ZXID, baseOf(disk, files)) as Zxid,
      snapshots: snapshots.map((snapshot) => snapshot.zxid),
      entries: () => readFiles(disk, files),
    });
  }
  return { sid: state.sid, epochs: state.epochs, histories };
}

/**
 * The entries of the history in force, in the order of zxids; a torn tail is left out, as recovery
 * would. Throws a `StorageError` at damage, after the entries before it.
 */
export function* readLog(disk: Disk, directories: Directories): Generator<LoggedEntry, void, void> {
  const log = openServerLog(disk, directories);
  const inForce = log?.histories.at(-1);
  if (inForce !== undefined) yield* inForce.entries();
}

function baseOf(disk: Disk, files: readonly NamedFile[]): Zxid {
  const first = files[0];
  if (first === undefined) return NO_ZXID;
  const header = decodeLogHeader(disk.read(first.path));
  return typeof header === "string" ? NO_ZXID : header.previousZxid;
}

function* readFiles(disk: Disk, files: readonly NamedFile[]): Generator<LoggedEntry, void, void> {
  for (const [index, file] of files.entries()) {
    const content = disk.read(file.path);
    const isLast = index === files.length - 1;
    const header = decodeLogHeader(content);
    if (typeof header === "string") {
      if (isLast && content.length <= LOG_HEADER_BYTES) return;
      throw damageError(file.path, `damaged at offset 0 (${header})`);
    }
    const entries: LoggedEntry[] = [];
    const scan = scanLog(content, header, (record, offset) => {
      const bytes = content.subarray(offset + RECORD_HEADER_BYTES, record.endOffset);
      entries.push({ zxid: record.zxid, committed: record.committed, bytes });
    });
    yield* entries;
    if (scan.bad !== null && (scan.bad.kind === "damaged" || !isLast)) {
      throw damageError(file.path, `damaged at offset ${scan.bad.offset} (${scan.bad.found})`);
    }
  }
}
