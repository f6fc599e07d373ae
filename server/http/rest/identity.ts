/** Who makes a request over HTTP: an address, and whoever knows a password (scheme digest). */
import { authenticate, clientAddressOf, idsOfPeer } from "../../net/client-auth.ts";
import type { AccessConfig } from "../../net/client-auth.ts";
import type { AuthId } from "../../tree/acl.ts";
import { CHALLENGE, Refusal } from "./refusal.ts";

export interface Identity {
  readonly authIds: readonly AuthId[];
  /** It has said a name and a password. */
  readonly isAuthenticated: boolean;
}

const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i;

/**
 * `address` and `port` are the peer's, `authorization` is the header. No password is wrong: it is that of
 * somebody else. Throws a `Refusal` (401) for a header that is not understood.
 */
export function identify(
  address: string,
  port: number,
  authorization: string | undefined,
  access: AccessConfig,
): Identity {
  const host = address.includes(":") ? `[${address}]` : address;
  const peer = { ip: clientAddressOf(`${host}:${port}`), subject: null };
  const known = idsOfPeer(peer, access);
  if (authorization === undefined) return { authIds: known, isAuthenticated: false };
  const userAndPassword = Buffer.from(BASIC.exec(authorization)?.[1] ?? "", "base64");
  if (!userAndPassword.includes(":"))
    throw unauthorized("Authorization: not understood, expected Basic base64(user:password)");
  const authIds = authenticate("digest", userAndPassword, known, peer, access);
  if (authIds === null) throw unauthorized("Authorization: the user's name is too long");
  return { authIds, isAuthenticated: true };
}

function unauthorized(message: string): Refusal {
  return new Refusal(401, message, { error: "AuthFailed", headers: CHALLENGE });
}
