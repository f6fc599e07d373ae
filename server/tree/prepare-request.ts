/**
 * What the leader makes transactions of, and what it knows about who asks.
 */
import type { SessionId, Zxid } from "../ids.ts";
import type { MultiOp, MultiRequest, SetAclRequest } from "../wire/request-types.ts";
import type { AuthId } from "./acl.ts";

/** A request about znodes: a client's, alone or as a part of a multi, or the leader's own. */
export type ZnodeRequest =
  | MultiOp
  | SetAclRequest
  /** The leader's: removes a container, or a znode with a time to live, that has no children. */
  | { readonly type: "deleteContainer"; readonly path: string };

export type PrepareRequest =
  | ZnodeRequest
  | MultiRequest
  /** The new data of /zookeeper/config; whether they may be has been judged already. */
  | { readonly type: "reconfig"; readonly data: Buffer }
  /** The context's session begins. */
  | { readonly type: "createSession"; readonly timeoutMs: number; readonly password: Buffer }
  /** The context's session ends. */
  | { readonly type: "closeSession" };

export interface PrepareContext {
  /** The zxid that the transaction will have: above all that were prepared before. */
  readonly zxid: Zxid;
  /** The leader's wall clock, as the transaction's header will have it. */
  readonly timeMs: number;
  /** 0: the leader asks for itself. A reconfig and a deleteContainer are then allowed. */
  readonly sessionId: SessionId;
  readonly authIds: readonly AuthId[];
}

export interface PrepareOptions {
  /** Nobody is refused anything for lack of permission. */
  readonly skipAcl: boolean;
  /** Znodes with a time to live may be created. */
  readonly extendedTypesEnabled: boolean;
  /** Limits of quotas are looked at. */
  readonly enforceQuota: boolean;
  /** The scheme x509 is known: there is a TLS port for clients. */
  readonly x509?: boolean;
  /** Told of every write that goes beyond a limit, refused or not. */
  readonly overQuota?: (finding: OverQuota) => void;
}

export interface OverQuota {
  /** The path that has the quota. */
  readonly path: string;
  readonly what: "count" | "bytes";
  /** A hard limit refuses the write, a soft one lets it pass. */
  readonly limit: "hard" | "soft";
  readonly allowed: number;
  /** What would be used with the write. */
  readonly used: number;
}

export type RequestOf<T extends PrepareRequest["type"]> = Extract<PrepareRequest, { type: T }>;

export const DEFAULT_OPTIONS: PrepareOptions = {
  skipAcl: false,
  extendedTypesEnabled: false,
  enforceQuota: false,
};
