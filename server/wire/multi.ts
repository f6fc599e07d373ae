/**
 * Several operations as one request (ZooKeeper's MultiOperationRecord and MultiResponse):
 *
 * ```
 * multi, multiRead   (MultiHeader, record of the operation)…, MultiHeader of the end
 * their replies      (MultiHeader, result)…, MultiHeader of the end
 * MultiHeader        int type (opcode; −1: an error, or the end), bool done, int err
 * result             as the operation's own reply; of an error: int err
 * ```
 *
 * Headers of requests carry err −1, headers of results 0 or, of an error, its code. The end is
 * type −1, done, err −1.
 */
import { DecodeError, type JuteReader, type JuteWriter } from "./jute.ts";
import { OpCode } from "./opcodes.ts";
import {
  decodeChildren,
  decodeData,
  decodePath,
  decodePathAndStat,
  decodeStat,
  type Stat,
} from "./replies.ts";

/** One part of the reply to a multi or a multiRead. */
export type MultiResult =
  | { readonly type: "create"; readonly path: string }
  | { readonly type: "create2"; readonly path: string; readonly stat: Stat }
  | { readonly type: "setData"; readonly stat: Stat }
  | { readonly type: "delete" | "check" }
  | { readonly type: "getData"; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: "getChildren"; readonly children: readonly string[] }
  /** 0 for a part that was rolled back because of a later one. */
  | { readonly type: "error"; readonly err: number };

const NO_TYPE = -1;
/** What the headers of requests, and of the end, have in the place of an error code. */
export const NO_ERROR = -1;
/** Writes the header of a part; `type` is its opcode, or −1 for an error. */
export function encodeMultiHeader(writer: JuteWriter, type: number, err: number): void {
  writer.int(type);
  writer.bool(false);
  writer.int(err);
}
/** Writes the header that ends a list. */
export function encodeMultiEnd(writer: JuteWriter): void {
  writer.int(NO_TYPE);
  writer.bool(true);
  writer.int(NO_ERROR);
}
/** Writes a whole part that says that there is no result. */
export function encodeMultiError(writer: JuteWriter, err: number): void {
  encodeMultiHeader(writer, NO_TYPE, err);
  writer.int(err);
}

/** Reads the parts of a reply. Throws a `DecodeError`. */
export function decodeMultiResults(reader: JuteReader): MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const opcode = reader.readInt();
    const done = reader.readBool();
    reader.readInt();
    if (done) return results;
    results.push(decodeResult(reader, opcode));
  }
}

function decodeResult(reader: JuteReader, opcode: number): MultiResult {
  switch (opcode) {
    case NO_TYPE:
      return { type: "error", err: reader.readInt() };
    case OpCode.create:
      return { type: "create", path: decodePath(reader) };
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return { type: "create2", ...decodePathAndStat(reader) };
    case OpCode.setData:
      return { type: "setData", stat: decodeStat(reader) };
    case OpCode.delete:
      return { type: "delete" };
    case OpCode.check:
      return { type: "check" };
    case OpCode.getData:
      return { type: "getData", ...decodeData(reader) };
    case OpCode.getChildren:
      return { type: "getChildren", children: decodeChildren(reader) };
    default:
      throw new DecodeError(`result of unknown opcode ${opcode} in a multi`);
  }
}
