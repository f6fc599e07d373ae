/**
 * The bytes of a whole tree. Equal trees give equal bytes: everything is in an order of its own, not in
 * the order in which it came about (but for those that are written while the tree changes, see
 * `snapshot-walk.ts`: znodes may be in any order). Made of jute's primitives:
 *
 * ```
 * Snapshot  int magic, long lastApplied, long digest,
 *           int count, Session…   by id
 *           int count, Znode…     depth first, siblings by name
 * Session   long id, int timeoutMs, buffer password
 * Znode     string path, buffer data, int aclNumber, [vector<ACL> acl], long czxid, mzxid, pzxid,
 *           long ctime, mtime, int version, aversion, childCreations, long owner
 * ```
 *
 * Lists of access rights are numbered as they first appear, and follow that first number only.
 */
import type { SessionId, Zxid } from "../ids.ts";
import { decodeAcl, encodeAcl } from "../wire/acl.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import { nameOf, parentOf } from "./path.ts";
import type { Session } from "./session.ts";
import type { Acl } from "./txn.ts";
import { TreeNode } from "./znode.ts";

export interface SnapshotContents {
  readonly lastApplied: Zxid;
  /** Of the znodes and sessions (`digest.ts`). */
  readonly digest: number;
  readonly sessions: ReadonlyMap<SessionId, Session>;
  /** By path, the root and the system's znodes included. */
  readonly nodes: ReadonlyMap<string, TreeNode>;
}

export interface DecodedSnapshot extends Omit<SnapshotContents, "digest"> {
  /** Null: an older server wrote it, which kept none. */
  readonly digest: number | null;
  /** False: the znodes that show the usage of quotas are as clients wrote them. */
  readonly usageCounted: boolean;
}

/** "QLt" and the version of the format. */
const MAGIC = 0x51_4c_74_03;
/** Without a digest. */
const MAGIC_WITHOUT_DIGEST = 0x51_4c_74_02;
/** Likewise, of a server that did not count the usage of quotas. */
const MAGIC_UNCOUNTED = 0x51_4c_74_01;
/** About how large the buffers are that a snapshot is made of. */
export const CHUNK_BYTES = 1024 * 1024;
/** Room to begin with, per znode; it grows. */
const ZNODE_USUAL_BYTES = 256;
const SESSION_MIN_BYTES = 16;
/** A znode with a path, no data and a known ACL. */
const ZNODE_MIN_BYTES = 72;

/** New buffers whose concatenation is the snapshot. */
export function encodeSnapshot(contents: SnapshotContents): Buffer[] {
  const chunks: Buffer[] = [];
  const { size } = contents.nodes;
  const writer = new JuteWriter(Math.min(CHUNK_BYTES, size * ZNODE_USUAL_BYTES));
  encodeHead(writer, contents);
  const aclNumbers = new Map<readonly Acl[], number>();
  for (const node of depthFirst(contents.nodes)) {
    encodeNode(writer, node, aclNumbers);
    if (writer.length >= CHUNK_BYTES) chunks.push(writer.take());
  }
  chunks.push(writer.take());
  return chunks;
}

/** Everything before the znodes. */
export function encodeHead(writer: JuteWriter, contents: SnapshotContents): void {
  writer.int(MAGIC);
  writer.zxid(contents.lastApplied);
  writer.longNumber(contents.digest);
  encodeSessions(writer, contents.sessions);
  writer.int(contents.nodes.size);
}

/** Data are parts of `data`, not copies. Throws a `DecodeError`, also when the tree makes no sense. */
export function decodeSnapshot(data: Buffer): DecodedSnapshot {
  const reader = new JuteReader(data);
  const magic = reader.readInt();
  if (magic >>> 8 !== MAGIC >>> 8) {
    throw new DecodeError(`not a snapshot: it begins with ${magic}`);
  }
  if (magic !== MAGIC && magic !== MAGIC_WITHOUT_DIGEST && magic !== MAGIC_UNCOUNTED) {
    throw new DecodeError(`snapshot of a later version of this server: format ${magic & 0xff}`);
  }
  const lastApplied = reader.readZxid();
  const digest = magic === MAGIC ? reader.readLongNumber() : null;
  const sessions = decodeSessions(reader);
  const nodes = new Map<string, TreeNode>();
  const acls: (readonly Acl[])[] = [];
  const count = readCount(reader, ZNODE_MIN_BYTES);
  for (let i = 0; i < count; i++) {
    const node = decodeNode(reader, acls);
    if (nodes.has(node.path)) throw new DecodeError(`two znodes ${node.path}`);
    nodes.set(node.path, node);
  }
  // Now that all are there: they may be in any order.
  for (const { path } of nodes.values()) {
    if (path === "/") continue;
    const parent = nodes.get(parentOf(path));
    if (parent === undefined) throw new DecodeError(`znode ${path} without its parent`);
    parent.addChild(nameOf(path));
  }
  if (!nodes.has("/")) throw new DecodeError("snapshot without a root");
  if (reader.remaining !== 0) {
    throw new DecodeError(`${reader.remaining} bytes after the end of a snapshot`);
  }
  return { lastApplied, digest, sessions, nodes, usageCounted: magic !== MAGIC_UNCOUNTED };
}

/** Not recursive: a path may be as deep as it is long. */
function* depthFirst(nodes: ReadonlyMap<string, TreeNode>): Generator<TreeNode> {
  const ahead = ["/"];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    const node = nodes.get(path);
    if (node === undefined) throw new Error(`no znode ${path}, though its parent names it`);
    yield node;
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = [...node.children].sort();
    for (let i = names.length - 1; i >= 0; i--) ahead.push(`${prefix}${names[i]}`);
  }
}

function encodeSessions(writer: JuteWriter, sessions: ReadonlyMap<SessionId, Session>): void {
  writer.int(sessions.size);
  const sorted = [...sessions].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [id, session] of sorted) {
    writer.long(id);
    writer.int(session.timeoutMs);
    writer.buffer(session.password);
  }
}

function decodeSessions(reader: JuteReader): Map<SessionId, Session> {
  const sessions = new Map<SessionId, Session>();
  const count = readCount(reader, SESSION_MIN_BYTES);
  for (let i = 0; i < count; i++) {
    const id = reader.readLong() as SessionId;
    const timeoutMs = reader.readInt();
    const password = reader.readBuffer();
    if (password === null) throw new DecodeError("session without a password");
    sessions.set(id, { timeoutMs, password });
  }
  return sessions;
}

/** One znode; `aclNumbers` has the access rights that were written before, and gets its own. */
export function encodeNode(
  writer: JuteWriter,
  node: TreeNode,
  aclNumbers: Map<readonly Acl[], number>,
): void {
  writer.string(node.path);
  writer.buffer(node.data);
  const known = aclNumbers.get(node.acl);
  writer.int(known ?? aclNumbers.size);
  if (known === undefined) {
    aclNumbers.set(node.acl, aclNumbers.size);
    encodeAcl(writer, node.acl);
  }
  writer.zxid(node.czxid);
  writer.zxid(node.mzxid);
  writer.zxid(node.pzxid);
  writer.longNumber(node.ctime);
  writer.longNumber(node.mtime);
  writer.int(node.version);
  writer.int(node.aversion);
  writer.int(node.childCreations);
  writer.long(node.owner);
}

function decodeNode(reader: JuteReader, acls: (readonly Acl[])[]): TreeNode {
  const path = reader.readString();
  if (path === null) throw new DecodeError("znode without a path");
  const data = reader.readBuffer();
  const aclNumber = reader.readInt();
  if (aclNumber === acls.length) acls.push(decodeAcl(reader));
  const acl = acls[aclNumber];
  if (acl === undefined) throw new DecodeError(`znode ${path} has the unknown ACL ${aclNumber}`);
  const czxid = reader.readZxid();
  const mzxid = reader.readZxid();
  const pzxid = reader.readZxid();
  const ctime = reader.readLongNumber();
  const mtime = reader.readLongNumber();
  const version = reader.readInt();
  const aversion = reader.readInt();
  const childCreations = reader.readInt();
  const owner = reader.readLong() as SessionId;
  const node = new TreeNode(path, data, acl, czxid, ctime, owner);
  node.mzxid = mzxid;
  node.pzxid = pzxid;
  node.mtime = mtime;
  node.version = version;
  node.aversion = aversion;
  node.childCreations = childCreations;
  return node;
}

function readCount(reader: JuteReader, elementBytes: number): number {
  const count = reader.readCount(elementBytes);
  if (count < 0) throw new DecodeError("snapshot without a count");
  return count;
}
