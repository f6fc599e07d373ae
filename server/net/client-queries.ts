/**
 * Requests of what is no znode's data or children: lists of access rights, counts, what belongs to the
 * session, and who the client is. None leaves a watch.
 */
import { ErrorCode } from "../errors.ts";
import type { SessionId } from "../ids.ts";
import type { Replica } from "../replica.ts";
import { type AuthId, maskAcl, Perm, permitted } from "../tree/acl.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { Znode } from "../tree/znode.ts";
import { beginReply, encodeAclAndStat, encodeClientInfos, encodePaths } from "../wire/replies.ts";
import { userOf } from "./client-auth.ts";
import { answerEmpty, type Reader } from "./client-reads.ts";

/** getACL: for those who may read or change it; the hashes in it for those alone who may change it. */
export function answerAcl<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  rights: readonly AuthId[],
  xid: number,
  path: string,
): void {
  const zxid = replica.appliedZxid;
  const node = replica.tree.get(path);
  const error = lookError(node, path, Perm.read | Perm.admin, rights);
  if (!node || error !== ErrorCode.Ok) {
    answerEmpty(reader, xid, zxid, error);
    return;
  }
  const shown = permitted(node.acl, Perm.admin, rights) ? node.acl : maskAcl(node.acl);
  const writer = reader.out();
  const frame = beginReply(writer, xid, zxid, ErrorCode.Ok);
  encodeAclAndStat(writer, shown, node);
  writer.endFrame(frame);
}

/** getAllChildrenNumber: all znodes below one. */
export function answerChildrenNumber<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  rights: readonly AuthId[],
  xid: number,
  path: string,
): void {
  const { tree, appliedZxid } = replica;
  const node = tree.get(path);
  const error = lookError(node, path, Perm.read, rights);
  const writer = reader.out();
  const frame = beginReply(writer, xid, appliedZxid, error);
  if (node && error === ErrorCode.Ok) writer.int(descendants(tree, node));
  writer.endFrame(frame);
}

/** getEphemerals: the session's own, whose path begins with the prefix, character by character. */
export function answerEphemerals<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  session: SessionId,
  xid: number,
  prefix: string,
): void {
  const all = [...(replica.tree.ephemeralsOf(session) ?? [])];
  const asked = prefix.trim();
  const paths = asked === "" || asked === "/" ? all : all.filter((path) => path.startsWith(prefix));
  const writer = reader.out();
  const frame = beginReply(writer, xid, replica.appliedZxid, ErrorCode.Ok);
  encodePaths(writer, paths);
  writer.endFrame(frame);
}

/** whoAmI: the address, then what was authenticated, in that order (ZooKeeper's has none). */
export function answerWhoAmI<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  authIds: readonly AuthId[],
  xid: number,
): void {
  const writer = reader.out();
  const frame = beginReply(writer, xid, replica.appliedZxid, ErrorCode.Ok);
  encodeClientInfos(
    writer,
    authIds.map((id) => ({ authScheme: id.scheme, user: userOf(id) })),
  );
  writer.endFrame(frame);
}

/** An empty path, which ZooKeeper takes for the root here, is a mistake as it is in a write. */
function lookError(
  node: Znode | undefined,
  path: string,
  perms: number,
  rights: readonly AuthId[],
): number {
  if (!node) return path === "" ? ErrorCode.BadArguments : ErrorCode.NoNode;
  return permitted(node.acl, perms, rights) ? ErrorCode.Ok : ErrorCode.NoAuth;
}

function descendants(tree: DataTree, top: Znode): number {
  if (top.path === "/") return tree.nodeCount - 1;
  let count = 0;
  const parents = [top];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    count += parent.numChildren;
    for (const name of parent.children) {
      const child = tree.get(`${parent.path}/${name}`);
      if (child !== undefined && child.numChildren > 0) parents.push(child);
    }
  }
  return count;
}
