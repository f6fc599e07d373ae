/**
 * Access control: which lists may be stored, and whom they let through (PrepRequestProcessor's
 * fixupACL, FinalRequestProcessor's getACL, ZooKeeperServer's checkACL, and the providers of the schemes
 * world, ip, digest, x509 and auth).
 */
import { isValidIpExpression, ipMatches } from "./ip-match.ts";
import type { Acl } from "./txn.ts";
import { isX500Name } from "./x500-name.ts";

/**
 * Who a connection is: `ip` and its address, `digest` and user:hash, `x509` and the subject of its
 * certificate, `super`.
 */
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
 * What expanding `auth` may add to one list, in characters: a list of many `auth` entries from a
 * client of many identities would otherwise make a transaction of any size.
 */
const MAX_EXPANDED_CHARS = 256 * 1024;
const ENTRY_CHARS = 12;

/**
 * The list as it is stored: without duplicates, `auth` replaced by the ids that the connection has
 * authenticated (duplicates that arise so stay, as in ZooKeeper). Null if it is invalid (InvalidAcl):
 * empty, of an unknown scheme, of an id that the scheme does not allow, `auth` without any
 * authenticated id. The scheme x509 is known where there is a TLS port for clients. The bits of
 * `perms` are not looked at: ZooKeeper stores any.
 */
export function fixAcl(
  acl: readonly Acl[],
  authIds: readonly AuthId[],
  x509 = false,
): readonly Acl[] | null {
  if (isOpenAcl(acl)) return OPEN_ACL;
  if (acl.length === 0) return null;
  const seen = new Set<string>();
  const fixed: Acl[] = [];
  let expandedChars = 0;
  for (const entry of acl) {
    const key = JSON.stringify([entry.perms, entry.scheme, entry.id]);
    if (seen.has(key)) continue;
    seen.add(key);
    if (entry.scheme === "auth") {
      const ids = authIds.filter(isAuthenticated);
      if (ids.length === 0) return null;
      for (const { scheme, id } of ids) {
        expandedChars += ENTRY_CHARS + scheme.length + id.length;
        fixed.push({ perms: entry.perms, scheme, id });
      }
      if (expandedChars > MAX_EXPANDED_CHARS) return null;
    } else if (isValidId(entry.scheme, entry.id, x509)) {
      fixed.push(entry);
    } else {
      return null;
    }
  }
  return fixed;
}

/** The list as it is shown to one who may not change it: the hashes of passwords are hidden. */
export function maskAcl(acl: readonly Acl[]): readonly Acl[] {
  return acl.map((entry) =>
    entry.scheme === "digest" ? { ...entry, id: entry.id.replaceAll(/:.*/g, ":x") } : entry,
  );
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
  return auth.scheme === "digest" || auth.scheme === "x509";
}

function isValidId(scheme: string, id: string, x509: boolean): boolean {
  switch (scheme) {
    case "world":
      return id === "anyone";
    case "ip":
      return isValidIpExpression(id);
    case "digest":
      return isDigestId(id);
    case "x509":
      return x509 && isX500Name(id);
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
