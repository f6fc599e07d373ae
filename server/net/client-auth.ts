/**
 * Who a client says it is, and whether that is so (AuthenticationProvider of ZooKeeper and its
 * implementations for the schemes ip, digest and x509).
 */
import { createHash } from "node:crypto";
import type { AuthId } from "../tree/acl.ts";
import { parseIpAddress } from "../tree/ip-match.ts";

/** What of the configuration decides about access. */
export interface AccessConfig {
  /** skipACL: nobody's permission is checked. */
  readonly skipAcl: boolean;
  /** DigestAuthenticationProvider.superDigest: `user:hash` of who may do everything; null: nobody. */
  readonly superDigest: string | null;
  /** X509AuthenticationProvider.superUser: the subject that may do everything; null: nobody. */
  readonly x509SuperUser: string | null;
}

/** What the connection itself says about its peer. */
export interface Peer {
  /** As `clientAddressOf` writes it. */
  readonly ip: string;
  /** The subject of its certificate; null: it has proved none. */
  readonly subject: string | null;
}

/**
 * Identities of one connection, in number and in characters altogether: each write carries them to the
 * leader. More are refused as if they were wrong.
 */
const MAX_IDS = 100;
const MAX_ID_CHARS = 16 * 1024;

/** The identities of a connection that has said nothing yet: its address and its certificate's subject. */
export function idsOfPeer(peer: Peer, access: AccessConfig): readonly AuthId[] {
  const ids: AuthId[] = [{ scheme: "ip", id: peer.ip }];
  return peer.subject === null ? ids : [...ids, ...idsOfSubject(peer.subject, access)];
}

/**
 * The identities of the connection after an auth request, which are those it had when the request adds
 * nothing new; null if it fails.
 */
export function authenticate(
  scheme: string,
  data: Buffer | null,
  known: readonly AuthId[],
  peer: Peer,
  access: AccessConfig,
): readonly AuthId[] | null {
  const proved = idsProved(scheme, data, peer, access);
  if (proved === null) return null;
  const added = proved.filter(
    (id) => !known.some((one) => one.scheme === id.scheme && one.id === id.id),
  );
  if (added.length === 0) return known;
  const ids = [...known, ...added];
  const chars = ids.reduce((sum, { id }) => sum + id.length, 0);
  return ids.length > MAX_IDS || chars > MAX_ID_CHARS ? null : ids;
}

/** The user behind an id, as whoAmI tells it: of digest without the hash. */
export function userOf({ scheme, id }: AuthId): string {
  switch (scheme) {
    case "ip":
    case "x509":
      return id;
    case "digest":
      return id.split(":", 1)[0] ?? "";
    default:
      return "";
  }
}

/**
 * The address of a peer, `host:port` in `remote`, as ZooKeeper shows addresses: an IPv4 address also
 * where it came in over IPv6, an IPv6 address in eight numbers.
 */
export function clientAddressOf(remote: string): string {
  const host = remote.slice(0, remote.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
  if (!host.includes(":")) return host;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  if (mapped?.[1] !== undefined) return mapped[1];
  const bytes = parseIpAddress(host);
  if (bytes === null) return host;
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 2)
    words.push((((bytes[at] as number) << 8) | (bytes[at + 1] as number)).toString(16));
  return words.join(":");
}

function idsProved(
  scheme: string,
  data: Buffer | null,
  peer: Peer,
  access: AccessConfig,
): readonly AuthId[] | null {
  switch (scheme) {
    case "ip":
      // The address is known already, whatever the client says.
      return [{ scheme: "ip", id: peer.ip }];
    case "digest":
      return data === null ? null : idsOfPassword(data.toString("utf8"), access);
    case "x509":
      return peer.subject === null ? null : idsOfSubject(peer.subject, access);
    default:
      return null;
  }
}

/** `user:password`, in which the password may be missing, becomes user:base64(sha1(user:password)). */
function idsOfPassword(userAndPassword: string, access: AccessConfig): readonly AuthId[] {
  const user = userAndPassword.split(":", 1)[0] ?? "";
  const hash = createHash("sha1").update(userAndPassword, "utf8").digest("base64");
  const id = `${user}:${hash}`;
  const ids: AuthId[] = [{ scheme: "digest", id }];
  return id === access.superDigest ? [{ scheme: "super", id: "" }, ...ids] : ids;
}

function idsOfSubject(subject: string, access: AccessConfig): readonly AuthId[] {
  const ids: AuthId[] = [{ scheme: "x509", id: subject }];
  return subject === access.x509SuperUser ? [{ scheme: "super", id: subject }, ...ids] : ids;
}
