/**
 * Access control: which lists may be stored, and whom they let through (PrepRequestProcessor's
 * fixupACL, ZooKeeperServer's checkACL, and the providers of the schemes world, ip, digest and auth).
 */
import { isValidIpExpression, ipMatches } from "./ip-match.ts";
import type { Acl } from "./txn.ts";

/** Who a connection is: `ip` and its address, `digest` and user:hash, `super`. */
export interface AuthId {
  readonly scheme: string;
  readonly id: string;
}

/** The bits of `perms`. */
export const Perm = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** Everybody may do everything: the ACL that most znodes have. */
export const OPEN_ACL: readonly Acl[] = [{ perms: Perm.all, scheme: "world", id: "anyone" }];
/** Everybody may read, and nobody else anything: the ACL of /zookeeper/config. */
export const READ_ACL: readonly Acl[] = [{ perms: Perm.read, scheme: "world", id: "anyone" }];

/** Whether it is the list that most znodes have, by value. */
export function isOpenAcl(acl: readonly Acl[]): boolean {
  const first = acl[0];
  return (
    acl.length === 1 &&
    first !== undefined &&
    first.perms === Perm.all &&
    first.scheme === "world" &&
    first.id === "anyone"
  );
}

/**
 * The list as it is stored: without duplicates, `auth` replaced by the ids that the connection has
 * authenticated. Null if it is invalid (InvalidAcl): empty, of an unknown scheme, of an id that the
 * scheme does not allow, `auth` without any authenticated id. The bits of `perms` are not looked at:
 * ZooKeeper stores any.
 */
export function fixAcl(acl: readonly Acl[], authIds: readonly AuthId[]): readonly Acl[] | null {
  if (isOpenAcl(acl)) return OPEN_ACL;
  if (acl.length === 0) return null;
  const seen = new Set<string>();
  const fixed: Acl[] = [];
  const add = (entry: Acl): void => {
    const key = JSON.stringify([entry.perms, entry.scheme, entry.id]);
    if (seen.has(key)) return;
    seen.add(key);
    fixed.push(entry);
  };
  for (const entry of acl) {
    if (entry.scheme === "auth") {
      const ids = authIds.filter(isAuthenticated);
      if (ids.length === 0) return null;
      for (const { scheme, id } of ids) add({ perms: entry.perms, scheme, id });
    } else if (isValidId(entry.scheme, entry.id)) {
      add(entry);
    } else {
      return null;
    }
  }
  return fixed;
}

/** Whether the list lets one of the ids do any of `perms` (see `Perm`). */
export function permitted(acl: readonly Acl[], perms: number, authIds: readonly AuthId[]): boolean {
  if (acl === OPEN_ACL) return true;
  for (const entry of acl) {
    if ((entry.perms & perms) === 0) continue;
    if (entry.scheme === "world" && entry.id === "anyone") return true;
    for (const auth of authIds) {
      if (auth.scheme === entry.scheme && idMatches(entry.scheme, auth.id, entry.id)) return true;
    }
  }
  return authIds.some((auth) => auth.scheme === "super");
}

/** An address says where one is, not who: `auth` does not stand for it. */
function isAuthenticated(auth: AuthId): boolean {
  return auth.scheme === "digest";
}

function isValidId(scheme: string, id: string): boolean {
  switch (scheme) {
    case "world":
      return id === "anyone";
    case "ip":
      return isValidIpExpression(id);
    case "digest":
      return isDigestId(id);
    default:
      return false;
  }
}

function idMatches(scheme: string, id: string, expression: string): boolean {
  return scheme === "ip" ? ipMatches(id, expression) : id === expression;
}

/** `user:hash`. As Java's split does it, colons at the end do not count. */
function isDigestId(id: string): boolean {
  let end = id.length;
  while (end > 0 && id[end - 1] === ":") end--;
  const firstColon = id.indexOf(":");
  const secondColon = id.indexOf(":", firstColon + 1);
  return firstColon >= 0 && firstColon < end && (secondColon < 0 || secondColon >= end);
}
