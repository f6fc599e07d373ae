/**
 * What a client over HTTP has in its hands of a session: everything that is needed to go on with it, so
 * that it can turn to any server of the ensemble, and to one that was started anew.
 *
 *     token = session id (16 hexadecimal digits) "-" password (32) "-" timeout in milliseconds (8)
 */
import type { SessionId } from "../../ids.ts";
import type { Session } from "./inside-client.ts";

/** What a token looks like. */
export const TOKEN_PATTERN = "^[0-9a-f]{16}-[0-9a-f]{32}-[0-7][0-9a-f]{7}$";
const TOKEN = new RegExp(TOKEN_PATTERN);

export function tokenOf({ sessionId, password, timeoutMs }: Session): string {
  const id = BigInt.asUintN(64, sessionId).toString(16).padStart(16, "0");
  return `${id}-${password.toString("hex")}-${timeoutMs.toString(16).padStart(8, "0")}`;
}

/** Null: the text is no token. */
export function readToken(token: string): Session | null {
  if (!TOKEN.test(token)) return null;
  const [id = "", password = "", timeout = ""] = token.split("-");
  return {
    sessionId: BigInt.asIntN(64, BigInt(`0x${id}`)) as SessionId,
    password: Buffer.from(password, "hex"),
    timeoutMs: Number.parseInt(timeout, 16),
  };
}
