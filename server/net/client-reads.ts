/**
 * Requests that a server answers from its own state: reads, and the watches that they leave.
 */
import { ErrorCode } from "../errors.ts";
import type { Zxid } from "../ids.ts";
import type { Replica } from "../replica.ts";
import { type AuthId, Perm, permitted } from "../tree/acl.ts";
import type { Znode } from "../tree/znode.ts";
import type { JuteWriter } from "../wire/jute.ts";
import { beginReply, encodeChildren, encodeData, encodeStat } from "../wire/replies.ts";
import type { ReadRequest } from "../wire/request-types.ts";

/** Where frames for one connection go, and who its watches stand for. */
export interface Reader {
  readonly authIds: readonly AuthId[];
  out(): JuteWriter;
}

/** Answers exists, getData, getChildren, getChildren2; a watch is set as ZooKeeper sets it. */
export function answerRead<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  rights: readonly AuthId[],
  xid: number,
  request: ReadRequest,
): void {
  const { type, path, watch } = request;
  const zxid = replica.appliedZxid;
  const node = replica.tree.get(path);
  const error = readError(node, request, rights);
  // exists on a missing znode leaves a watch for its creation; other failed reads leave none.
  if (watch && (error === ErrorCode.Ok || (type === "exists" && error === ErrorCode.NoNode))) {
    if (type === "getChildren" || type === "getChildren2") replica.watches.addChild(path, reader);
    else replica.watches.addData(path, reader);
  }
  const writer = reader.out();
  const frame = beginReply(writer, xid, zxid, error);
  if (node && error === ErrorCode.Ok) writeBody(writer, type, node);
  writer.endFrame(frame);
}

/** A reply that is its header alone. */
export function answerEmpty(reader: Reader, xid: number, zxid: Zxid, error: number): void {
  const writer = reader.out();
  writer.endFrame(beginReply(writer, xid, zxid, error));
}

/** What a read of this znode (undefined: there is none) is refused with, or Ok. */
export function readError(
  node: Znode | undefined,
  request: ReadRequest,
  rights: readonly AuthId[],
): number {
  if (!node) return isRefused(request) ? ErrorCode.BadArguments : ErrorCode.NoNode;
  return permitted(node.acl, Perm.read, rights) ? ErrorCode.Ok : ErrorCode.NoAuth;
}

/**
 * ZooKeeper looks a read's path up as it is: one that no znode can have is just not there. Only exists
 * refuses a NUL. An empty path, which it takes for the root, is a mistake here as it is in a write.
 */
function isRefused({ type, path }: ReadRequest): boolean {
  return path === "" || (type === "exists" && path.includes("\0"));
}

function writeBody(writer: JuteWriter, kind: ReadRequest["type"], node: Znode): void {
  switch (kind) {
    case "exists":
      encodeStat(writer, node);
      return;
    case "getData":
      encodeData(writer, node.data, node);
      return;
    case "getChildren":
      encodeChildren(writer, node.children);
      return;
    case "getChildren2":
      encodeChildren(writer, node.children);
      encodeStat(writer, node);
      return;
    default:
      kind satisfies never;
  }
}
