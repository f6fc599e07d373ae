/**
 * The replies to writes: what a transaction did, in the form that the request asked for.
 */
import { ErrorCode, InvariantError } from "../errors.ts";
import type { ApplyResult, PartResult } from "../tree/data-tree.ts";
import { ownerKind } from "../tree/ephemeral-owner.ts";
import type { Txn, TxnPart } from "../tree/txn.ts";
import type { JuteWriter } from "../wire/jute.ts";
import { encodeMultiEnd, encodeMultiError, encodeMultiHeader } from "../wire/multi.ts";
import { OpCode } from "../wire/opcodes.ts";
import {
  beginReply,
  encodeData,
  encodePath,
  encodePathAndStat,
  encodeStat,
} from "../wire/replies.ts";

/** Writes the whole frame; call it when the transaction is applied, before the next one is. */
export function writeReply(
  writer: JuteWriter,
  request: { readonly xid: number; readonly opcode: number },
  txn: Txn,
  result: ApplyResult,
): void {
  const frame = beginReply(writer, request.xid, txn.header.zxid, result.code);
  if (result.code === ErrorCode.Ok) writeBody(writer, request.opcode, result);
  writer.endFrame(frame);
}

function writeBody(writer: JuteWriter, opcode: number, result: ApplyResult): void {
  const { path, node } = result;
  switch (opcode) {
    case OpCode.create:
      if (path !== null) encodePath(writer, path);
      return;
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      if (path !== null && node) encodePathAndStat(writer, path, node);
      return;
    case OpCode.setData:
    case OpCode.setACL:
      if (node) encodeStat(writer, node);
      return;
    case OpCode.reconfig:
      if (node) encodeData(writer, node.data, node);
      return;
    case OpCode.multi:
      for (const part of result.parts ?? []) writePart(writer, part);
      encodeMultiEnd(writer);
      return;
    default:
      // delete, closeSession: the header says it all.
      return;
  }
}

function writePart(writer: JuteWriter, { part, stat }: PartResult): void {
  switch (part.type) {
    case "create": {
      const opcode = opcodeOfCreate(part);
      encodeMultiHeader(writer, opcode, ErrorCode.Ok);
      if (opcode === OpCode.create) encodePath(writer, part.path);
      else encodePathAndStat(writer, part.path, statOf(part, stat));
      return;
    }
    case "setData":
      encodeMultiHeader(writer, OpCode.setData, ErrorCode.Ok);
      encodeStat(writer, statOf(part, stat));
      return;
    case "delete":
      encodeMultiHeader(writer, OpCode.delete, ErrorCode.Ok);
      return;
    case "check":
      encodeMultiHeader(writer, OpCode.check, ErrorCode.Ok);
      return;
    case "error":
      encodeMultiError(writer, part.code);
      return;
    case "setACL":
      throw new InvariantError("setACL does not belong into a multi");
  }
}

/** Whatever the opcode of the part was, its result is that of create or of create2 (MultiResponse). */
function opcodeOfCreate(part: Extract<TxnPart, { type: "create" }>): number {
  const kind = ownerKind(part.ephemeralOwner);
  return part.withStat || kind === "container" || kind === "ttl" ? OpCode.create2 : OpCode.create;
}

function statOf(part: TxnPart, stat: PartResult["stat"]): NonNullable<PartResult["stat"]> {
  if (stat === null) throw new InvariantError(`${part.type} in a multi without a Stat`);
  return stat;
}
