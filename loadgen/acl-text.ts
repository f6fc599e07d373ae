import type { Acl } from "../server/wire/acl.ts";

/**
 * An access control list as histories keep it: `scheme:id:perms`, in its order, joined by commas; ""
 * for an empty one. Perms are the sum of read 1, write 2, create 4, delete 8, admin 16.
 */
export function aclText(acl: readonly Acl[]): string {
  return acl.map(({ scheme, id, perms }) => `${scheme}:${id}:${perms}`).join(",");
}
