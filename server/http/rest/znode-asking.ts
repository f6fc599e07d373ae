/** Asks for znodes in the name of who made a request, and says in words what went wrong. */
import { ErrorCode, errorName } from "../../errors.ts";
import type { JuteReader } from "../../wire/jute.ts";
import type { Request } from "../../wire/request-types.ts";
import type { InsideClient } from "./inside-client.ts";
import type { Asked } from "./operation.ts";
import { CodeError, Refusal } from "./refusal.ts";

/** Rejects with a `Refusal`, or with a `CodeError` whose message names the znode. */
export async function ask<T>(
  asked: Asked,
  use: "reads" | "writes",
  request: Extract<Request, { path: string }>,
  decode: (reader: JuteReader) => T,
): Promise<T> {
  const client = await clientOf(asked, use);
  try {
    return await client.call(asked.authIds, request, decode);
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    throw new CodeError(error.code, explain(error, request));
  }
}

async function clientOf({ clients, query }: Asked, use: "reads" | "writes"): Promise<InsideClient> {
  const token = query.text("session");
  if (token === null) return clients.shared(use);
  const client = await clients.ofSession(token);
  if (client !== null) return client;
  throw new Refusal(401, "session: there is no such session, or it is over; open another one", {
    error: "SessionExpired",
  });
}

function explain(
  { code, message }: CodeError,
  { type, path }: { type: string; path: string },
): string {
  switch (code) {
    case ErrorCode.NoNode:
      return type === "create"
        ? `${path}: there is no znode to create it in`
        : `${path}: there is no such znode`;
    case ErrorCode.NodeExists:
      return `${path}: there is such a znode already`;
    case ErrorCode.NotEmpty:
      return `${path}: it has children, delete them first`;
    case ErrorCode.BadVersion:
      return `${path}: it has another version than the one that is given, read it again`;
    case ErrorCode.NoAuth:
      return `${path}: its ACL (of a create or delete: that of its parent) does not allow this`;
    case ErrorCode.InvalidAcl:
      return "acl: creator is for those who authenticate (Authorization: Basic)";
    case ErrorCode.NoChildrenForEphemerals:
      return `${path}: its parent is ephemeral, and can have no children`;
    case ErrorCode.QuotaExceeded:
      return `${path}: a quota is exceeded`;
    default:
      return message === errorName(code) ? `${path}: ${message}` : message;
  }
}
