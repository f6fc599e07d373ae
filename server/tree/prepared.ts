/**
 * What checking a request ends in, and checks that several requests share.
 */
import type { ErrorCode } from "../errors.ts";
import { permitted } from "./acl.ts";
import type { PrepareContext, PrepareOptions } from "./prepare-request.ts";
import type { Acl, TreeChange, TxnPart } from "./txn.ts";

/** A change that is on its way now, a check that held, or the error that the request gets. */
export type Prepared = TreeChange | Exclude<TxnPart, TreeChange>;

export function refuse(code: ErrorCode): { readonly type: "error"; readonly code: ErrorCode } {
  return { type: "error", code };
}

/** Whether the context's identities may do this (see `Perm`) with a znode of this ACL. */
export function mayDo(
  options: PrepareOptions,
  acl: readonly Acl[],
  perm: number,
  context: PrepareContext,
): boolean {
  return options.skipAcl || permitted(acl, perm, context.authIds);
}

/** ZooKeeper looks for a parent before it looks at the rest of a path. */
export function hasParent(path: string): boolean {
  return path.includes("/") && !path.includes("\0");
}

/** Whether a znode of version `has` is what a request wanted; −1 wants any. */
export function versionFits(has: number, wanted: number): boolean {
  return wanted === -1 || wanted === has;
}
