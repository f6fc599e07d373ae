/**
 * Which keys a zoo.cfg may have: ours, and ZooKeeper's that this server does not support yet.
 */
export const SUPPORTED_KEYS = [
  "tickTime",
  "initLimit",
  "syncLimit",
  "dataDir",
  "dataLogDir",
  "clientPort",
  "clientPortAddress",
  "maxClientCnxns",
  "minSessionTimeout",
  "maxSessionTimeout",
  "snapCount",
  "autopurge.purgeInterval",
  "autopurge.snapRetainCount",
  "jute.maxbuffer",
  "admin.enableServer",
  "admin.serverAddress",
  "admin.serverPort",
  "admin.snapshot.enabled",
  "admin.rateLimiterIntervalInMS",
  "4lw.commands.whitelist",
  "peerType",
  "reconfigEnabled",
  "standaloneEnabled",
  "dynamicConfigFile",
  "skipACL",
  "extendedTypesEnabled",
  "enforceQuota",
  "znode.container.checkIntervalMs",
  "znode.container.maxPerMinute",
  "znode.container.maxNeverUsedIntervalMs",
  "DigestAuthenticationProvider.superDigest",
  "maxCnxns",
  "connection_throttle_tokens",
  "connection_throttle_fill_time",
  "connection_throttle_fill_count",
  "readonlymode.enabled",
  "secureClientPort",
  "secureClientPortAddress",
  "ssl.keyStore.location",
  "ssl.keyStore.password",
  "ssl.keyStore.passwordPath",
  "ssl.keyStore.type",
  "ssl.trustStore.location",
  "ssl.trustStore.type",
  "ssl.clientAuth",
  "ssl.protocol",
  "ssl.enabledProtocols",
  "ssl.ciphersuites",
  "X509AuthenticationProvider.superUser",
  "client.certReload",
  "sslQuorum",
  "sslQuorumReloadCertFiles",
  "ssl.quorum.keyStore.location",
  "ssl.quorum.keyStore.password",
  "ssl.quorum.keyStore.passwordPath",
  "ssl.quorum.keyStore.type",
  "ssl.quorum.trustStore.location",
  "ssl.quorum.trustStore.type",
  "ssl.quorum.protocol",
  "ssl.quorum.enabledProtocols",
  "ssl.quorum.ciphersuites",
  "ssl.quorum.hostnameVerification",
  // Ours: not in ZooKeeper.
  "rest.enabled",
  "rest.serverAddress",
  "rest.serverPort",
  "myid",
  "link.listen",
  "quorum.auth.secretFile",
] as const;

export type SupportedKey = (typeof SUPPORTED_KEYS)[number];

const JAVA_PREFIX = "zookeeper.";

/** `server.N` keys; N is judged where the value is parsed. */
export const SERVER_KEY = /^server\.(.*)$/;
/** Ours: `link.via.N` keys; N is judged where the value is parsed. */
export const LINK_VIA_KEY = /^link\.via\.(.*)$/;

/**
 * Keys of ZooKeeper that are not supported, with the values that ask for what this server does
 * anyway: those pass, every other value is refused. Java's system properties are listed without
 * their `zookeeper.` prefix, which may be written or not.
 */
const UNSUPPORTED: Readonly<Record<string, readonly string[] | RegExp>> = {
  electionAlg: ["3"],
  leaderServes: ["yes"],
  forceSync: ["yes"],
  syncEnabled: ["true"],
  localSessionsEnabled: ["false"],
  localSessionsUpgradingEnabled: ["false"],
  quorumListenOnAllIPs: ["false"],
  portUnification: ["false"],
  "client.portUnification": ["false"],
  "admin.portUnification": ["false"],
  "admin.commandURL": ["/commands"],
  "quorum.auth.enableSasl": ["false"],
  "multiAddress.enabled": ["false"],
  "snapshot.trust.empty": ["false"],
  "admin.idleTimeout": [],
  "admin.restore.enabled": ["false"],
  "serializeLastProcessedZxid.enabled": ["true"],
  clientPortListenBacklog: [],
  cnxTimeout: [],
  connectToLearnerMasterLimit: [],
  "fsync.warningthresholdms": [],
  globalOutstandingLimit: [],
  initialConfig: [],
  observerMasterPort: [],
  preAllocSize: [],
  // Who must authenticate before anything else: nobody, and with SASL nobody can.
  "enforce.auth.enabled": ["false"],
  "enforce.auth.schemes": [],
  requireClientAuthScheme: [],
  sessionRequireClientSASLAuth: ["false"],
  allowSaslFailedClients: ["false"],
  "DigestAuthenticationProvider.enabled": ["true"],
  "DigestAuthenticationProvider.digestAlg": ["sha1"],
  // What ZooKeeper needs for TLS, and what it takes for granted then.
  serverCnxnFactory: [
    "org.apache.zookeeper.server.nettyservercnxnfactory",
    "org.apache.zookeeper.server.nioservercnxnfactory",
  ],
  "ssl.authProvider": ["x509"],
  "authProvider.x509": ["org.apache.zookeeper.server.auth.x509authenticationprovider"],
  "ssl.clientHostnameVerification": ["false"],
  "ssl.crl": ["false"],
  "ssl.ocsp": ["false"],
  "ssl.quorum.clientAuth": ["need"],
  "ssl.quorum.clientHostnameVerification": ["true"],
  "ssl.quorum.crl": ["false"],
  "ssl.quorum.ocsp": ["false"],
  // A PEM trust store has none.
  "ssl.trustStore.password": /^/,
  "ssl.trustStore.passwordPath": /^/,
  "ssl.quorum.trustStore.password": /^/,
  "ssl.quorum.trustStore.passwordPath": /^/,
  "snapshot.compression.method": [],
  snapSizeLimitInKb: [],
  txnLogSizeLimitInKb: [],
};

const UNSUPPORTED_FAMILIES = [
  "ssl.",
  "quorum.",
  "metricsProvider.",
  "authProvider.",
  "group.",
  "weight.",
  "multiAddress.",
] as const;

export type KeyVerdict =
  | { readonly kind: "supported"; readonly key: SupportedKey }
  /** A `server.N` or `link.via.N` key. */
  | { readonly kind: "server" }
  /** ZooKeeper's, with a value that changes nothing. */
  | { readonly kind: "ignored" }
  /** ZooKeeper's; `accepted` are the values that would pass. */
  | { readonly kind: "unsupported"; readonly accepted: readonly string[] }
  | { readonly kind: "unknown"; readonly nearest: string };

/** Java's system properties may be written with their prefix: the key without it, if it is supported. */
export function canonicalKey(key: string): string {
  const bare = key.startsWith(JAVA_PREFIX) ? key.slice(JAVA_PREFIX.length) : key;
  return SUPPORTED_KEYS.some((known) => known === bare) ? bare : key;
}

export function judgeKey(key: string, value: string): KeyVerdict {
  const canonical = canonicalKey(key);
  const supported = SUPPORTED_KEYS.find((known) => known === canonical);
  if (supported !== undefined) return { kind: "supported", key: supported };
  if (SERVER_KEY.test(key) || LINK_VIA_KEY.test(key)) return { kind: "server" };
  const bare = key.startsWith(JAVA_PREFIX) ? key.slice(JAVA_PREFIX.length) : key;
  if (Object.hasOwn(UNSUPPORTED, bare)) {
    const harmless = UNSUPPORTED[bare] as readonly string[] | RegExp;
    if (harmless instanceof RegExp) {
      return harmless.test(value)
        ? { kind: "ignored" }
        : { kind: "unsupported", accepted: ["a number"] };
    }
    return harmless.includes(value.toLowerCase())
      ? { kind: "ignored" }
      : { kind: "unsupported", accepted: harmless };
  }
  if (UNSUPPORTED_FAMILIES.some((family) => bare.startsWith(family))) {
    return { kind: "unsupported", accepted: [] };
  }
  return { kind: "unknown", nearest: nearestKey(bare) };
}

/** The known key with the fewest edits from `key`; upper and lower case are the same. */
export function nearestKey(key: string): string {
  const candidates = [...SUPPORTED_KEYS, "server.N", "link.via.N", ...Object.keys(UNSUPPORTED)];
  let nearest = candidates[0] as string;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const edits = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein's distance; both strings are short, a key from a file is cut at 100 characters. */
function editDistance(long: string, to: string): number {
  const from = long.slice(0, 100);
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced =
        (previous[column - 1] as number) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const removed = (previous[column] as number) + 1;
      const added = (current[column - 1] as number) + 1;
      current.push(Math.min(replaced, removed, added));
    }
    previous = current;
  }
  return previous[to.length] as number;
}
