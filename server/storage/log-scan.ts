/**
 * Reading one log file, and telling a torn write from damage.
 *
 *     magic         8 bytes  "QLLOG01\n"
 *     sid           u32      whose log it is
 *     firstZxid     i64      of the first record, as in the file's name
 *     previousZxid  i64      the last zxid of the history before this file
 *     salt          u32      random; see log-record.ts
 *     checksum      u32      of everything before it
 *     records
 */
import { formatZxid, readZxid, writeZxid } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { checksum } from "./checksum.ts";
import { decodeRecord, mayBeRecord, RECORD_HEADER_BYTES } from "./log-record.ts";
import type { LogRecord } from "./log-record.ts";

export interface LogHeader {
  readonly sid: ServerId;
  readonly firstZxid: Zxid;
  readonly previousZxid: Zxid;
  readonly salt: number;
}

const MAGIC = Buffer.from("QLLOG01\n");
const SID_AT = 8;
const FIRST_AT = 12;
const PREVIOUS_AT = 20;
const SALT_AT = 28;
const CHECKSUM_AT = 32;
export const LOG_HEADER_BYTES = 36;

export function encodeLogHeader(header: LogHeader): Buffer {
  const bytes = Buffer.alloc(LOG_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(header.sid, SID_AT);
  writeZxid(bytes, header.firstZxid, FIRST_AT);
  writeZxid(bytes, header.previousZxid, PREVIOUS_AT);
  bytes.writeUInt32BE(header.salt, SALT_AT);
  bytes.writeUInt32BE(checksum(bytes.subarray(0, CHECKSUM_AT), 0), CHECKSUM_AT);
  return bytes;
}

/** The header of a log file's content, or what is wrong with it. */
export function decodeLogHeader(file: Buffer): LogHeader | string {
  if (file.length < LOG_HEADER_BYTES) return `only ${file.length} bytes, less than a file header`;
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return "no log file header";
  if (checksum(file.subarray(0, CHECKSUM_AT), 0) !== file.readUInt32BE(CHECKSUM_AT)) {
    return "checksum mismatch in the file header";
  }
  return {
    sid: file.readUInt32BE(SID_AT) as ServerId,
    firstZxid: readZxid(file, FIRST_AT),
    previousZxid: readZxid(file, PREVIOUS_AT),
    salt: file.readUInt32BE(SALT_AT),
  };
}

/** The end of a log file that is not a record. */
export interface BadEnd {
  /** Where the first bad byte may be; everything before it is whole. */
  readonly offset: number;
  readonly found: string;
  /**
   * `torn`: it can be the remains of the last write, which nobody was told was durable. `damaged`:
   * a later write follows it, so this had been made durable before, and was spoilt afterwards.
   */
  readonly kind: "torn" | "damaged";
}

export interface LogScan {
  /** The end of the last whole record (of the header if there is none). */
  readonly endOffset: number;
  readonly lastZxid: Zxid | null;
  readonly bad: BadEnd | null;
}

/** Where a scan begins that does not begin with the file's first record. */
export interface ScanStart {
  readonly offset: number;
  /** Records must be above this zxid. */
  readonly lastZxid: Zxid;
}

/** Reads a file's records in order and hands each to `visit`, with the offset it begins at. */
export function scanLog(
  file: Buffer,
  header: Pick<LogHeader, "firstZxid" | "salt">,
  visit: (record: LogRecord, offset: number) => void,
  start: ScanStart | null = null,
): LogScan {
  let offset = start?.offset ?? LOG_HEADER_BYTES;
  let lastZxid: Zxid | null = start?.lastZxid ?? null;
  while (offset < file.length) {
    const record = decodeRecord(file, offset, header.salt);
    if (typeof record === "string") {
      return { endOffset: offset, lastZxid, bad: judge(file, offset, header.salt, record) };
    }
    const wrongZxid = orderProblem(record.zxid, lastZxid, header.firstZxid);
    if (wrongZxid !== null) {
      return { endOffset: offset, lastZxid, bad: { offset, found: wrongZxid, kind: "damaged" } };
    }
    visit(record, offset);
    lastZxid = record.zxid;
    offset = record.endOffset;
  }
  return { endOffset: offset, lastZxid, bad: null };
}

function orderProblem(zxid: Zxid, last: Zxid | null, first: Zxid): string | null {
  if (last === null) {
    if (zxid === first) return null;
    return `zxid ${formatZxid(zxid)} where the file should begin with ${formatZxid(first)}`;
  }
  return zxid > last ? null : `zxid ${formatZxid(zxid)} after ${formatZxid(last)}`;
}

/**
 * A power cut may keep any sectors of the write that was under way: whole records after a bad one
 * are no surprise if they belong to that same write. But a write begins only when the one before it
 * is durable; so a whole record whose batch begins behind the bad place proves that this place had
 * been durable, too.
 */
function judge(file: Buffer, badOffset: number, salt: number, found: string): BadEnd {
  const later = findRecord(file, badOffset + 1, salt, (record) => record.batchOffset > badOffset);
  if (later === null) return { offset: badOffset, found, kind: "torn" };
  const { zxid } = later.record;
  const and = `${found}, and a later write with zxid ${formatZxid(zxid)} at offset ${later.offset}`;
  return { offset: badOffset, found: and, kind: "damaged" };
}

/** The first whole record at `from` or behind it that `wanted` accepts; null if there is none. */
export function findRecord(
  file: Buffer,
  from: number,
  salt: number,
  wanted: (record: LogRecord) => boolean,
): { readonly record: LogRecord; readonly offset: number } | null {
  for (let offset = from; offset + RECORD_HEADER_BYTES <= file.length; offset++) {
    if (!mayBeRecord(file, offset)) continue;
    const record = decodeRecord(file, offset, salt);
    if (typeof record !== "string" && wanted(record)) return { record, offset };
  }
  return null;
}

/**
 * The salt that a file's header says, whether its checksum holds or not; null if the file is too short.
 * Records that are whole under it prove that it is right.
 */
export function saltAsWritten(file: Buffer): number | null {
  return file.length < LOG_HEADER_BYTES ? null : file.readUInt32BE(SALT_AT);
}
