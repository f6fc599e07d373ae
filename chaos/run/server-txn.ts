/**
 * An entry of a server's log as the results keep it.
 */
import { createHash } from "node:crypto";
import { aclText } from "../../loadgen/acl-text.ts";
import { tagOf } from "../../loadgen/value-tag.ts";
import type { ServerTxn, ServerTxnPart } from "../../results/history.ts";
import { formatSession } from "../../server/ids.ts";
import { decodeTxn } from "../../server/tree/txn-codec.ts";
import type { TxnPart } from "../../server/tree/txn.ts";

/** Throws a `DecodeError` if the bytes are no transaction. */
export function serverTxn(bytes: Buffer): ServerTxn {
  const { header, body } = decodeTxn(bytes);
  const common = {
    zxid: header.zxid,
    hash: createHash("sha256").update(bytes).digest("hex").slice(0, 32),
    type: body.type,
    session: formatSession(header.sessionId),
    cxid: header.cxid,
    timeMs: header.timeMs,
  };
  switch (body.type) {
    case "create":
    case "setData":
    case "setACL":
    case "delete":
    case "error":
      return { ...common, ...serverTxnPart(body), type: body.type };
    case "multi":
      return { ...common, path: "", parts: body.parts.map(serverTxnPart) };
    case "reconfig": {
      const { data, version } = body;
      return { ...common, path: "", value: tagOf(data), version, dataLength: data.length };
    }
    case "closeSession":
      return { ...common, path: "", ...(body.paths === null ? {} : { removed: body.paths }) };
    case "createSession":
      return { ...common, path: "", timeoutMs: body.timeoutMs };
  }
}

function serverTxnPart(part: TxnPart): ServerTxnPart {
  const { type } = part;
  switch (type) {
    case "create": {
      const { path, data, ephemeralOwner } = part;
      return {
        type,
        path,
        ephemeralOwner: formatSession(ephemeralOwner),
        value: tagOf(data),
        version: 0,
        dataLength: data?.length ?? 0,
        acl: aclText(part.acl),
      };
    }
    case "setData": {
      const { path, data, version } = part;
      return { type, path, value: tagOf(data), version, dataLength: data?.length ?? 0 };
    }
    case "setACL":
      return { type, path: part.path, version: part.version, acl: aclText(part.acl) };
    case "check":
      return { type, path: part.path, version: part.version };
    case "delete":
      return { type, path: part.path };
    case "error":
      return { type, path: "", code: part.code };
  }
}
