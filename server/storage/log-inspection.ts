/**
 * Reading of one log file all that can be read: recovery stops at the first damage, an inspection goes
 * on behind it.
 */
import { NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import type { LogRecord } from "./log-record.ts";
import {
  decodeLogHeader,
  findRecord,
  LOG_HEADER_BYTES,
  saltAsWritten,
  scanLog,
} from "./log-scan.ts";
import type { BadEnd, LogHeader } from "./log-scan.ts";

export interface LogInspection {
  /** The file's header, or what is wrong with it. */
  readonly header: LogHeader | string;
  readonly records: number;
  /** Of the whole records; null if there is none. */
  readonly lastZxid: Zxid | null;
  /** Every place that is not a record, the first ones first. */
  readonly bad: readonly BadEnd[];
  /** There are more bad places than are listed: what comes behind the last one was not looked at. */
  readonly isCutShort: boolean;
}

/** In a file with more bad places than these, the next one says nothing new. */
const MAX_BAD_PLACES = 100;

/**
 * Hands every whole record to `visit`, with the offset it begins at. Behind a bad place it goes on with
 * the next whole record; behind a bad header, with the salt that stands in it.
 */
export function inspectLog(
  content: Buffer,
  visit: (record: LogRecord, offset: number) => void,
): LogInspection {
  const header = decodeLogHeader(content);
  const salt = typeof header === "string" ? saltAsWritten(content) : header.salt;
  const bad: BadEnd[] = [];
  let records = 0;
  let lastZxid: Zxid | null = null;
  if (salt === null) return { header, records, lastZxid, bad, isCutShort: false };
  const count = (record: LogRecord, offset: number): void => {
    records++;
    lastZxid = record.zxid;
    visit(record, offset);
  };
  let from: number | null = LOG_HEADER_BYTES;
  if (typeof header !== "string") {
    const scan = scanLog(content, header, count);
    if (scan.bad !== null) bad.push(scan.bad);
    from = scan.bad && scan.bad.offset + 1;
  }
  while (from !== null) {
    const next = findRecord(content, from, salt, (record) => record.zxid > (lastZxid ?? NO_ZXID));
    if (next === null) break;
    if (bad.length === MAX_BAD_PLACES) return { header, records, lastZxid, bad, isCutShort: true };
    const start = { offset: next.offset, lastZxid: lastZxid ?? NO_ZXID };
    const scan = scanLog(content, { firstZxid: NO_ZXID, salt }, count, start);
    if (scan.bad !== null) bad.push(scan.bad);
    from = scan.bad && scan.bad.offset + 1;
  }
  return { header, records, lastZxid, bad, isCutShort: false };
}
