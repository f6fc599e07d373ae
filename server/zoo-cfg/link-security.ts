/**
 * How servers make sure of each other: by a secret that they share, by certificates, or not at all.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { LinkSecurity, LinkTls } from "../config.ts";
import type { EnsembleConfig } from "../ensemble-config.ts";
import type { NetAddress } from "../env.ts";
import { SUPPORTED_KEYS } from "./keys.ts";
import type { Settings } from "./settings.ts";
import { readTlsIdentity } from "./tls-identity.ts";

const SECRET_MIN_BYTES = 16;
const SECRET_MAX_BYTES = 4_096;
/** Permissions of anybody but the owner. */
const OTHERS = 0o077;
const TLS_KEYS = /^(ssl\.quorum\.|sslQuorumReloadCertFiles$)/;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i;

export function readLinkSecurity(settings: Settings): LinkSecurity {
  return { secret: readSecret(settings), tls: readLinkTls(settings) };
}

/** What is to be said of links that ask nobody for anything; null: nothing. */
export function openLinksWarning(
  { secret, tls }: LinkSecurity,
  { members }: EnsembleConfig,
  listen: NetAddress | null,
): string | null {
  const addresses = members.map(({ link }) => link).concat(listen ?? []);
  const exposed = addresses.find(({ host }) => !LOOPBACK.test(host));
  if (secret !== null || tls !== null || exposed === undefined) return null;
  return (
    `links between servers are not authenticated, and ${exposed.host}:${exposed.port} is not on ` +
    "loopback: whoever reaches that port can take part in the ensemble (set quorum.auth.secretFile " +
    "or sslQuorum=true)"
  );
}

/** Null: none is configured, or a problem was found. Line ends behind the secret do not belong to it. */
function readSecret(settings: Settings): Buffer | null {
  const key = "quorum.auth.secretFile";
  const path = settings.text(key, null);
  if (path === null) return null;
  const refuse = (expected: string): null => {
    settings.refuse(key, expected);
    return null;
  };
  let file: { readonly mode: number; readonly bytes: Buffer };
  try {
    file = readBeginning(path);
  } catch (error) {
    return refuse(`a file that can be read (${(error as Error).message})`);
  }
  if ((file.mode & OTHERS) !== 0) {
    const mode = (file.mode & 0o777).toString(8).padStart(3, "0");
    return refuse(`a file that only its owner can read (its mode is ${mode}: chmod 600 ${path})`);
  }
  if (file.bytes.length > SECRET_MAX_BYTES)
    return refuse(`a file of at most ${SECRET_MAX_BYTES} bytes`);
  const secret = withoutLineEnd(file.bytes);
  if (secret.length >= SECRET_MIN_BYTES) return secret;
  return refuse(
    `at least ${SECRET_MIN_BYTES} bytes in it, there are ${secret.length} ` +
      `(openssl rand -base64 32 > ${path})`,
  );
}

/** Mode and content are those of one file, whatever the path leads to meanwhile. */
function readBeginning(path: string): { readonly mode: number; readonly bytes: Buffer } {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(SECRET_MAX_BYTES + 1);
    const { mode } = fstatSync(descriptor);
    let length = 0;
    for (let read = -1; read !== 0; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    return { mode, bytes: bytes.subarray(0, length) };
  } finally {
    closeSync(descriptor);
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return bytes.subarray(0, end);
}

function readLinkTls(settings: Settings): LinkTls | null {
  if (!settings.yesNo("sslQuorum", false)) {
    for (const key of SUPPORTED_KEYS)
      if (TLS_KEYS.test(key) && settings.properties.has(key))
        settings.refuse(key, "sslQuorum=true to be set too, or no such line");
    return null;
  }
  const identity = readTlsIdentity(settings, {
    prefix: "ssl.quorum",
    peer: "servers",
    clientAuth: "need",
    isReloaded: settings.yesNo("sslQuorumReloadCertFiles", false),
  });
  const verifiesHost = settings.yesNo("ssl.quorum.hostnameVerification", true);
  return identity === null ? null : { identity, verifiesHost };
}
