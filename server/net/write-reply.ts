/**
 * The replies to writes: what a transaction did, in the form that the request asked for.
 */
import { ErrorCode } from "../errors.ts";
import type { ApplyResult } from "../tree/data-tree.ts";
import type { Txn } from "../tree/txn.ts";
import type { JuteWriter } from "../wire/jute.ts";
import { OpCode } from "../wire/opcodes.ts";
import { beginReply, encodePath, encodePathAndStat, encodeStat } from "../wire/replies.ts";

/** Writes the whole frame; call it when the transaction is applied, before the next one is. */
export function writeReply(
  writer: JuteWriter,
  request: { readonly xid: number; readonly opcode: number },
  txn: Txn,
  result: ApplyResult,
): void {
  const { opcode } = request;
  const frame = beginReply(writer, request.xid, txn.header.zxid, result.code);
  if (result.code === ErrorCode.Ok && result.path !== null) {
    if (opcode === OpCode.create) encodePath(writer, result.path);
    else if (result.node && opcode === OpCode.create2)
      encodePathAndStat(writer, result.path, result.node);
    else if (result.node && opcode === OpCode.setData) encodeStat(writer, result.node);
  }
  writer.endFrame(frame);
}
