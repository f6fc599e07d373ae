/**
 * The requests of the client protocol, decoded. How they are written: `requests.ts`.
 */
import type { Zxid } from "../ids.ts";
import type { Acl } from "./acl.ts";

export interface RequestHeader {
  readonly xid: number;
  /** An opcode, or whatever the client sent in its place. */
  readonly type: number;
}

export interface CreateRequest {
  readonly type: "create" | "create2" | "createContainer";
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /** See `CreateFlag`; any other number has been let through. */
  readonly flags: number;
}
export interface CreateTtlRequest {
  readonly type: "createTTL";
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /** See `CreateFlag`; any other number has been let through. */
  readonly flags: number;
  /** Milliseconds since the last change after which the childless znode goes; not checked here. */
  readonly ttl: bigint;
}
export interface DeleteRequest {
  readonly type: "delete";
  readonly path: string;
  /** The version that the znode must have; −1 for any. */
  readonly version: number;
}
export interface ReadRequest {
  readonly type: "exists" | "getData" | "getChildren" | "getChildren2";
  readonly path: string;
  readonly watch: boolean;
}
export interface SetDataRequest {
  readonly type: "setData";
  readonly path: string;
  readonly data: Buffer | null;
  /** The version that the znode must have; −1 for any. */
  readonly version: number;
}
/** Succeeds if the znode has the version; a client may send it as a part of a multi only. */
export interface CheckRequest {
  readonly type: "check";
  readonly path: string;
  /** −1 for any. */
  readonly version: number;
}
/** A request that is a path. Of getEphemerals it is the prefix that the paths must have. */
export interface PathRequest {
  readonly type: "sync" | "getACL" | "getAllChildrenNumber" | "getEphemerals";
  readonly path: string;
}
export interface SetAclRequest {
  readonly type: "setACL";
  readonly path: string;
  readonly acl: readonly Acl[];
  /** The aversion that the znode must have; −1 for any. */
  readonly version: number;
}
/** Null members are told from empty ones: which are given says what is meant. */
export interface ReconfigRequest {
  readonly type: "reconfig";
  readonly joiningServers: string | null;
  readonly leavingServers: string | null;
  readonly newMembers: string | null;
  /** The version of the configuration that it is to change; −1 for any. */
  readonly curConfigId: bigint;
}
export interface AddWatchRequest {
  readonly type: "addWatch";
  readonly path: string;
  /** See `AddWatchMode`; any other number has been let through. */
  readonly mode: number;
}
export interface WatchesRequest {
  readonly type: "checkWatches" | "removeWatches";
  readonly path: string;
  /** See `WatcherType`; any other number has been let through. */
  readonly watcherType: number;
}
export interface AuthRequest {
  readonly type: "auth";
  readonly scheme: string;
  readonly auth: Buffer | null;
}
export interface SaslRequest {
  readonly type: "sasl";
  readonly token: Buffer | null;
}
export interface SetWatchesRequest {
  readonly type: "setWatches";
  /** The last zxid that the client has seen. */
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}
export interface SetWatches2Request {
  readonly type: "setWatches2";
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
  readonly persistentWatches: readonly string[];
  readonly persistentRecursiveWatches: readonly string[];
}
/** A request that is nothing but its header. */
export interface BareRequest {
  readonly type: "ping" | "closeSession" | "whoAmI";
}

export type Request =
  | CreateRequest
  | CreateTtlRequest
  | DeleteRequest
  | ReadRequest
  | SetDataRequest
  | CheckRequest
  | PathRequest
  | SetAclRequest
  | ReconfigRequest
  | AddWatchRequest
  | WatchesRequest
  | AuthRequest
  | SaslRequest
  | MultiRequest
  | MultiReadRequest
  | SetWatchesRequest
  | SetWatches2Request
  | BareRequest;

/** What a multi may consist of. */
export type MultiOp =
  | CreateRequest
  | CreateTtlRequest
  | DeleteRequest
  | SetDataRequest
  | CheckRequest;

/** All of them happen, at one zxid, or none. */
export interface MultiRequest {
  readonly type: "multi";
  readonly ops: readonly MultiOp[];
}
/** Each is answered for itself. Their `watch` says nothing: no watches are left. */
export interface MultiReadRequest {
  readonly type: "multiRead";
  readonly ops: readonly MultiRead[];
}
export type MultiRead = ReadRequest & { readonly type: "getData" | "getChildren" };
