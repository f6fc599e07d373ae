import type { SessionId, Zxid } from "../ids.ts";
import type { AuthId } from "./acl.ts";
import type { DataTree } from "./data-tree.ts";
import type { Acl, TxnBody } from "./txn.ts";

export type PrepareRequest =
  | {
      readonly type: "create";
      readonly path: string;
      readonly data: Buffer | null;
      readonly acl: readonly Acl[];
      readonly flags: number;
    }
  | { readonly type: "delete"; readonly path: string; readonly version: number }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly data: Buffer | null;
      readonly version: number;
    }
  /** The context's session begins. */
  | { readonly type: "createSession"; readonly timeoutMs: number; readonly password: Buffer }
  /** The context's session ends. */
  | { readonly type: "closeSession" };

export interface PrepareContext {
  /** The zxid that the transaction will have: above all that were prepared before. */
  readonly zxid: Zxid;
  readonly timeMs: number;
  readonly sessionId: SessionId;
  readonly authIds: readonly AuthId[];
}

export class Preparer {
  constructor(_tree: DataTree) {}
  prepare(_request: PrepareRequest, _context: PrepareContext): TxnBody {
    throw new Error("not built yet");
  }
  /** Call after the tree applied `zxid`: what was outstanding up to there is in the tree now. */
  committed(_zxid: Zxid): void {
    throw new Error("not built yet");
  }
  /** Forgets all that is outstanding: leadership was lost or begins. */
  reset(): void {
    throw new Error("not built yet");
  }
}
