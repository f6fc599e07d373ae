/**
 * One transaction in the log.
 *
 *     checksum   u32   of the rest of the record, begun from the file's salt
 *     length     u32   of the payload
 *     zxid       i64
 *     committed  i64   the commit watermark that was known when this was written
 *     offset     u32   of this record in the file
 *     batch      u32   offset of the first record of the same write
 *     payload    bytes
 *
 * All integers are big-endian. Salt and offset make a record valid in one place of one file only: a
 * block that moved, that a file system brings back from before, or that a client stored as data of a
 * znode does not pass for a record. The batch tells a torn write from damage (log-scan.ts).
 */
import { readZxid, writeZxid } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { checksum } from "./checksum.ts";
import type { LogEntry } from "./storage.ts";

export const RECORD_HEADER_BYTES = 32;
const LENGTH_AT = 4;
const ZXID_AT = 8;
const COMMITTED_AT = 16;
const OFFSET_AT = 24;
const BATCH_AT = 28;

export interface LogRecord {
  readonly zxid: Zxid;
  readonly committed: Zxid;
  readonly batchOffset: number;
  /** Where the next record begins; the payload ends here. */
  readonly endOffset: number;
}

/** Where in which file a record is written. */
export interface RecordPlace {
  readonly salt: number;
  /** Not read-only: one object serves for all the records of a batch. */
  offset: number;
  readonly batchOffset: number;
}

/** Writes the record into `target` from `at` on; returns where it ends. */
export function encodeRecord(
  target: Buffer,
  at: number,
  entry: LogEntry,
  committed: Zxid,
  place: RecordPlace,
): number {
  const end = at + RECORD_HEADER_BYTES + entry.bytes.length;
  target.writeUInt32BE(entry.bytes.length, at + LENGTH_AT);
  writeZxid(target, entry.zxid, at + ZXID_AT);
  writeZxid(target, committed, at + COMMITTED_AT);
  target.writeUInt32BE(place.offset, at + OFFSET_AT);
  target.writeUInt32BE(place.batchOffset, at + BATCH_AT);
  target.set(entry.bytes, at + RECORD_HEADER_BYTES);
  target.writeUInt32BE(checksum(target.subarray(at + LENGTH_AT, end), place.salt), at);
  return end;
}

/** The record at `offset` of a file's content, or what is wrong with it. */
export function decodeRecord(file: Buffer, offset: number, salt: number): LogRecord | string {
  const left = file.length - offset;
  if (left < RECORD_HEADER_BYTES) return `the file ends ${left} bytes into a record`;
  const length = file.readUInt32BE(offset + LENGTH_AT);
  const endOffset = offset + RECORD_HEADER_BYTES + length;
  if (endOffset > file.length) {
    return `a record of ${length} bytes where only ${left - RECORD_HEADER_BYTES} are left`;
  }
  if (!mayBeRecord(file, offset)) return "no record header";
  if (checksum(file.subarray(offset + LENGTH_AT, endOffset), salt) !== file.readUInt32BE(offset)) {
    return "checksum mismatch";
  }
  return {
    zxid: readZxid(file, offset + ZXID_AT),
    committed: readZxid(file, offset + COMMITTED_AT),
    batchOffset: file.readUInt32BE(offset + BATCH_AT),
    endOffset,
  };
}

/** A cheap first look: a record says at which offset it is. At least a header must be left there. */
export function mayBeRecord(file: Buffer, offset: number): boolean {
  return file.readUInt32BE(offset + OFFSET_AT) === offset;
}
