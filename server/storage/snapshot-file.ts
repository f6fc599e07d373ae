/**
 * A snapshot file: the whole state at one zxid.
 *
 *     magic     8 bytes  "QLSNAP1\n"
 *     sid       u32      who wrote it
 *     zxid      i64      the last transaction that the state contains
 *     data      bytes
 *     length    u64      of the data
 *     checksum  u32      of everything before it
 *
 * All integers are big-endian. The end says that the file is complete, whatever its name says.
 */
import { formatZxid, readZxid, writeZxid } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { checksum } from "./checksum.ts";

const MAGIC = Buffer.from("QLSNAP1\n");
const SID_AT = 8;
const ZXID_AT = 12;
const HEADER_BYTES = 20;
const TRAILER_BYTES = 12;

export interface Snapshot {
  readonly sid: ServerId;
  readonly zxid: Zxid;
  readonly data: Buffer;
}

/** The file's content as chunks; `chunks` are passed on, not copied. */
export function encodeSnapshot(sid: ServerId, zxid: Zxid, chunks: readonly Buffer[]): Buffer[] {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(sid, SID_AT);
  writeZxid(header, zxid, ZXID_AT);
  let sum = checksum(header, 0);
  let length = 0;
  for (const chunk of chunks) {
    sum = checksum(chunk, sum);
    length += chunk.length;
  }
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeBigUInt64BE(BigInt(length), 0);
  trailer.writeUInt32BE(checksum(trailer.subarray(0, 8), sum), 8);
  return [header, ...chunks, trailer];
}

/** The snapshot in a file's content, or what is wrong with it. */
export function decodeSnapshot(content: Buffer, expected: Zxid): Snapshot | string {
  const dataEnd = content.length - TRAILER_BYTES;
  if (dataEnd < HEADER_BYTES) return `only ${content.length} bytes`;
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) return "no snapshot header at offset 0";
  const length = Number(content.readBigUInt64BE(dataEnd));
  if (length !== dataEnd - HEADER_BYTES) {
    return `its end at offset ${dataEnd} speaks of ${length} bytes of data, not ${dataEnd - HEADER_BYTES}`;
  }
  const sumAt = content.length - 4;
  if (checksum(content.subarray(0, sumAt), 0) !== content.readUInt32BE(sumAt)) {
    return "checksum mismatch";
  }
  const zxid = readZxid(content, ZXID_AT);
  if (zxid !== expected) return `it is a snapshot of ${formatZxid(zxid)}, not what its name says`;
  return {
    sid: content.readUInt32BE(SID_AT) as ServerId,
    zxid,
    data: content.subarray(HEADER_BYTES, dataEnd),
  };
}
