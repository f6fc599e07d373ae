/** From what a plan says to what a client asks for. */
import { OPEN_ACL, type ClientRequest } from "../../../loadgen/client/request-op.ts";
import { AddWatchMode, WatcherType } from "../../../server/wire/opcodes.ts";
import type { MultiOp } from "../../../server/wire/request-types.ts";
import type { SimMultiPart, SimRequest } from "../plan.ts";
import type { Remembered } from "./remembered.ts";

/** All znodes of a run are below it. */
export const SIM_ROOT = "/sim";

const CONTAINER_FLAG = 4;

/** What is asked of a server; the others are the client's own affair. */
export type PlannedRequest = Exclude<
  SimRequest,
  { type: "move" | "takeOver" | "close" | "abandon" }
>;

/** Null: there is nothing to ask for. `value` makes data of that size that nobody else writes. */
export function toRequest(
  request: PlannedRequest,
  memory: Remembered,
  value: (bytes: number) => Buffer,
): ClientRequest | null {
  if (request.type === "deleteOwn") {
    const path = memory.takeOwn();
    return path === undefined ? null : { type: "delete", path, version: -1 };
  }
  if (request.type === "multi") {
    return { type: "multi", ops: request.parts.map((part) => toPart(part, memory, value)) };
  }
  const path = SIM_ROOT + request.path;
  switch (request.type) {
    case "create":
      return toCreate(request, value);
    case "delete":
      return { type: "delete", path, version: memory.version(path, request.version) };
    case "setData": {
      const version = memory.version(path, request.version);
      return { type: "setData", path, data: value(request.valueBytes), version };
    }
    case "getData":
    case "exists":
      return { type: request.type, path, watch: request.watch };
    case "getChildren":
      return { type: "getChildren2", path, watch: request.watch };
    case "sync":
    case "getACL":
      return { type: request.type, path };
    case "setACL": {
      const acl = [{ perms: request.perms, scheme: "world", id: "anyone" }];
      const version = memory.aclVersion(path, request.version ?? -1);
      return { type: "setACL", path, acl, version };
    }
    case "addWatch": {
      const isRecursive = request.mode === "recursive";
      const mode = isRecursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
      return { type: "addWatch", path, mode };
    }
    case "removeWatches":
      return { type: "removeWatches", path, watcherType: WATCHER_TYPES[request.kind] };
  }
}

const WATCHER_TYPES = {
  data: WatcherType.data,
  children: WatcherType.children,
  any: WatcherType.any,
  persistent: WatcherType.persistent,
  recursive: WatcherType.persistentRecursive,
} as const;

/** Containers and znodes with a time to live have opcodes of their own. */
function toCreate(
  request: Extract<SimRequest, { type: "create" }>,
  value: (bytes: number) => Buffer,
): ClientRequest {
  const { flags, ttlMs } = request;
  const path = SIM_ROOT + request.path;
  const frame = { path, data: value(request.valueBytes), acl: OPEN_ACL, flags };
  if (ttlMs !== undefined) return { type: "createTTL", ...frame, ttl: BigInt(ttlMs) };
  return { type: flags === CONTAINER_FLAG ? "createContainer" : "create2", ...frame };
}

function toPart(part: SimMultiPart, memory: Remembered, value: (bytes: number) => Buffer): MultiOp {
  const path = SIM_ROOT + part.path;
  switch (part.type) {
    case "create": {
      const data = value(part.valueBytes);
      return { type: "create2", path, data, acl: OPEN_ACL, flags: part.flags };
    }
    case "setData": {
      const version = memory.version(path, part.version);
      return { type: "setData", path, data: value(part.valueBytes), version };
    }
    case "delete":
    case "check":
      return { type: part.type, path, version: memory.version(path, part.version) };
  }
}
