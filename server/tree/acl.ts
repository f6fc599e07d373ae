import type { Acl } from "./txn.ts";

/** Who a connection is: `ip` and its address, `digest` and user:hash. */
export interface AuthId {
  readonly scheme: string;
  readonly id: string;
}
export const Perm = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;
/** Everybody may do everything: the ACL that most znodes have. */
export const OPEN_ACL: readonly Acl[] = [{ perms: Perm.all, scheme: "world", id: "anyone" }];

/** The ACL as it is stored, or null: InvalidAcl. */
export function fixAcl(_acl: readonly Acl[], _authIds: readonly AuthId[]): readonly Acl[] | null {
  throw new Error("not built yet");
}
/** Whether one of the ids may do all of `perms` (see `Perm`). */
export function permitted(
  _acl: readonly Acl[],
  _perms: number,
  _authIds: readonly AuthId[],
): boolean {
  throw new Error("not built yet");
}
