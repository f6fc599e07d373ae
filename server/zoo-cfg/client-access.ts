/**
 * How clients come in, apart from the plain port: how many at once, over TLS, in read-only
 * mode, over HTTP.
 */
import type { ClientAccess, SecureClientPort } from "../config.ts";
import type { NetAddress } from "../env.ts";
import { SUPPORTED_KEYS } from "./keys.ts";
import type { Settings } from "./settings.ts";
import { readTlsIdentity } from "./tls-identity.ts";

/** That of ZooKeeper's REST gateway. */
const REST_PORT = 9_998;
const MAX_INT = 0x7fff_ffff;
const TLS_KEYS = /^(ssl\.(?!quorum\.)|secureClientPortAddress$|client\.certReload$)/;

export function readClientAccess(settings: Settings): ClientAccess {
  return {
    maxConnections: settings.integer("maxCnxns", { unset: 0, min: 0, max: MAX_INT }),
    connectionRate: {
      tokens: settings.integer("connection_throttle_tokens", { unset: 0, min: 0, max: MAX_INT }),
      fillMs: settings.integer("connection_throttle_fill_time", { unset: 1, min: 1, max: MAX_INT }),
      fillCount: settings.integer("connection_throttle_fill_count", {
        unset: 1,
        min: 1,
        max: MAX_INT,
      }),
    },
    readOnlyModeEnabled: settings.yesNo("readonlymode.enabled", false),
    secureClient: readSecureClient(settings),
    x509SuperUser: settings.text("X509AuthenticationProvider.superUser", null),
    restAddress: readRestAddress(settings),
  };
}

function readRestAddress(settings: Settings): NetAddress | null {
  const isEnabled = settings.yesNo("rest.enabled", false);
  const host = settings.host("rest.serverAddress", "127.0.0.1");
  const port = settings.integer("rest.serverPort", { unset: REST_PORT, min: 0, max: 65_535 });
  if (isEnabled) return { host, port };
  for (const key of ["rest.serverAddress", "rest.serverPort"] as const)
    if (settings.properties.has(key))
      settings.refuse(key, "rest.enabled=true too, or no such line");
  return null;
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
  const tls = readTlsIdentity(settings, {
    prefix: "ssl",
    peer: "clients",
    clientAuth: settings.oneOf("ssl.clientAuth", ["need", "want", "none"]) ?? "need",
    isReloaded: settings.yesNo("client.certReload", false),
  });
  return tls === null ? null : { address: { host, port }, tls };
}
