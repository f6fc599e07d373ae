/**
 * Reading the log of a history from a snapshot on: which files matter, whether they are whole and
 * follow each other without a gap, and what a crash has left at the end.
 */
import type { Disk } from "../env.ts";
import { formatZxid } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { damagedAt, damageError, ownerError } from "./damage.ts";
import type { NamedFile } from "./layout.ts";
import { LOG_HEADER_BYTES, decodeLogHeader, scanLog } from "./log-scan.ts";
import type { LogHeader } from "./log-scan.ts";
import { RECORD_HEADER_BYTES } from "./log-record.ts";
import type { Repair } from "./repair.ts";
import type { RecoveryVisitor } from "./storage.ts";

/** What is wrong with a file without an entry that is not the last one. */
export const EMPTY_FILE = "no entry, yet another file follows";

/** A log file that holds at least one entry. */
export interface LogFile {
  readonly path: string;
  readonly firstZxid: Zxid;
}

export interface LogSource {
  readonly disk: Disk;
  readonly sid: ServerId;
  /** All log files of the history, the lowest zxid first. */
  readonly files: readonly NamedFile[];
  /** Entries up to this one are known from a snapshot; 0 without one. */
  readonly snapshotZxid: Zxid;
}

export interface LogRecovery {
  readonly lastZxid: Zxid;
  readonly committedZxid: Zxid;
  readonly files: readonly LogFile[];
  readonly repairs: readonly Repair[];
  readonly notes: readonly string[];
}

/**
 * Gives the visitor all entries above the snapshot. Files that end below it are not even read: their
 * number grows for as long as the server lives. Throws a `StorageError` on damage or a gap.
 */
export function recoverLog(
  source: LogSource,
  visitor: Pick<RecoveryVisitor, "entry">,
): LogRecovery {
  const { files, snapshotZxid } = source;
  const repairs: Repair[] = [];
  const notes: string[] = [];
  const kept: LogFile[] = [];
  let lastZxid = snapshotZxid;
  let watermark = snapshotZxid;
  const start = firstFileNeeded(files, snapshotZxid);
  for (const [index, file] of files.entries()) {
    if (index < start) {
      kept.push({ path: file.path, firstZxid: file.zxid });
      continue;
    }
    const content = source.disk.read(file.path);
    const isLast = index === files.length - 1;
    const header = decodeLogHeader(content);
    if (typeof header === "string") {
      if (!isLast || content.length > LOG_HEADER_BYTES) throw damaged(file.path, 0, header);
      repairs.push({ type: "remove", path: file.path });
      notes.push(`${file.path}: removed (${header}), it was being created when the server stopped`);
      break;
    }
    checkPlace(file, header, source.sid, lastZxid);
    const scan = scanLog(content, header, (record, offset) => {
      if (record.committed > watermark) watermark = record.committed;
      if (record.zxid <= snapshotZxid) return;
      // A copy: an entry that someone keeps must not keep the whole file in memory.
      const bytes = Buffer.from(content.subarray(offset + RECORD_HEADER_BYTES, record.endOffset));
      visitor.entry({ zxid: record.zxid, bytes });
    });
    if (scan.bad !== null) {
      const { offset, found, kind } = scan.bad;
      if (kind === "damaged" || !isLast) throw damaged(file.path, offset, found);
      const size = content.length - offset;
      notes.push(`${file.path}: torn tail of ${size} bytes at offset ${offset} cut off (${found})`);
    }
    if (scan.lastZxid === null) {
      if (!isLast) throw damaged(file.path, LOG_HEADER_BYTES, EMPTY_FILE);
      repairs.push({ type: "remove", path: file.path });
      continue;
    }
    // Cut where it ends: even when nothing is cut off, that makes durable what is there (recovery.ts).
    if (isLast) repairs.push({ type: "cut", path: file.path, sizeBytes: scan.endOffset });
    kept.push({ path: file.path, firstZxid: header.firstZxid });
    if (scan.lastZxid > lastZxid) lastZxid = scan.lastZxid;
  }
  // A torn write can lose entries that its own watermark speaks of.
  const committedZxid = watermark < lastZxid ? watermark : lastZxid;
  return { lastZxid, committedZxid, files: kept, repairs, notes };
}

function checkPlace(file: NamedFile, header: LogHeader, sid: ServerId, knownZxid: Zxid): void {
  if (header.sid !== sid) throw ownerError(file.path, header.sid, sid);
  const found = placeProblem(file, header, knownZxid);
  if (found !== null) throw damageError(file.path, found);
}

/**
 * Why a log file with this header cannot be in this place, as a clause; null if it can. `knownZxid` is
 * how far the snapshot and the files before it reach.
 */
export function placeProblem(file: NamedFile, header: LogHeader, knownZxid: Zxid): string | null {
  if (header.firstZxid !== file.zxid) {
    const first = formatZxid(header.firstZxid);
    return damagedAt(0, `its header says that it begins with ${first}, unlike its name`);
  }
  if (header.previousZxid <= knownZxid) return null;
  return (
    `it follows ${formatZxid(header.previousZxid)}, but the snapshot and log files before it ` +
    `reach only to ${formatZxid(knownZxid)}: files are missing`
  );
}

/** The log file that recovery begins with, as an index: what is before it ends below the snapshot. */
export function firstFileNeeded(files: readonly NamedFile[], snapshotZxid: Zxid): number {
  return Math.max(
    0,
    files.findLastIndex((file) => file.zxid <= snapshotZxid),
  );
}

function damaged(path: string, offset: number, found: string): Error {
  return damageError(path, damagedAt(offset, found));
}
