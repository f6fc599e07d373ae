/** Requests as tests mostly need them. */
import type { Acl } from "../tree/txn.ts";
import { CreateFlag } from "../wire/opcodes.ts";
import type { Request } from "../wire/request-types.ts";

export const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

export function create(
  path: string,
  data: string | Buffer | null = "",
  flags: number = CreateFlag.persistent,
): Request {
  return { type: "create", path, data: toBuffer(data), acl: OPEN_ACL, flags };
}
export function ephemeral(path: string): Request {
  return create(path, "", CreateFlag.ephemeral);
}
export function setData(path: string, data: string | Buffer | null, version = -1): Request {
  return { type: "setData", path, data: toBuffer(data), version };
}
export function remove(path: string, version = -1): Request {
  return { type: "delete", path, version };
}
export function getData(path: string, watch = false): Request {
  return { type: "getData", path, watch };
}
export function exists(path: string, watch = false): Request {
  return { type: "exists", path, watch };
}
export function getChildren(path: string, watch = false): Request {
  return { type: "getChildren", path, watch };
}
export function sync(path: string): Request {
  return { type: "sync", path };
}
export const PING: Request = { type: "ping" };
export const CLOSE: Request = { type: "closeSession" };

function toBuffer(data: string | Buffer | null): Buffer | null {
  return typeof data === "string" ? Buffer.from(data) : data;
}
