/** envi, conf, dirs: what the server runs on, and how it is configured. */
import { readdirSync, statSync } from "node:fs";
import { arch, homedir, hostname, release, type, userInfo } from "node:os";
import { join } from "node:path";
import type { ServerConfig } from "../../config.ts";
import type { WordSource } from "./source.ts";
import { FULL_VERSION } from "./version.ts";

const MEBIBYTE = 1024 * 1024;

export function* envi(): Generator<string> {
  yield "Environment:\n";
  for (const [name, value] of environment()) yield `${name}=${value}\n`;
}

/** ZooKeeper tells of its Java machine here; this server of the Node that it runs on. */
export function environment(): readonly (readonly [string, string])[] {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return [
    ["zookeeper.version", FULL_VERSION],
    ["host.name", hostname()],
    ["node.version", process.version],
    ["node.path", process.execPath],
    ["os.name", type()],
    ["os.arch", arch()],
    ["os.version", release()],
    ["user.name", userName()],
    ["user.home", homedir()],
    ["user.dir", process.cwd()],
    ["os.memory.free", `${mebibytes(heapTotal - heapUsed)}MB`],
    ["os.memory.max", `${mebibytes(rss)}MB`],
    ["os.memory.total", `${mebibytes(heapTotal)}MB`],
  ];
}

export function* conf(source: WordSource): Generator<string> {
  const { config, view } = source;
  const { clientAddress } = view.status();
  yield `clientPort=${portOf(clientAddress)}\n`;
  yield `secureClientPort=${config.secureClient?.address.port ?? -1}\n`;
  yield `dataDir=${config.dataDir}\n`;
  yield `dataDirSize=${directoryBytes(config.dataDir)}\n`;
  yield `dataLogDir=${config.dataLogDir}\n`;
  yield `dataLogSize=${directoryBytes(config.dataLogDir)}\n`;
  yield `tickTime=${config.tickMs}\n`;
  yield `maxClientCnxns=${config.maxConnectionsPerAddress}\n`;
  yield `minSessionTimeout=${config.minSessionTimeoutMs}\n`;
  yield `maxSessionTimeout=${config.maxSessionTimeoutMs}\n`;
  yield "clientPortListenBacklog=-1\n";
  yield `serverId=${config.serverId}\n`;
  if (!config.isStandalone) yield* ensembleConf(source, config);
}

export function dirs({ config }: WordSource): string[] {
  return [
    `datadir_size: ${directoryBytes(config.dataDir)}\n`,
    `logdir_size: ${directoryBytes(config.dataLogDir)}\n`,
  ];
}

function* ensembleConf(source: WordSource, config: ServerConfig): Generator<string> {
  yield `initLimit=${config.initLimitTicks}\n`;
  yield `syncLimit=${config.syncLimitTicks}\n`;
  yield "electionAlg=3\n";
  yield `quorumPort=${config.linkListenAddress?.port ?? -1}\n`;
  // ZooKeeper's LearnerType: 0 is a participant, 1 an observer.
  yield `peerType=${source.view.status().state === "OBSERVING" ? 1 : 0}\n`;
  yield "membership: \n";
  yield `${source.replica.tree.get("/zookeeper/config")?.data?.toString() ?? ""}\n`;
}

/** The port of `host:port`; −1 if there is none. */
export function portOf(address: string | null): number {
  return address === null ? -1 : Number(address.slice(address.lastIndexOf(":") + 1));
}

/** The files in and below a directory, in bytes; what disappears while it is counted does not count. */
export function directoryBytes(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / MEBIBYTE);
}

/** A container may run under a number that no name belongs to. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "<NA>";
  }
}
