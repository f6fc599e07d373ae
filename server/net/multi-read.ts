/**
 * multiRead: several reads, each answered for itself from one and the same state.
 */
import { ErrorCode } from "../errors.ts";
import type { Replica } from "../replica.ts";
import type { AuthId } from "../tree/acl.ts";
import { encodeMultiEnd, encodeMultiError, encodeMultiHeader } from "../wire/multi.ts";
import { OpCode } from "../wire/opcodes.ts";
import { beginReply, encodeChildren, encodeData } from "../wire/replies.ts";
import type { MultiReadRequest } from "../wire/request-types.ts";
import { answerEmpty, readError, type Reader } from "./client-reads.ts";

/**
 * The data and names that one reply may carry, in bytes and characters. A request of 1 MiB can name a
 * znode of 1 MiB fifty thousand times: ZooKeeper fails when it has no more memory.
 */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/** One whose reply would be too long is answered with BadArguments: ask for less at a time. */
export function answerMultiRead<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  rights: readonly AuthId[],
  xid: number,
  request: MultiReadRequest,
): void {
  const zxid = replica.appliedZxid;
  if (replyBytes(replica, request) > MAX_REPLY_BYTES) {
    answerEmpty(reader, xid, zxid, ErrorCode.BadArguments);
    return;
  }
  const writer = reader.out();
  const frame = beginReply(writer, xid, zxid, ErrorCode.Ok);
  for (const op of request.ops) {
    const node = replica.tree.get(op.path);
    const error = readError(node, op, rights);
    if (!node || error !== ErrorCode.Ok) encodeMultiError(writer, error);
    else {
      encodeMultiHeader(writer, OpCode[op.type], ErrorCode.Ok);
      if (op.type === "getData") encodeData(writer, node.data, node);
      else encodeChildren(writer, node.children);
    }
  }
  encodeMultiEnd(writer);
  writer.endFrame(frame);
}

function replyBytes<R extends Reader>(replica: Replica<R>, request: MultiReadRequest): number {
  let bytes = 0;
  const childrenBytes = new Map<string, number>();
  for (const { type, path } of request.ops) {
    const node = replica.tree.get(path);
    if (!node) continue;
    if (type === "getData") bytes += node.dataLength;
    else {
      let own = childrenBytes.get(path);
      if (own === undefined) {
        own = 0;
        for (const name of node.children) own += 4 + name.length;
        childrenBytes.set(path, own);
      }
      bytes += own;
    }
    if (bytes > MAX_REPLY_BYTES) break;
  }
  return bytes;
}
