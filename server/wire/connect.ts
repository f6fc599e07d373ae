/**
 * The first frame each way.
 *
 * ```
 * ConnectRequest   int protocolVersion, long lastZxidSeen, int timeOut, long sessionId,
 *                  buffer passwd, [bool readOnly]
 * ConnectResponse  int protocolVersion, int timeOut, long sessionId, buffer passwd, [bool readOnly]
 * ```
 *
 * Old clients leave `readOnly` out; the response has it only if the request had it.
 */
import type { SessionId, Zxid } from "../ids.ts";
import type { JuteReader, JuteWriter } from "./jute.ts";

export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  /** The session timeout that the client asks for, in milliseconds. */
  readonly timeOut: number;
  /** 0 asks for a new session. */
  readonly sessionId: SessionId;
  readonly passwd: Buffer | null;
  /** Null: the request came without the byte. */
  readonly readOnly: boolean | null;
}

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** The negotiated session timeout in milliseconds; 0: there is no such session. */
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Buffer | null;
  /** Null: the response goes without the byte. */
  readonly readOnly: boolean | null;
}

/** Writes the whole frame, with its length. */
export function encodeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  const frame = writer.reserveInt();
  writer.int(request.protocolVersion);
  writer.zxid(request.lastZxidSeen);
  writer.int(request.timeOut);
  writer.long(request.sessionId);
  writer.buffer(request.passwd);
  if (request.readOnly !== null) writer.bool(request.readOnly);
  writer.endFrame(frame);
}

/** Reads a frame without its length; throws a `DecodeError`. */
export function decodeConnectRequest(reader: JuteReader): ConnectRequest {
  return {
    protocolVersion: reader.readInt(),
    lastZxidSeen: reader.readZxid(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining > 0 ? reader.readBool() : null,
  };
}

/** Writes the whole frame, with its length. */
export function encodeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  const frame = writer.reserveInt();
  writer.int(response.protocolVersion);
  writer.int(response.timeOut);
  writer.long(response.sessionId);
  writer.buffer(response.passwd);
  if (response.readOnly !== null) writer.bool(response.readOnly);
  writer.endFrame(frame);
}

/** Reads a frame without its length; throws a `DecodeError`. */
export function decodeConnectResponse(reader: JuteReader): ConnectResponse {
  return {
    protocolVersion: reader.readInt(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining > 0 ? reader.readBool() : null,
  };
}
