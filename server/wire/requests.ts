/**
 * The requests of the client protocol. Each is a frame:
 *
 * ```
 * RequestHeader  int xid, int type (opcode)
 * create, create2, createContainer
 *                string path, buffer data, vector<ACL> acl, int flags
 * createTTL      the same, then long ttl
 * ACL            int perms, string scheme, string id
 * delete         string path, int version
 * exists, getData, getChildren, getChildren2
 *                string path, bool watch
 * setData        string path, buffer data, int version
 * sync, getACL, getAllChildrenNumber
 *                string path
 * getEphemerals  string prefixPath
 * setACL         string path, vector<ACL> acl, int version
 * check          string path, int version
 * multi, multiRead
 *                see multi.ts
 * reconfig       string joiningServers, leavingServers, newMembers, long curConfigId
 * addWatch       string path, int mode
 * checkWatches, removeWatches
 *                string path, int type
 * auth           int type, string scheme, buffer auth
 * sasl           buffer token
 * setWatches     long relativeZxid, vector<string> dataWatches, existWatches, childWatches
 * setWatches2    the same, then vector<string> persistentWatches, persistentRecursiveWatches
 * ping, closeSession, whoAmI
 *                nothing
 * ```
 *
 * Null paths and vectors are read as empty ones: both are refused by the same checks. Bytes after a
 * request's last field are ignored, as ZooKeeper does.
 */
import { decodeAcl, encodeAcl } from "./acl.ts";
import { DecodeError, type JuteReader, type JuteWriter } from "./jute.ts";
import { encodeMultiEnd, encodeMultiHeader, NO_ERROR } from "./multi.ts";
import { OpCode } from "./opcodes.ts";
import type {
  AuthRequest,
  BareRequest,
  CreateRequest,
  CreateTtlRequest,
  MultiOp,
  MultiRead,
  MultiReadRequest,
  MultiRequest,
  Request,
  RequestHeader,
} from "./request-types.ts";

const PING: BareRequest = { type: "ping" };
const CLOSE: BareRequest = { type: "closeSession" };
const WHO_AM_I: BareRequest = { type: "whoAmI" };
const NO_PATHS: readonly string[] = [];
const STRING_MIN_BYTES = 4;
const MULTI_OPS: ReadonlySet<string> = new Set<MultiOp["type"]>([
  "create",
  "create2",
  "createContainer",
  "createTTL",
  "delete",
  "setData",
  "check",
]);
const READ_OPS: ReadonlySet<string> = new Set<MultiRead["type"]>(["getData", "getChildren"]);

/** Writes the whole frame: length, header, record. */
export function encodeRequest(writer: JuteWriter, xid: number, request: Request): void {
  const frame = writer.reserveInt();
  writer.int(xid);
  writer.int(OpCode[request.type]);
  encodeRecord(writer, request);
  writer.endFrame(frame);
}

/** Writes what follows the header. */
export function encodeRecord(writer: JuteWriter, request: Request): void {
  switch (request.type) {
    case "create":
    case "create2":
    case "createContainer":
      encodeCreate(writer, request);
      break;
    case "createTTL":
      encodeCreate(writer, request);
      writer.long(request.ttl);
      break;
    case "delete":
    case "check":
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
    case "getACL":
    case "getAllChildrenNumber":
    case "getEphemerals":
      writer.string(request.path);
      break;
    case "setACL":
      writer.string(request.path);
      encodeAcl(writer, request.acl);
      writer.int(request.version);
      break;
    case "reconfig":
      writer.string(request.joiningServers);
      writer.string(request.leavingServers);
      writer.string(request.newMembers);
      writer.long(request.curConfigId);
      break;
    case "addWatch":
      writer.string(request.path);
      writer.int(request.mode);
      break;
    case "checkWatches":
    case "removeWatches":
      writer.string(request.path);
      writer.int(request.watcherType);
      break;
    case "auth":
      writer.int(0);
      writer.string(request.scheme);
      writer.buffer(request.auth);
      break;
    case "sasl":
      writer.buffer(request.token);
      break;
    case "multi":
    case "multiRead":
      encodeMulti(writer, request);
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
    case "whoAmI":
      break;
  }
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
    case OpCode.createContainer:
      return decodeCreate(reader, "createContainer");
    case OpCode.createTTL:
      return { ...decodeCreate(reader, "create"), type: "createTTL", ttl: reader.readLong() };
    case OpCode.delete:
      return { type: "delete", path: readPath(reader), version: reader.readInt() };
    case OpCode.check:
      return { type: "check", path: readPath(reader), version: reader.readInt() };
    case OpCode.multi:
      return decodeMulti(reader);
    case OpCode.multiRead:
      return decodeMultiRead(reader);
    case OpCode.getChildren:
      return { type: "getChildren", path: readPath(reader), watch: reader.readBool() };
    case OpCode.getChildren2:
      return { type: "getChildren2", path: readPath(reader), watch: reader.readBool() };
    case OpCode.sync:
      return { type: "sync", path: readPath(reader) };
    case OpCode.getACL:
      return { type: "getACL", path: readPath(reader) };
    case OpCode.setACL:
      return {
        type: "setACL",
        path: readPath(reader),
        acl: decodeAcl(reader),
        version: reader.readInt(),
      };
    case OpCode.getAllChildrenNumber:
      return { type: "getAllChildrenNumber", path: readPath(reader) };
    case OpCode.getEphemerals:
      return { type: "getEphemerals", path: readPath(reader) };
    case OpCode.reconfig:
      return {
        type: "reconfig",
        joiningServers: reader.readString(),
        leavingServers: reader.readString(),
        newMembers: reader.readString(),
        curConfigId: reader.readLong(),
      };
    case OpCode.addWatch:
      return { type: "addWatch", path: readPath(reader), mode: reader.readInt() };
    case OpCode.checkWatches:
      return { type: "checkWatches", path: readPath(reader), watcherType: reader.readInt() };
    case OpCode.removeWatches:
      return { type: "removeWatches", path: readPath(reader), watcherType: reader.readInt() };
    case OpCode.auth:
      return decodeAuth(reader);
    case OpCode.sasl:
      return { type: "sasl", token: reader.readBuffer() };
    case OpCode.whoAmI:
      return WHO_AM_I;
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

function encodeMulti(writer: JuteWriter, request: MultiRequest | MultiReadRequest): void {
  for (const op of request.ops) {
    encodeMultiHeader(writer, OpCode[op.type], NO_ERROR);
    encodeRecord(writer, op);
  }
  encodeMultiEnd(writer);
}

function decodeMulti(reader: JuteReader): MultiRequest {
  const ops: MultiOp[] = [];
  for (let op = decodeOp(reader, MULTI_OPS); op !== null; op = decodeOp(reader, MULTI_OPS))
    ops.push(op as MultiOp);
  return { type: "multi", ops };
}

function decodeMultiRead(reader: JuteReader): MultiReadRequest {
  const ops: MultiRead[] = [];
  for (let op = decodeOp(reader, READ_OPS); op !== null; op = decodeOp(reader, READ_OPS))
    ops.push(op as MultiRead);
  return { type: "multiRead", ops };
}

/** Null at the end of the list. */
function decodeOp(
  reader: JuteReader,
  allowed: ReadonlySet<string>,
): ReturnType<typeof decodeRequest> {
  const opcode = reader.readInt();
  const done = reader.readBool();
  reader.readInt();
  if (done) return null;
  // A multi inside of a multi would be read by calls as deep as a stranger wants them.
  const nested = opcode === OpCode.multi || opcode === OpCode.multiRead;
  const op = nested ? null : decodeRequest(reader, opcode);
  if (op === null || !allowed.has(op.type))
    throw new DecodeError(`opcode ${opcode} does not belong into a multi`);
  return op;
}

function encodeCreate(writer: JuteWriter, request: CreateRequest | CreateTtlRequest): void {
  writer.string(request.path);
  writer.buffer(request.data);
  encodeAcl(writer, request.acl);
  writer.int(request.flags);
}

/** The field `type` of the record says nothing: every client sends 0. */
function decodeAuth(reader: JuteReader): AuthRequest {
  reader.readInt();
  return { type: "auth", scheme: readPath(reader), auth: reader.readBuffer() };
}

function decodeCreate(reader: JuteReader, type: CreateRequest["type"]): CreateRequest {
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
