/**
 * What the leader is asked to do, from the record as a client sent it.
 */
import type { ReconfigRequest } from "./reconfiguration.ts";
import type { PrepareRequest } from "./tree/prepare.ts";
import { DecodeError, type JuteReader } from "./wire/jute.ts";
import { OpCode } from "./wire/opcodes.ts";
import { decodeRequest } from "./wire/requests.ts";

/** What a decoded request asks for; what data a reconfiguration has is decided with its zxid. */
export type Wish =
  | PrepareRequest
  | ({ readonly type: "askReconfig" } & ReconfigRequest)
  | { readonly type: "establishConfig" };

/** Null: the body cannot be decoded, or is not that of a write. The reader is one to use for it. */
export function decodeWish(reader: JuteReader, opcode: number, body: Buffer): Wish | null {
  try {
    return readWish(reader, opcode, body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}

function readWish(reader: JuteReader, opcode: number, body: Buffer): Wish | null {
  reader.reset(body, 0, body.length);
  if (opcode === OpCode.closeSession) return { type: "closeSession" };
  if (opcode === OpCode.createSession)
    return {
      type: "createSession",
      timeoutMs: reader.readInt(),
      password: reader.readBuffer() ?? Buffer.alloc(0),
    };
  const decoded = decodeRequest(reader, opcode);
  switch (decoded?.type) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
    case "delete":
    case "setData":
    case "setACL":
    case "multi":
      return decoded;
    case "reconfig":
      return { ...decoded, type: "askReconfig" };
    default:
      return null;
  }
}
