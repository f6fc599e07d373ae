/**
 * The replies of the client protocol. Each is a frame; a non-zero err goes without a body.
 *
 * ```
 * ReplyHeader    int xid, long zxid, int err
 * Stat           long czxid, mzxid, ctime, mtime, int version, cversion, aversion,
 *                long ephemeralOwner, int dataLength, numChildren, long pzxid
 * create, sync   string path
 * create2, createContainer, createTTL
 *                string path, Stat
 * exists, setData
 *                Stat
 * getData, reconfig
 *                buffer data, Stat
 * setACL         Stat
 * getACL         vector<ACL> acl, Stat
 * getEphemerals  vector<string> paths
 * getAllChildrenNumber
 *                int totalNumber
 * addWatch       int err (always 0)
 * whoAmI         vector<ClientInfo>  string authScheme, string user
 * sasl           buffer token
 * multi, multiRead
 *                see multi.ts
 * getChildren    vector<string> children
 * getChildren2   vector<string> children, Stat
 * delete, ping, closeSession, setWatches(2), checkWatches, removeWatches, auth
 *                nothing
 * WatcherEvent   (header: xid −1, the zxid of the cause, err 0) int type, int state, string path
 * ```
 *
 * A server writes `beginReply`, the body, and `writer.endFrame`.
 */
import { NO_SESSION, NO_ZXID } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import { type Acl, decodeAcl, encodeAcl } from "./acl.ts";
import type { JuteReader, JuteWriter } from "./jute.ts";
import { STATE_SYNC_CONNECTED, Xid } from "./opcodes.ts";

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: Zxid;
  /** See `ErrorCode`; 0 is success. */
  readonly err: number;
}

/** What a client is shown of a znode. */
export interface Stat {
  /** The transactions that created it, last changed its data, last changed its set of children. */
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  /** Milliseconds since 1970 by the leader's clock: of creation, of the last change of data. */
  readonly ctime: number;
  readonly mtime: number;
  /** Changes of data, of the set of children (creates and deletes), of the ACL. */
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /**
   * The session that an ephemeral znode lives with; 0 for every other, containers and znodes with a time
   * to live included.
   */
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
}

export interface WatcherEvent {
  /** See `EventType`. */
  readonly type: number;
  readonly state: number;
  readonly path: string;
}

/** Begins a reply's frame; gives what `writer.endFrame` wants when the body is written. */
export function beginReply(writer: JuteWriter, xid: number, zxid: number, err: number): number {
  const frame = writer.reserveInt();
  writer.int(xid);
  writer.zxid(zxid);
  writer.int(err);
  return frame;
}
export function decodeReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.readInt(), zxid: reader.readZxid(), err: reader.readInt() };
}

export function encodeStat(writer: JuteWriter, stat: Stat): void {
  writer.zxid(stat.czxid);
  writer.zxid(stat.mzxid);
  writer.longNumber(stat.ctime);
  writer.longNumber(stat.mtime);
  writer.int(stat.version);
  writer.int(stat.cversion);
  writer.int(stat.aversion);
  writer.long(stat.ephemeralOwner);
  writer.int(stat.dataLength);
  writer.int(stat.numChildren);
  writer.zxid(stat.pzxid);
}
export function decodeStat(reader: JuteReader): Stat {
  // Wire order; `pzxid` comes last.
  const stat = {
    czxid: reader.readZxid(),
    mzxid: reader.readZxid(),
    pzxid: NO_ZXID,
    ctime: reader.readLongNumber(),
    mtime: reader.readLongNumber(),
    version: reader.readInt(),
    cversion: reader.readInt(),
    aversion: reader.readInt(),
    ephemeralOwner: readSession(reader),
    dataLength: reader.readInt(),
    numChildren: reader.readInt(),
  };
  stat.pzxid = reader.readZxid();
  return stat;
}

/** The body of create and sync. */
export function encodePath(writer: JuteWriter, path: string): void {
  writer.string(path);
}
export function decodePath(reader: JuteReader): string {
  return reader.readString() ?? "";
}

/** The body of create2. */
export function encodePathAndStat(writer: JuteWriter, path: string, stat: Stat): void {
  writer.string(path);
  encodeStat(writer, stat);
}
export function decodePathAndStat(reader: JuteReader): { path: string; stat: Stat } {
  return { path: decodePath(reader), stat: decodeStat(reader) };
}

/** The body of getData. */
export function encodeData(writer: JuteWriter, data: Buffer | null, stat: Stat): void {
  writer.buffer(data);
  encodeStat(writer, stat);
}
/** The data is a part of the frame's buffer, not a copy. */
export function decodeData(reader: JuteReader): { data: Buffer | null; stat: Stat } {
  return { data: reader.readBuffer(), stat: decodeStat(reader) };
}

/** The body of getChildren; getChildren2 adds `encodeStat`. */
export function encodeChildren(writer: JuteWriter, children: ReadonlySet<string>): void {
  writer.int(children.size);
  for (const name of children) writer.string(name);
}
/** The body of getEphemerals; `decodeChildren` reads it. */
export function encodePaths(writer: JuteWriter, paths: readonly string[]): void {
  writer.int(paths.length);
  for (const path of paths) writer.string(path);
}
/** The body of getChildren; getChildren2 adds `decodeStat`. */
export function decodeChildren(reader: JuteReader): string[] {
  const count = reader.readCount(4);
  const children: string[] = [];
  for (let i = 0; i < count; i++) children.push(reader.readString() ?? "");
  return children;
}

/** The body of getACL. */
export function encodeAclAndStat(writer: JuteWriter, acl: readonly Acl[], stat: Stat): void {
  encodeAcl(writer, acl);
  encodeStat(writer, stat);
}
export function decodeAclAndStat(reader: JuteReader): { acl: readonly Acl[]; stat: Stat } {
  return { acl: decodeAcl(reader), stat: decodeStat(reader) };
}

/** One of the identities that whoAmI tells. */
export interface ClientInfo {
  readonly authScheme: string;
  readonly user: string;
}
export function encodeClientInfos(writer: JuteWriter, infos: readonly ClientInfo[]): void {
  writer.int(infos.length);
  for (const { authScheme, user } of infos) {
    writer.string(authScheme);
    writer.string(user);
  }
}
export function decodeClientInfos(reader: JuteReader): ClientInfo[] {
  const count = reader.readCount(8);
  const infos: ClientInfo[] = [];
  for (let i = 0; i < count; i++)
    infos.push({ authScheme: reader.readString() ?? "", user: reader.readString() ?? "" });
  return infos;
}

/** Writes the whole frame of a watch event, whose cause is the transaction `zxid`. */
export function encodeWatcherEvent(
  writer: JuteWriter,
  zxid: number,
  type: number,
  path: string,
): void {
  const frame = beginReply(writer, Xid.watch, zxid, 0);
  writer.int(type);
  writer.int(STATE_SYNC_CONNECTED);
  writer.string(path);
  writer.endFrame(frame);
}
/** Reads what follows the header of a watch event. */
export function decodeWatcherEvent(reader: JuteReader): WatcherEvent {
  return { type: reader.readInt(), state: reader.readInt(), path: decodePath(reader) };
}

/** Most znodes have no owner: no bigint is made for them. */
function readSession(reader: JuteReader): SessionId {
  return reader.skipZeroLong() ? NO_SESSION : (reader.readLong() as SessionId);
}
