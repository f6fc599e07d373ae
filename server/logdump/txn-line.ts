/**
 * One transaction as a dump shows it. Passwords of sessions and access rights are never shown, values
 * only if asked for.
 */
import { formatSession, formatZxid } from "../ids.ts";
import type { LogEntry } from "../storage/storage.ts";
import { ownerKind } from "../tree/ephemeral-owner.ts";
import { decodeTxn } from "../tree/txn-codec.ts";
import type { Txn, TxnPart } from "../tree/txn.ts";
import { DecodeError } from "../wire/jute.ts";

export interface TxnLine {
  readonly zxid: string;
  readonly offset: number;
  /** The leader's wall clock, ISO 8601. */
  readonly time: string;
  readonly session: string;
  readonly cxid: number;
  /** The server that the request came in at; 0: the leader's own. */
  readonly originSid: number;
  readonly change: ShownChange;
}

export interface ShownChange {
  readonly type: string;
  readonly path?: string;
  /** After the change. */
  readonly version?: number;
  readonly valueBytes?: number;
  readonly value?: string;
  /** How `value` is written: as it is, or in base64 because it is no text. */
  readonly valueEncoding?: "utf8" | "base64";
  readonly ephemeralOwner?: string;
  readonly timeoutMs?: number;
  readonly errorCode?: number;
  /** The znodes that a session's end removes; absent: all that it has. */
  readonly paths?: readonly string[];
  readonly parts?: readonly ShownChange[];
}

/** The line of an entry at `offset` of its file, or why its bytes are no transaction. */
export function txnLine(entry: LogEntry, offset: number, withValues: boolean): TxnLine | string {
  let txn: Txn;
  try {
    txn = decodeTxn(entry.bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `a whole record that holds no transaction: ${error.message}`;
  }
  const { header, body } = txn;
  return {
    zxid: formatZxid(entry.zxid),
    offset,
    time: timeOf(header.timeMs),
    session: formatSession(header.sessionId),
    cxid: header.cxid,
    originSid: header.originSid,
    change: shown(body, withValues),
  };
}

function shown(body: Txn["body"] | TxnPart, withValues: boolean): ShownChange {
  const { type } = body;
  switch (type) {
    case "create": {
      const { path, data, ephemeralOwner } = body;
      const created = { type, path, version: 0, ...value(data, withValues) };
      if (ephemeralOwner === 0n) return created;
      const kind = ownerKind(ephemeralOwner);
      return {
        ...created,
        ephemeralOwner: kind === "session" ? formatSession(ephemeralOwner) : kind,
      };
    }
    case "delete":
      return { type, path: body.path };
    case "setData":
      return { type, path: body.path, version: body.version, ...value(body.data, withValues) };
    case "setACL":
    case "check":
      return { type, path: body.path, version: body.version };
    case "reconfig":
      return {
        type,
        path: "/zookeeper/config",
        version: body.version,
        ...value(body.data, withValues),
      };
    case "multi":
      return { type, parts: body.parts.map((part) => shown(part, withValues)) };
    case "createSession":
      return { type, timeoutMs: body.timeoutMs };
    case "closeSession":
      return body.paths === null ? { type } : { type, paths: body.paths };
    case "error":
      return { type, errorCode: body.code };
  }
}

function value(data: Buffer | null, withValue: boolean): Partial<ShownChange> {
  const valueBytes = data?.length ?? 0;
  if (!withValue || data === null) return { valueBytes };
  const text = data.toString("utf8");
  if (Buffer.from(text).equals(data)) return { valueBytes, value: text, valueEncoding: "utf8" };
  return { valueBytes, value: data.toString("base64"), valueEncoding: "base64" };
}

/** A clock may have been anything, and so may a damaged file say. */
function timeOf(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? `${timeMs} ms` : date.toISOString();
}
