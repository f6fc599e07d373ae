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

export type TxnBody =
  | {
      readonly type: "create";
      readonly path: string;
      readonly data: Buffer | null;
      readonly acl: readonly Acl[];
      /** The owner of an ephemeral znode, 0 for a persistent one. */
      readonly ephemeralOwner: SessionId;
      /** The parent's child-creation counter after this creation (a signed 32-bit number). */
      readonly parentCversion: number;
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
      readonly type: "createSession";
      readonly timeoutMs: number;
      /** 16 random bytes: whoever knows them may take the session to another server. */
      readonly password: Buffer;
    }
  /** Ends the session and removes all its ephemerals, in one transaction. */
  | { readonly type: "closeSession"; readonly paths: readonly string[] }
  /** A request that failed: it has consumed a zxid, and changes nothing. */
  | { readonly type: "error"; readonly code: number };

export interface Txn {
  readonly header: TxnHeader;
  readonly body: TxnBody;
}
