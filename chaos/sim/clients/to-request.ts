/** From what a plan says to what a client asks for. */
import { OPEN_ACL, type ClientRequest } from "../../../loadgen/client/request-op.ts";
import type { SimRequest } from "../plan.ts";
import type { Remembered } from "./remembered.ts";

/** All znodes of a run are below it. */
export const SIM_ROOT = "/sim";

/** Null: there is nothing to ask for. `value` makes data of that size that nobody else writes. */
export function toRequest(
  request: Exclude<SimRequest, { type: "move" | "takeOver" | "close" | "abandon" }>,
  memory: Remembered,
  value: (bytes: number) => Buffer,
): ClientRequest | null {
  if (request.type === "deleteOwn") {
    const path = memory.takeOwn();
    return path === undefined ? null : { type: "delete", path, version: -1 };
  }
  if (request.type === "multi") return null;
  const path = SIM_ROOT + request.path;
  switch (request.type) {
    case "create":
      return {
        type: "create2",
        path,
        data: value(request.valueBytes),
        acl: OPEN_ACL,
        flags: request.flags,
      };
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
      return { type: "sync", path };
    default:
      return null;
  }
}
