/**
 * The requests of the client protocol. Each is a frame:
 *
 * ```
 * RequestHeader  int xid, int type (opcode)
 * create(2)      string path, buffer data, vector<ACL> acl, int flags
 * ACL            int perms, string scheme, string id
 * delete         string path, int version
 * exists, getData, getChildren, getChildren2
 *                string path, bool watch
 * setData        string path, buffer data, int version
 * sync           string path
 * setWatches     long relativeZxid, vector<string> dataWatches, existWatches, childWatches
 * setWatches2    the same, then vector<string> persistentWatches, persistentRecursiveWatches
 * ping, closeSession
 *                nothing
 * ```
 *
 * Null paths and vectors are read as empty ones: both are refused by the same checks. Bytes after a
 * request's last field are ignored, as ZooKeeper does.
 */
import type { Zxid } from "../ids.ts";
import type { Acl } from "../tree/txn.ts";
import { decodeAcl, encodeAcl } from "./acl.ts";
import type { JuteReader, JuteWriter } from "./jute.ts";
import { OpCode } from "./opcodes.ts";

export interface RequestHeader {
  readonly xid: number;
  /** An opcode, or whatever the client sent in its place. */
  readonly type: number;
}

export interface CreateRequest {
  readonly type: "create" | "create2";
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /** See `CreateFlag`; any other number has been let through. */
  readonly flags: number;
}
export interface DeleteRequest {
  readonly type: "delete";
  readonly path: string;
  /** The version that the znode must have; −1 for any. */
  readonly version: number;
}
export interface ReadRequest {
  readonly type: "exists" | "getData" | "getChildren" | "getChildren2";
  readonly path: string;
  readonly watch: boolean;
}
export interface SetDataRequest {
  readonly type: "setData";
  readonly path: string;
  readonly data: Buffer | null;
  /** The version that the znode must have; −1 for any. */
  readonly version: number;
}
export interface SyncRequest {
  readonly type: "sync";
  readonly path: string;
}
export interface SetWatchesRequest {
  readonly type: "setWatches";
  /** The last zxid that the client has seen. */
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}
export interface SetWatches2Request {
  readonly type: "setWatches2";
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
  readonly persistentWatches: readonly string[];
  readonly persistentRecursiveWatches: readonly string[];
}
/** A request that is nothing but its header. */
export interface BareRequest {
  readonly type: "ping" | "closeSession";
}

export type Request =
  | CreateRequest
  | DeleteRequest
  | ReadRequest
  | SetDataRequest
  | SyncRequest
  | SetWatchesRequest
  | SetWatches2Request
  | BareRequest;

const PING: BareRequest = { type: "ping" };
const CLOSE: BareRequest = { type: "closeSession" };
const NO_PATHS: readonly string[] = [];
const STRING_MIN_BYTES = 4;

/** Writes the whole frame: length, header, record. */
export function encodeRequest(writer: JuteWriter, xid: number, request: Request): void {
  const frame = writer.reserveInt();
  writer.int(xid);
  writer.int(OpCode[request.type]);
  switch (request.type) {
    case "create":
    case "create2":
      writer.string(request.path);
      writer.buffer(request.data);
      encodeAcl(writer, request.acl);
      writer.int(request.flags);
      break;
    case "delete":
      writer.string(request.path);
      writer.int(request.version);
      break;
    case "exists":
    case "getData":
    case "getChildren":
    case "getChildren2":
      writer.string(request.path);
      writer.bool(request.watch);
      break;
    case "setData":
      writer.string(request.path);
      writer.buffer(request.data);
      writer.int(request.version);
      break;
    case "sync":
      writer.string(request.path);
      break;
    case "setWatches":
    case "setWatches2":
      writer.zxid(request.relativeZxid);
      encodeStrings(writer, request.dataWatches);
      encodeStrings(writer, request.existWatches);
      encodeStrings(writer, request.childWatches);
      if (request.type === "setWatches") break;
      encodeStrings(writer, request.persistentWatches);
      encodeStrings(writer, request.persistentRecursiveWatches);
      break;
    case "ping":
    case "closeSession":
      break;
  }
  writer.endFrame(frame);
}

/** Reads the header; throws a `DecodeError`. */
export function decodeRequestHeader(reader: JuteReader): RequestHeader {
  return { xid: reader.readInt(), type: reader.readInt() };
}

/**
 * Reads the record that follows the header; null if the opcode is none of those above. Data is a part
 * of the frame's buffer, not a copy. Throws a `DecodeError`.
 */
export function decodeRequest(reader: JuteReader, opcode: number): Request | null {
  switch (opcode) {
    case OpCode.exists:
      return { type: "exists", path: readPath(reader), watch: reader.readBool() };
    case OpCode.getData:
      return { type: "getData", path: readPath(reader), watch: reader.readBool() };
    case OpCode.setData:
      return {
        type: "setData",
        path: readPath(reader),
        data: reader.readBuffer(),
        version: reader.readInt(),
      };
    case OpCode.create:
      return decodeCreate(reader, "create");
    case OpCode.create2:
      return decodeCreate(reader, "create2");
    case OpCode.delete:
      return { type: "delete", path: readPath(reader), version: reader.readInt() };
    case OpCode.getChildren:
      return { type: "getChildren", path: readPath(reader), watch: reader.readBool() };
    case OpCode.getChildren2:
      return { type: "getChildren2", path: readPath(reader), watch: reader.readBool() };
    case OpCode.sync:
      return { type: "sync", path: readPath(reader) };
    case OpCode.ping:
      return PING;
    case OpCode.closeSession:
      return CLOSE;
    case OpCode.setWatches:
      return {
        type: "setWatches",
        relativeZxid: reader.readZxid(),
        dataWatches: readStrings(reader),
        existWatches: readStrings(reader),
        childWatches: readStrings(reader),
      };
    case OpCode.setWatches2:
      return {
        type: "setWatches2",
        relativeZxid: reader.readZxid(),
        dataWatches: readStrings(reader),
        existWatches: readStrings(reader),
        childWatches: readStrings(reader),
        persistentWatches: readStrings(reader),
        persistentRecursiveWatches: readStrings(reader),
      };
    default:
      return null;
  }
}

function decodeCreate(reader: JuteReader, type: "create" | "create2"): CreateRequest {
  return {
    type,
    path: readPath(reader),
    data: reader.readBuffer(),
    acl: decodeAcl(reader),
    flags: reader.readInt(),
  };
}

function readPath(reader: JuteReader): string {
  return reader.readString() ?? "";
}

function encodeStrings(writer: JuteWriter, strings: readonly string[]): void {
  writer.int(strings.length);
  for (const string of strings) writer.string(string);
}
function readStrings(reader: JuteReader): readonly string[] {
  const count = reader.readCount(STRING_MIN_BYTES);
  if (count <= 0) return NO_PATHS;
  const strings: string[] = [];
  for (let i = 0; i < count; i++) strings.push(reader.readString() ?? "");
  return strings;
}
