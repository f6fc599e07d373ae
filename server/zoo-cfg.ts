/**
 * Reads a zoo.cfg. Defaults are those that ZooKeeper has for a key that is not set (which for tickTime
 * is 3000 ms; the 2000 of its sample file is only what that file says). What differs from ZooKeeper:
 *
 * - an unknown key is an error here, not a system property;
 * - initLimit and syncLimit may be left out (10 and 5 ticks, as in its sample file);
 * - clientPort=0 listens on a free port, admin.serverPort=0 likewise;
 * - the admin port listens on 127.0.0.1 unless told otherwise (ZooKeeper's: on all interfaces);
 * - the election port of a server line is ignored: one link per pair serves both purposes;
 * - `myid` may be a key too;
 * - `link.via.N=host:port` makes this server reach server N through another address (a proxy), so that
 *   server lines can be the same everywhere; `link.listen=host:port` says where it really listens for
 *   its peers when its own server line names another address;
 * - `quorum.auth.secretFile` names a file whose content servers prove to each other when they link;
 * - after a reconfiguration zoo.cfg is not rewritten: what counts is in the data directory, and the file
 *   is read for servers that have nothing there. A dynamicConfigFile is kept up to date, in place.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "./config.ts";
import type { ServerConfig } from "./config.ts";
import { type EnsembleConfig, makeEnsembleConfig, memberAt } from "./ensemble-config.ts";
import type { NetAddress } from "./env.ts";
import { NO_ZXID, type ServerId } from "./ids.ts";
import type { SupportedKey } from "./zoo-cfg/keys.ts";
import { canonicalKey, judgeKey } from "./zoo-cfg/keys.ts";
import type { ServerAddress } from "./zoo-cfg/address.ts";
import { parseLinkVias, readServerId, type ServerLine } from "./zoo-cfg/ensemble.ts";
import { readClientAccess } from "./zoo-cfg/client-access.ts";
import { openLinksWarning, readLinkSecurity } from "./zoo-cfg/link-security.ts";
import { parseProperties, Problems, quote } from "./zoo-cfg/properties.ts";
import { judgeServers, readServerLines } from "./zoo-cfg/server-lines.ts";
import { Settings } from "./zoo-cfg/settings.ts";

/**
 * The content of a myid file or of a dynamicConfigFile, or null when there is none. Throws when it
 * cannot be read.
 */
export type ReadFile = (path: string) => string | null;

const MAX_INT = 0x7fff_ffff;
/** The highest server id that ZooKeeper takes together with extended types. */
const EXTENDED_TYPES_MAX_ID = 254;
/** Fewer snapshots are never kept (as in ZooKeeper): should the newest be damaged, the next one serves. */
const MIN_SNAPSHOTS = 3;
const FOUR_LETTER_WORDS: ReadonlySet<string> = new Set(
  [
    "conf",
    "cons",
    "crst",
    "dump",
    "envi",
    "ruok",
    "srst",
    "srvr",
    "stat",
    "wchs",
    "wchc",
    "dirs",
  ].concat(["wchp", "mntr", "isro", "hash", "gtmk", "stmk", "lead", "telnetclose"]),
);

/** Reads and parses the file. Throws a `ConfigError`, also when the file cannot be read. */
export function loadZooCfg(fileName: string): ServerConfig {
  let text: string;
  try {
    text = readFileSync(fileName, "utf8");
  } catch (error) {
    throw new ConfigError([`${fileName}: cannot be read: ${(error as Error).message}`]);
  }
  return parseZooCfg(text, fileName);
}

/**
 * Parses the text of a zoo.cfg; relative directories are taken from the working directory. Throws a
 * `ConfigError` that lists every problem, each as `file:line: key: what was found, what is expected`.
 */
export function parseZooCfg(
  text: string,
  fileName: string,
  readFile: ReadFile = readFileIfThere,
): ServerConfig {
  const problems = new Problems(fileName);
  const properties = parseProperties(text, problems, canonicalKey);
  const settings = new Settings(properties, problems);
  for (const { key, value, line } of properties.values()) {
    const verdict = judgeKey(key, value);
    if (verdict.kind === "unknown") {
      problems.add(line, key, `unknown key, the nearest known one is ${verdict.nearest}`);
    } else if (verdict.kind === "unsupported") {
      const accepted = verdict.accepted.length === 0 ? "no such line" : verdict.accepted.join(", ");
      problems.add(line, key, `${quote(value)} is not supported yet, expected ${accepted}`);
    }
  }
  const config = readConfig(settings, problems, { fileName, text }, readFile);
  if (problems.lines.length > 0 || config === null) throw new ConfigError(problems.lines);
  return config;
}

/** Null after a problem without which nothing more can be said. */
function readConfig(
  settings: Settings,
  problems: Problems,
  { fileName, text }: { readonly fileName: string; readonly text: string },
  readFile: ReadFile,
): ServerConfig | null {
  const tickMs = settings.integer("tickTime", { unset: 3000, min: 1, max: 3_600_000 });
  const dataDir = settings.text("dataDir", null);
  if (!settings.properties.has("dataDir")) {
    problems.add(null, "dataDir", "missing, expected a directory");
  }
  const dataLogDir = settings.text("dataLogDir", dataDir);
  const servers = readServerLines(settings, problems, readFile);
  const myidPath = dataDir === null ? null : join(resolve(dataDir), "myid");
  const serverId = readServerId(settings.properties, servers, myidPath, readFile, problems);
  const own = servers.find((server) => server.id === serverId);
  const standaloneEnabled = settings.yesNo("standaloneEnabled", true);
  const verdict = judgeServers(servers, own, standaloneEnabled, settings);
  const { isStandalone } = verdict;
  const warnings = [...verdict.warnings];
  const [minSessionTimeoutMs, maxSessionTimeoutMs] = readSessionTimeouts(settings, tickMs);
  const config = {
    fileName,
    fileText: text,
    serverId: (serverId ?? 0) as ServerId,
    tickMs,
    initLimitTicks: settings.integer("initLimit", { unset: 10, min: 1, max: 100_000 }),
    syncLimitTicks: settings.integer("syncLimit", { unset: 5, min: 1, max: 100_000 }),
    dataDir: resolve(dataDir ?? ""),
    dataLogDir: resolve(dataLogDir ?? ""),
    clientAddress: readClientAddress(settings, own?.address ?? null, problems),
    maxConnectionsPerAddress: settings.integer("maxClientCnxns", {
      unset: 60,
      min: 0,
      max: MAX_INT,
    }),
    minSessionTimeoutMs,
    maxSessionTimeoutMs,
    snapshotEveryTxns: settings.integer("snapCount", { unset: 100_000, min: 2, max: MAX_INT }),
    autopurge: readAutopurge(settings),
    maxFrameBytes: settings.integer("jute.maxbuffer", {
      unset: 0xf_ffff,
      min: 1_024,
      max: 0x3fff_ffff,
    }),
    adminEnabled: settings.yesNo("admin.enableServer", true),
    adminAddress: {
      host: settings.host("admin.serverAddress", "127.0.0.1"),
      port: settings.integer("admin.serverPort", { unset: 8080, min: 0, max: 65_535 }),
    },
    adminSnapshot: {
      enabled: settings.yesNo("admin.snapshot.enabled", true),
      minIntervalMs: settings.integer("admin.rateLimiterIntervalInMS", {
        unset: 300_000,
        min: 0,
        max: MAX_INT,
      }),
    },
    fourLetterWords: readFourLetterWords(settings),
    ...readClientAccess(settings),
    skipAcl: readSkipAcl(settings),
    superDigest: readSuperDigest(settings),
    extendedTypesEnabled: settings.yesNo("extendedTypesEnabled", false),
    enforceQuota: settings.yesNo("enforceQuota", false),
    containers: readContainers(settings),
    ensemble: readEnsemble(servers, serverId),
    isStandalone,
    standaloneEnabled,
    reconfigEnabled: settings.yesNo("reconfigEnabled", false),
    dynamicConfigFile: readDynamicConfigFile(settings),
    linkVia: parseLinkVias(settings.properties, problems),
    linkListenAddress: readLinkListen(settings, isStandalone, own?.address.link ?? null),
    linkSecurity: readLinkSecurity(settings),
    warnings,
  } satisfies ServerConfig;
  const { ensemble, linkSecurity, linkListenAddress } = config;
  const openLinks = openLinksWarning(linkSecurity, ensemble, linkListenAddress);
  if (openLinks !== null && !isStandalone) warnings.push(openLinks);
  if (config.extendedTypesEnabled && config.serverId > EXTENDED_TYPES_MAX_ID) {
    settings.refuse(
      "extendedTypesEnabled",
      `false: the sessions of server ${config.serverId} cannot be told from times to live ` +
        `(server ids up to ${EXTENDED_TYPES_MAX_ID} can)`,
    );
  }
  return serverId === null || dataDir === null ? null : config;
}

function readSkipAcl(settings: Settings): boolean {
  const value = settings.text("skipACL", "no");
  if (value !== "yes" && value !== "no") settings.refuse("skipACL", "yes or no");
  return value === "yes";
}

function readAutopurge(settings: Settings): ServerConfig["autopurge"] {
  // Timers hold no more than 24 days.
  const hours = settings.integer("autopurge.purgeInterval", { unset: 0, min: 0, max: 500 });
  const range = { unset: 3, min: MIN_SNAPSHOTS, max: MAX_INT };
  return {
    intervalMs: hours * 3_600_000,
    snapRetainCount: settings.integer("autopurge.snapRetainCount", range),
  };
}

function readContainers(settings: Settings): ServerConfig["containers"] {
  const read = (key: SupportedKey, unset: number, min: number): number =>
    settings.integer(key, { unset, min, max: MAX_INT });
  return {
    checkIntervalMs: read("znode.container.checkIntervalMs", 60_000, 1),
    maxPerMinute: read("znode.container.maxPerMinute", 10_000, 1),
    maxNeverUsedMs: read("znode.container.maxNeverUsedIntervalMs", 0, 0),
  };
}

/** minSessionTimeout and maxSessionTimeout: 2 and 20 ticks; −1 is "not set", as in ZooKeeper. */
function readSessionTimeouts(settings: Settings, tickMs: number): [number, number] {
  const read = (key: SupportedKey, unset: number): number => {
    const value = settings.integer(key, { unset: -1, min: -1, max: MAX_INT });
    if (value === 0) settings.refuse(key, "milliseconds, at least 1, or -1 for the default");
    return value <= 0 ? unset : value;
  };
  const min = read("minSessionTimeout", 2 * tickMs);
  const max = read("maxSessionTimeout", 20 * tickMs);
  if (min > max) {
    const key = settings.properties.has("minSessionTimeout")
      ? "minSessionTimeout"
      : "maxSessionTimeout";
    settings.refuse(key, `minSessionTimeout (${min}) not above maxSessionTimeout (${max})`);
  }
  return [min, max];
}

/** clientPort and clientPortAddress, or the part after ";" of this server's own line. */
function readClientAddress(
  settings: Settings,
  own: ServerAddress | null,
  problems: Problems,
): NetAddress | null {
  const ownClient = own?.client ?? null;
  const { properties } = settings;
  if (ownClient === null && properties.has("secureClientPort") && !properties.has("clientPort")) {
    if (!properties.has("clientPortAddress")) return null;
    settings.refuse("clientPortAddress", "clientPort to be set too, or no such line");
    return null;
  }
  const host = settings.host("clientPortAddress", ownClient?.host ?? "0.0.0.0");
  const unset = ownClient?.port ?? -1;
  const port = settings.integer("clientPort", { unset, min: 0, max: 65_535 });
  if (ownClient === null) {
    if (!settings.properties.has("clientPort")) {
      problems.add(null, "clientPort", "missing, expected a port from 0 (any free one) to 65535");
    }
    return { host, port };
  }
  if (port !== ownClient.port) {
    settings.refuse("clientPort", `${ownClient.port}, as this server's own server line says`);
  }
  if (ownClient.host !== null && host !== ownClient.host) {
    settings.refuse(
      "clientPortAddress",
      `${ownClient.host}, as this server's own server line says`,
    );
  }
  return { host, port };
}

/** A value that is no digest would let nobody in, and tell nobody why. */
function readSuperDigest(settings: Settings): string | null {
  const key = "DigestAuthenticationProvider.superDigest";
  const digest = settings.text(key, null);
  if (digest === null || /^[^:]*:[A-Za-z0-9+/]{27}=$/.test(digest)) return digest;
  settings.refuse(key, "user:base64(sha1(user:password)), not the password itself");
  return null;
}

function readFourLetterWords(settings: Settings): readonly string[] {
  const key = "4lw.commands.whitelist";
  const words = (settings.text(key, "srvr") ?? "").split(",").map((word) => word.trim());
  if (words.includes("*")) return ["*"];
  const unknown = words.filter((word) => !FOUR_LETTER_WORDS.has(word));
  if (unknown.length > 0) {
    settings.refuse(key, `* or words of ${[...FOUR_LETTER_WORDS].join(", ")}, parted by commas`);
  }
  return words;
}

function readEnsemble(servers: readonly ServerLine[], serverId: ServerId | null): EnsembleConfig {
  const members = servers.map(({ id, address }) => memberAt(id, address));
  if (members.length > 0) return makeEnsembleConfig(NO_ZXID, members);
  // Standalone: an ensemble of one, that nobody ever connects to.
  const id = (serverId ?? 1) as ServerId;
  const link = { host: "127.0.0.1", port: 0 };
  return makeEnsembleConfig(NO_ZXID, [
    { id, link, electionPort: 0, role: "participant", client: null },
  ]);
}

function readDynamicConfigFile(settings: Settings): string | null {
  const path = settings.text("dynamicConfigFile", null);
  return path === null ? null : resolve(path);
}

function readLinkListen(
  settings: Settings,
  isStandalone: boolean,
  own: NetAddress | null,
): NetAddress | null {
  const listen = settings.hostPort("link.listen");
  if (!isStandalone) return listen ?? own;
  if (listen !== null) settings.refuse("link.listen", "no such line for a server without peers");
  return null;
}

function readFileIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
