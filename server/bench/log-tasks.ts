/** One transaction's way into the log's buffer, and out of a file on recovery. */
import { makeZxid } from "../ids.ts";
import { RECORD_HEADER_BYTES, decodeRecord, encodeRecord } from "../storage/log-record.ts";
import type { MicroTask } from "./micro-task.ts";

const SALT = 0x1234_5678;
const ZXID = makeZxid(1, 1);

export function logTasks(): MicroTask[] {
  const entry = { zxid: ZXID, bytes: Buffer.alloc(1100, "x") };
  const file = Buffer.alloc(RECORD_HEADER_BYTES + entry.bytes.length);
  const place = { salt: SALT, offset: 0, batchOffset: 0 };
  encodeRecord(file, 0, entry, ZXID, place);
  const target = Buffer.alloc(file.length);
  return [
    {
      name: "encode a log record of 1.1 KB, with its checksum",
      run() {
        encodeRecord(target, 0, entry, ZXID, place);
      },
    },
    {
      name: "decode a log record of 1.1 KB, and check it",
      run() {
        const record = decodeRecord(file, 0, SALT);
        if (typeof record === "string") throw new Error(record);
      },
    },
  ];
}
