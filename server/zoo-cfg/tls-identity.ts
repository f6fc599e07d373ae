/**
 * What TLS needs, of the client port (`ssl.…`) and of the links (`ssl.quorum.…`).
 *
 * ZooKeeper reads JKS files as well; here a key store is PEM or PKCS#12, and a trust store is PEM.
 */
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { ClientAuth, Log, TlsIdentity, TlsIdentitySource } from "../env.ts";
import { secureContextOptions } from "../node-env/tls-peer.ts";
import type { SupportedKey } from "./keys.ts";
import { Problems } from "./properties.ts";
import { Settings } from "./settings.ts";

type TlsVersion = TlsIdentity["minVersion"];

const TLS_VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ["TLSv1.2", "TLSv1.2"],
  ["TLSv1.3", "TLSv1.3"],
]);

export interface TlsKeys {
  readonly prefix: "ssl" | "ssl.quorum";
  /** Who shows certificates, for messages. */
  readonly peer: "clients" | "servers";
  readonly clientAuth: ClientAuth;
  /** Files that change are read again. */
  readonly isReloaded: boolean;
}

/** Null after a problem. */
export function readTlsIdentity(settings: Settings, keys: TlsKeys): TlsIdentitySource | null {
  const paths = pathsOf(settings, keys);
  const signature = signatureOf(paths);
  const identity = readIdentity(settings, keys);
  if (identity === null) return null;
  if (!keys.isReloaded) return { latest: () => identity };
  return new TlsFiles(settings, keys, paths, signature, identity);
}

/** Looks at its files, and not inside them, whenever it is asked. */
class TlsFiles implements TlsIdentitySource {
  readonly #settings: Settings;
  readonly #keys: TlsKeys;
  readonly #paths: readonly string[];
  #signature: string;
  #identity: TlsIdentity;

  constructor(
    settings: Settings,
    keys: TlsKeys,
    paths: readonly string[],
    signature: string,
    identity: TlsIdentity,
  ) {
    this.#settings = settings;
    this.#keys = keys;
    this.#paths = paths;
    this.#signature = signature;
    this.#identity = identity;
  }

  latest(log: Log): TlsIdentity {
    const signature = signatureOf(this.#paths);
    if (signature === this.#signature) return this.#identity;
    this.#signature = signature;
    const problems = new Problems("zoo.cfg");
    const identity = readIdentity(new Settings(this.#settings.properties, problems), this.#keys);
    const { prefix } = this.#keys;
    if (identity === null) {
      log.error(
        { reason: problems.lines.join("; ") },
        `the files of ${prefix}.* have changed and cannot be used: what was read before stays in force`,
      );
    } else {
      log.info(
        { files: this.#paths },
        `the files of ${prefix}.* have changed: new connections use them`,
      );
      this.#identity = identity;
    }
    return this.#identity;
  }
}

function pathsOf(settings: Settings, { prefix }: TlsKeys): string[] {
  const keys = [
    `${prefix}.keyStore.location`,
    `${prefix}.keyStore.passwordPath`,
    `${prefix}.trustStore.location`,
  ] as const;
  return keys
    .map((key) => settings.properties.get(key)?.value)
    .filter((path) => path !== undefined && path !== "" && !path.includes("\0"))
    .map(String);
}

/** Another one when a file was written, replaced, removed or put back. */
function signatureOf(paths: readonly string[]): string {
  return paths.map(stampOf).join(" ");
}

function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    // Reading the file says more.
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Null after a problem. */
function readIdentity(settings: Settings, keys: TlsKeys): TlsIdentity | null {
  const { prefix, clientAuth } = keys;
  const key = readKeyStore(settings, keys);
  const trusted = readTrustStore(settings, keys);
  const versions = readVersions(settings, keys);
  if (key === null || trusted === undefined || versions === null) return null;
  const identity: TlsIdentity = {
    key,
    keyPassword: readPassword(settings, keys),
    trusted,
    clientAuth,
    ...versions,
    ciphers:
      settings
        .text(`${prefix}.ciphersuites`, null)
        ?.split(",")
        .map((name) => name.trim()) ?? null,
  };
  return isUsable(settings, keys, identity) ? identity : null;
}

function readKeyStore(settings: Settings, { prefix }: TlsKeys): TlsIdentity["key"] | null {
  const key = `${prefix}.keyStore.location` as const;
  const path = settings.text(key, null);
  if (path === null) {
    settings.refuse(
      key,
      "a PEM file with the server's private key and certificates, or a .p12 file",
    );
    return null;
  }
  const type = typeOf(settings, path, `${prefix}.keyStore.type`);
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

/** Null: no peer's certificate is to be judged; undefined after a problem. */
function readTrustStore(
  settings: Settings,
  { prefix, peer, clientAuth }: TlsKeys,
): Buffer | null | undefined {
  const key = `${prefix}.trustStore.location` as const;
  const path = settings.text(key, null);
  if (path === null) {
    if (clientAuth === "none") return null;
    settings.refuse(
      key,
      `a PEM file with the certificates that ${peer}' must lead to` +
        (peer === "clients" ? " (or ssl.clientAuth=none)" : ""),
    );
    return undefined;
  }
  if (typeOf(settings, path, `${prefix}.trustStore.type`) !== "PEM") {
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

function readPassword(settings: Settings, { prefix }: TlsKeys): string | null {
  const pathKey = `${prefix}.keyStore.passwordPath` as const;
  const path = settings.text(pathKey, null);
  if (path === null) return settings.text(`${prefix}.keyStore.password`, null);
  const bytes = readStore(settings, pathKey, path);
  return bytes === null ? null : bytes.toString("utf8").trimEnd();
}

/** enabledProtocols, else protocol alone, else all that are supported; null after a problem. */
function readVersions(
  settings: Settings,
  { prefix }: TlsKeys,
): { minVersion: TlsVersion; maxVersion: TlsVersion } | null {
  const listKey = `${prefix}.enabledProtocols` as const;
  const key = settings.properties.has(listKey) ? listKey : (`${prefix}.protocol` as const);
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

function isUsable(settings: Settings, { prefix }: TlsKeys, identity: TlsIdentity): boolean {
  try {
    createSecureContext(secureContextOptions(identity));
    return true;
  } catch (error) {
    const reason = (error as Error).message;
    const isCipher = /cipher/i.test(reason);
    settings.refuse(
      isCipher ? `${prefix}.ciphersuites` : `${prefix}.keyStore.location`,
      isCipher
        ? `names of cipher suites that OpenSSL knows (${reason})`
        : `a private key with its certificate, and its password if it has one (${reason})`,
    );
    return false;
  }
}
