import type { Acl } from "../../server/wire/acl.ts";
import { AddWatchMode, CreateFlag, type WatcherType } from "../../server/wire/opcodes.ts";
import type { MultiOp, ReconfigRequest } from "../../server/wire/request-types.ts";
import { OPEN_ACL, type ClientRequest, type OpResult } from "./request-op.ts";

/** What a reconfiguration asks for; members that are not given are null on the wire. */
export type ConfigChange = Partial<
  Pick<ReconfigRequest, "joiningServers" | "leavingServers" | "newMembers">
>;

/** A client's operations as methods. Their promises are always fulfilled, errors are values. */
export abstract class RequestMethods {
  abstract ask(request: ClientRequest): Promise<OpResult>;

  create(path: string, data: Buffer | null, flags = 0): Promise<OpResult> {
    return this.ask({ type: "create", path, data, acl: OPEN_ACL, flags });
  }
  /** Creates a znode that goes when its last child has gone. */
  createContainer(path: string, data: Buffer | null): Promise<OpResult> {
    const flags = CreateFlag.container;
    return this.ask({ type: "createContainer", path, data, acl: OPEN_ACL, flags });
  }
  /** Creates a znode that goes when it has no children and was not changed for `ttlMs`. */
  createTtl(path: string, data: Buffer | null, ttlMs: number): Promise<OpResult> {
    const flags = CreateFlag.persistentWithTtl;
    return this.ask({ type: "createTTL", path, data, acl: OPEN_ACL, flags, ttl: BigInt(ttlMs) });
  }
  delete(path: string, version = -1): Promise<OpResult> {
    return this.ask({ type: "delete", path, version });
  }
  setData(path: string, data: Buffer | null, version = -1): Promise<OpResult> {
    return this.ask({ type: "setData", path, data, version });
  }
  getData(path: string, watch = false): Promise<OpResult> {
    return this.ask({ type: "getData", path, watch });
  }
  exists(path: string, watch = false): Promise<OpResult> {
    return this.ask({ type: "exists", path, watch });
  }
  getChildren(path: string, watch = false): Promise<OpResult> {
    return this.ask({ type: "getChildren2", path, watch });
  }
  sync(path: string): Promise<OpResult> {
    return this.ask({ type: "sync", path });
  }
  /** All of them happen, at one zxid, or none: then the outcome is the first error of the parts. */
  multi(...ops: readonly MultiOp[]): Promise<OpResult> {
    return this.ask({ type: "multi", ops });
  }
  getACL(path: string): Promise<OpResult> {
    return this.ask({ type: "getACL", path });
  }
  /** `version` is that of the ACL (aversion). */
  setACL(path: string, acl: readonly Acl[], version = -1): Promise<OpResult> {
    return this.ask({ type: "setACL", path, acl, version });
  }
  /** Leaves a watch that stays when it fires; the observer gets its events. */
  addWatch(path: string, kind: "persistent" | "recursive"): Promise<OpResult> {
    const { persistent, persistentRecursive } = AddWatchMode;
    const mode = kind === "recursive" ? persistentRecursive : persistent;
    return this.ask({ type: "addWatch", path, mode });
  }
  /** Fails with NoWatcher if there is no such watch on this very path. */
  removeWatches(path: string, watcherType: WatcherType): Promise<OpResult> {
    return this.ask({ type: "removeWatches", path, watcherType });
  }
  /** The paths of the ephemeral znodes of this session that begin with the prefix: `children`. */
  getEphemerals(prefix = "/"): Promise<OpResult> {
    return this.ask({ type: "getEphemerals", path: prefix });
  }
  /** How many znodes there are below: `count`. */
  getAllChildrenNumber(path: string): Promise<OpResult> {
    return this.ask({ type: "getAllChildrenNumber", path });
  }
  /** Who the server takes this connection for: `identities`. */
  whoAmI(): Promise<OpResult> {
    return this.ask({ type: "whoAmI" });
  }
  /** `fromVersion`: the version of the configuration that it is to change; −1 any. */
  reconfig(change: ConfigChange, fromVersion = -1): Promise<OpResult> {
    const { joiningServers = null, leavingServers = null, newMembers = null } = change;
    const curConfigId = BigInt(fromVersion);
    return this.ask({ type: "reconfig", joiningServers, leavingServers, newMembers, curConfigId });
  }
}
