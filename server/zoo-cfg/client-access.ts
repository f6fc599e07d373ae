/**
 * How clients come in, apart from the plain port: how many at once, over TLS, in read-only mode.
 *
 * ZooKeeper reads JKS files as well; here a key store is PEM or PKCS#12, and a trust store is PEM.
 */
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { ClientAccess, SecureClientPort } from "../config.ts";
import type { TlsIdentity } from "../env.ts";
import { tlsOptions } from "../node-env/tls-listener.ts";
import { SUPPORTED_KEYS, type SupportedKey } from "./keys.ts";
import type { Settings } from "./settings.ts";

type TlsVersion = TlsIdentity["minVersion"];

const MAX_INT = 0x7fff_ffff;
const TLS_VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ["TLSv1.2", "TLSv1.2"],
  ["TLSv1.3", "TLSv1.3"],
]);
const TLS_KEYS = /^(ssl\.|secureClientPortAddress$)/;

export function readClientAccess(settings: Settings): ClientAccess {
  return {
    maxConnections: settings.integer("maxCnxns", { unset: 0, min: 0, max: MAX_INT }),
    readOnlyModeEnabled: settings.yesNo("readonlymode.enabled", false),
    secureClient: readSecureClient(settings),
    x509SuperUser: settings.text("X509AuthenticationProvider.superUser", null),
  };
}

function readSecureClient(settings: Settings): SecureClientPort | null {
  if (!settings.properties.has("secureClientPort")) {
    for (const key of SUPPORTED_KEYS)
      if (TLS_KEYS.test(key) && settings.properties.has(key))
        settings.refuse(key, "secureClientPort to be set too, or no such line");
    return null;
  }
  const port = settings.integer("secureClientPort", { unset: 0, min: 0, max: 65_535 });
  const host = settings.host("secureClientPortAddress", "0.0.0.0");
  const tls = readIdentity(settings);
  return tls === null ? null : { address: { host, port }, tls };
}

/** Null after a problem. */
function readIdentity(settings: Settings): TlsIdentity | null {
  const clientAuth = settings.oneOf("ssl.clientAuth", ["need", "want", "none"]) ?? "need";
  const key = readKeyStore(settings);
  const trusted = readTrustStore(settings, clientAuth);
  const versions = readVersions(settings);
  if (key === null || trusted === undefined || versions === null) return null;
  const identity: TlsIdentity = {
    key,
    keyPassword: readPassword(settings, "ssl.keyStore.password", "ssl.keyStore.passwordPath"),
    trusted,
    clientAuth,
    ...versions,
    ciphers:
      settings
        .text("ssl.ciphersuites", null)
        ?.split(",")
        .map((name) => name.trim()) ?? null,
  };
  return isUsable(settings, identity) ? identity : null;
}

function readKeyStore(settings: Settings): TlsIdentity["key"] | null {
  const key = "ssl.keyStore.location";
  const path = settings.text(key, null);
  if (path === null) {
    settings.refuse(
      key,
      "a PEM file with the server's private key and certificates, or a .p12 file",
    );
    return null;
  }
  const type = typeOf(settings, path, "ssl.keyStore.type");
  if (type !== "PEM" && type !== "PKCS12") {
    settings.refuse(
      key,
      "PEM or PKCS12 (a JKS file becomes one by: keytool -importkeystore -srckeystore FILE.jks " +
        "-destkeystore FILE.p12 -deststoretype PKCS12)",
    );
    return null;
  }
  const bytes = readStore(settings, key, path);
  if (bytes === null) return null;
  return type === "PEM" ? { pem: bytes } : { pkcs12: bytes };
}

/** Null: no client's certificate is to be judged; undefined after a problem. */
function readTrustStore(
  settings: Settings,
  clientAuth: TlsIdentity["clientAuth"],
): Buffer | null | undefined {
  const key = "ssl.trustStore.location";
  const path = settings.text(key, null);
  if (path === null) {
    if (clientAuth === "none") return null;
    settings.refuse(
      key,
      "a PEM file with the certificates that clients' must lead to (or ssl.clientAuth=none)",
    );
    return undefined;
  }
  if (typeOf(settings, path, "ssl.trustStore.type") !== "PEM") {
    settings.refuse(
      key,
      "PEM (of a key store it is made by: keytool -list -rfc -keystore FILE > trust.pem)",
    );
    return undefined;
  }
  const bytes = readStore(settings, key, path);
  if (bytes === null) return undefined;
  if (bytes.includes("-----BEGIN CERTIFICATE-----")) return bytes;
  settings.refuse(key, "a PEM file with at least one certificate");
  return undefined;
}

/** As ZooKeeper finds it: what is said, else what the file's name ends in. */
function typeOf(settings: Settings, path: string, key: SupportedKey): string {
  const said = settings.text(key, null);
  if (said !== null) return said.toUpperCase();
  if (/\.pem$/i.test(path)) return "PEM";
  return /\.(p12|pfx|pkcs12)$/i.test(path) ? "PKCS12" : "JKS";
}

function readStore(settings: Settings, key: SupportedKey, path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    settings.refuse(key, `a file that can be read (${(error as Error).message})`);
    return null;
  }
}

function readPassword(settings: Settings, key: SupportedKey, pathKey: SupportedKey): string | null {
  const path = settings.text(pathKey, null);
  if (path === null) return settings.text(key, null);
  const bytes = readStore(settings, pathKey, path);
  return bytes === null ? null : bytes.toString("utf8").trimEnd();
}

/** ssl.enabledProtocols, else ssl.protocol alone, else all that are supported; null after a problem. */
function readVersions(
  settings: Settings,
): { minVersion: TlsVersion; maxVersion: TlsVersion } | null {
  const key = settings.properties.has("ssl.enabledProtocols")
    ? "ssl.enabledProtocols"
    : "ssl.protocol";
  const names = settings.text(key, "TLSv1.2,TLSv1.3")?.split(",") ?? [];
  const versions = names.map((name) => TLS_VERSIONS.get(name.trim()));
  if (versions.includes(undefined)) {
    settings.refuse(key, "TLSv1.2, TLSv1.3 or both, parted by a comma");
    return null;
  }
  return {
    minVersion: versions.includes("TLSv1.2") ? "TLSv1.2" : "TLSv1.3",
    maxVersion: versions.includes("TLSv1.3") ? "TLSv1.3" : "TLSv1.2",
  };
}

function isUsable(settings: Settings, identity: TlsIdentity): boolean {
  try {
    createSecureContext(tlsOptions(identity));
    return true;
  } catch (error) {
    const reason = (error as Error).message;
    const isCipher = /cipher/i.test(reason);
    settings.refuse(
      isCipher ? "ssl.ciphersuites" : "ssl.keyStore.location",
      isCipher
        ? `names of cipher suites that OpenSSL knows (${reason})`
        : `a private key with its certificate, and its password if it has one (${reason})`,
    );
    return false;
  }
}
