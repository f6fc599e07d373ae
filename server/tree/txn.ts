/**
 * Transactions: what the leader proposes, every server logs, and every server applies in the order
 * of zxids. A transaction is idempotent state, not a request: it says what the result is.
 */
import type { SessionId, Zxid } from "../ids.ts";
import type { Acl } from "../wire/acl.ts";

export type { Acl } from "../wire/acl.ts";

export interface TxnHeader {
  readonly zxid: Zxid;
  /** The leader's wall clock when it prepared the transaction: ctime and mtime on every server. */
  readonly timeMs: number;
  /** The session that asked, 0 if none did. */
  readonly sessionId: SessionId;
  /** The client's xid of the request; 0 if there was none. */
  readonly cxid: number;
  /** The server that the request came in at, and its number for the request: so it finds the reply. */
  readonly originSid: number;
  readonly originRequest: number;
}

/** What a transaction may do to the tree, alone or as a part of a multi. */
export type TreeChange =
  | {
      readonly type: "create";
      readonly path: string;
      readonly data: Buffer | null;
      readonly acl: readonly Acl[];
      /**
       * The owner of an ephemeral znode, 0 for a persistent one; containers and znodes with a time to
       * live have numbers of their own here (`ephemeral-owner.ts`).
       */
      readonly ephemeralOwner: SessionId;
      /** The parent's child-creation counter after this creation (a signed 32-bit number). */
      readonly parentCversion: number;
      /** In a multi alone: the client asked with create2, and is answered the Stat as well. */
      readonly withStat?: true;
    }
  | { readonly type: "delete"; readonly path: string }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly data: Buffer | null;
      /** The version after this change. */
      readonly version: number;
    }
  | {
      readonly type: "setACL";
      readonly path: string;
      readonly acl: readonly Acl[];
      /** The aversion after this change. */
      readonly version: number;
    };

/** A part of a multi: a change, a check that held, or the error of a multi that failed as a whole. */
export type TxnPart =
  | TreeChange
  | { readonly type: "check"; readonly path: string; readonly version: number }
  /** All parts are errors then: the first real one, 0 before it, RuntimeInconsistency after it. */
  | { readonly type: "error"; readonly code: number };

export type TxnBody =
  | TreeChange
  /** All parts at one zxid; the transaction itself is no error, also when all parts are. */
  | { readonly type: "multi"; readonly parts: readonly TxnPart[] }
  /**
   * A new configuration of the ensemble: the new data of /zookeeper/config. Zab reads it too, from the
   * moment it is in the log (`zab/membership.ts`).
   */
  | { readonly type: "reconfig"; readonly data: Buffer; readonly version: number }
  | {
      readonly type: "createSession";
      readonly timeoutMs: number;
      /** 16 random bytes: whoever knows them may take the session to another server. */
      readonly password: Buffer;
    }
  /**
   * Ends the session and removes all its ephemerals, in one transaction. Null: whatever it has when this
   * is applied, which is the same; a list too long for a transaction is left out.
   */
  | { readonly type: "closeSession"; readonly paths: readonly string[] | null }
  /** A request that failed: it has consumed a zxid, and changes nothing. */
  | { readonly type: "error"; readonly code: number };

export interface Txn {
  readonly header: TxnHeader;
  readonly body: TxnBody;
}
