/**
 * The bytes of a transaction, as they are logged and sent between servers. Our own format, made of
 * jute's primitives:
 *
 * ```
 * Txn            byte kind, long zxid, long timeMs, long sessionId, int cxid, byte originSid,
 *                long originRequest, body
 * create         string path, buffer data, vector<ACL> acl, long ephemeralOwner, int parentCversion
 * delete         string path
 * setData        string path, buffer data, int version
 * setACL         string path, vector<ACL> acl, int version
 * multi          int count, (byte kind, body)…
 * reconfig       buffer data, int version
 * createSession  int timeoutMs, buffer password
 * closeSession   vector<string> paths (null: all that the session has)
 * error          int code
 * ```
 *
 * and in a multi alone:
 *
 * ```
 * create2        as create
 * check          string path, int version
 * ```
 *
 * There is no checksum here: the log and the link have theirs.
 */
import type { SessionId } from "../ids.ts";
import { decodeAcl, encodeAcl } from "../wire/acl.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import type { Txn, TxnBody, TxnHeader, TxnPart } from "./txn.ts";

/** The kinds of bodies. Numbers are never given anew: logs hold them. */
const KIND = {
  create: 1,
  delete: 2,
  setData: 3,
  createSession: 4,
  closeSession: 5,
  error: 6,
  setACL: 7,
  multi: 8,
  reconfig: 9,
  check: 10,
  create2: 11,
} as const;

/** Whether these bytes are a new configuration of the ensemble: told by their first one. */
export function isReconfigTxn(bytes: Buffer): boolean {
  return bytes[0] === KIND.reconfig;
}

const STRING_MIN_BYTES = 4;
/** The shortest part of a multi is an error. */
const PART_MIN_BYTES = 5;

/** Kept between calls for its memory alone: what it hands out, it never touches again. */
const writer = new JuteWriter();

/** The bytes of the transaction; they are never changed again. */
export function encodeTxn(header: TxnHeader, body: TxnBody): Buffer {
  writer.reset();
  writer.byte(KIND[body.type]);
  writer.zxid(header.zxid);
  writer.longNumber(header.timeMs);
  writer.long(header.sessionId);
  writer.int(header.cxid);
  writer.byte(header.originSid);
  writer.longNumber(header.originRequest);
  encodeBody(body);
  return writer.take();
}

/** Data and password are parts of `bytes`, not copies. Throws a `DecodeError`. */
export function decodeTxn(bytes: Buffer): Txn {
  const reader = new JuteReader(bytes);
  const kind = reader.readByte();
  const header: TxnHeader = {
    zxid: reader.readZxid(),
    timeMs: reader.readLongNumber(),
    sessionId: reader.readLong() as SessionId,
    cxid: reader.readInt(),
    originSid: reader.readByte() & 0xff,
    originRequest: reader.readLongNumber(),
  };
  const body = decodeBody(reader, kind);
  if (reader.remaining !== 0) {
    throw new DecodeError(`${reader.remaining} bytes after the end of a transaction`);
  }
  return { header, body };
}

function encodeBody(body: TxnBody | TxnPart): void {
  switch (body.type) {
    case "create":
      writer.string(body.path);
      writer.buffer(body.data);
      encodeAcl(writer, body.acl);
      writer.long(body.ephemeralOwner);
      writer.int(body.parentCversion);
      break;
    case "delete":
      writer.string(body.path);
      break;
    case "setData":
      writer.string(body.path);
      writer.buffer(body.data);
      writer.int(body.version);
      break;
    case "setACL":
      writer.string(body.path);
      encodeAcl(writer, body.acl);
      writer.int(body.version);
      break;
    case "check":
      writer.string(body.path);
      writer.int(body.version);
      break;
    case "multi":
      writer.int(body.parts.length);
      for (const part of body.parts) {
        writer.byte(part.type === "create" && part.withStat ? KIND.create2 : KIND[part.type]);
        encodeBody(part);
      }
      break;
    case "reconfig":
      writer.buffer(body.data);
      writer.int(body.version);
      break;
    case "createSession":
      writer.int(body.timeoutMs);
      writer.buffer(body.password);
      break;
    case "closeSession":
      writer.int(body.paths?.length ?? -1);
      for (const path of body.paths ?? []) writer.string(path);
      break;
    case "error":
      writer.int(body.code);
      break;
  }
}

function decodeBody(reader: JuteReader, kind: number): TxnBody {
  switch (kind) {
    case KIND.create:
      return decodeCreate(reader);
    case KIND.delete:
      return { type: "delete", path: readPath(reader) };
    case KIND.setData:
      return {
        type: "setData",
        path: readPath(reader),
        data: reader.readBuffer(),
        version: reader.readInt(),
      };
    case KIND.setACL:
      return {
        type: "setACL",
        path: readPath(reader),
        acl: decodeAcl(reader),
        version: reader.readInt(),
      };
    case KIND.multi:
      return { type: "multi", parts: decodeParts(reader) };
    case KIND.reconfig:
      return { type: "reconfig", data: readBytes(reader), version: reader.readInt() };
    case KIND.createSession:
      return { type: "createSession", timeoutMs: reader.readInt(), password: readBytes(reader) };
    case KIND.closeSession:
      return { type: "closeSession", paths: readPaths(reader) };
    case KIND.error:
      return { type: "error", code: reader.readInt() };
    default:
      throw new DecodeError(`unknown kind of transaction ${kind}`);
  }
}

function decodeParts(reader: JuteReader): TxnPart[] {
  const count = reader.readCount(PART_MIN_BYTES);
  if (count < 0) throw new DecodeError("multi without its parts");
  const parts: TxnPart[] = [];
  for (let i = 0; i < count; i++) parts.push(decodePart(reader, reader.readByte()));
  return parts;
}

function decodePart(reader: JuteReader, kind: number): TxnPart {
  switch (kind) {
    case KIND.create2:
      return { ...decodeCreate(reader), withStat: true };
    case KIND.check:
      return { type: "check", path: readPath(reader), version: reader.readInt() };
    case KIND.create:
    case KIND.delete:
    case KIND.setData:
    case KIND.setACL:
    case KIND.error:
      return decodeBody(reader, kind) as TxnPart;
    default:
      throw new DecodeError(`unknown kind ${kind} of a part of a multi`);
  }
}

function decodeCreate(reader: JuteReader): Extract<TxnBody, { type: "create" }> {
  return {
    type: "create",
    path: readPath(reader),
    data: reader.readBuffer(),
    acl: decodeAcl(reader),
    ephemeralOwner: reader.readLong() as SessionId,
    parentCversion: reader.readInt(),
  };
}

function readPath(reader: JuteReader): string {
  const path = reader.readString();
  if (path === null) throw new DecodeError("transaction without a path");
  return path;
}

function readBytes(reader: JuteReader): Buffer {
  const bytes = reader.readBuffer();
  if (bytes === null) throw new DecodeError("transaction without its bytes");
  return bytes;
}

function readPaths(reader: JuteReader): string[] | null {
  const count = reader.readCount(STRING_MIN_BYTES);
  if (count < 0) return null;
  const paths: string[] = [];
  for (let i = 0; i < count; i++) paths.push(readPath(reader));
  return paths;
}
