/**
 * The directories of a local ensemble: `server-N/` with zoo.cfg, server.log and data/ of each server,
 * below one directory that one ensemble uses at a time.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeDirectories } from "../../../results/make-directories.ts";
import { ConfigError } from "../../../server/config.ts";
import { parseZooCfg } from "../../../server/zoo-cfg.ts";
import type { ServerPorts } from "./server-ports.ts";

/** What a local ensemble needs that is not a default of the server's; all may be overridden. */
const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  tickTime: "2000",
  initLimit: "10",
  syncLimit: "5",
  // All clients of a local ensemble come from one address.
  maxClientCnxns: "0",
};

/** Keys that are different for every server, or that the ensemble relies on. */
const OWN_KEYS: ReadonlySet<string> = new Set(
  ["dataDir", "dataLogDir", "clientPort", "clientPortAddress", "myid", "link.listen"].concat([
    "admin.enableServer",
    "admin.serverAddress",
    "admin.serverPort",
  ]),
);

export interface ServerFiles {
  readonly configFile: string;
  readonly logFile: string;
  readonly dataDir: string;
}

/** Where the files of server `id` are. */
export function serverFiles(directory: string, id: number): ServerFiles & { directory: string } {
  const own = join(directory, `server-${id}`);
  return {
    directory: own,
    configFile: join(own, "zoo.cfg"),
    logFile: join(own, "server.log"),
    dataDir: join(own, "data"),
  };
}

/** Throws a `ConfigError` when a setting is not one that `config` may give, or is wrong. */
export function checkSettings(settings: Readonly<Record<string, string>>): void {
  const problems: string[] = [];
  for (const [key, value] of Object.entries(settings)) {
    if (OWN_KEYS.has(key) || /^(server|link\.via)\./.test(key)) {
      problems.push(`${key}: found in the settings, expected not there: the ensemble sets it`);
    }
    if (/[\r\n]/.test(key + value)) {
      problems.push(`${JSON.stringify(key)}: found a line break, expected one line`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const text = settingsText({ dataDir: "data", clientPort: "0", ...DEFAULT_SETTINGS, ...settings });
  try {
    parseZooCfg(text, "settings", () => null);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The caller gave keys, not a file: the lines are ours.
    throw new ConfigError(error.problems.map((problem) => problem.replace(/^settings:\d+: /, "")));
  }
}

/** A server as its peers know it. */
export interface PeerLine {
  readonly id: number;
  /** Where it listens for links, `host:port`: the same in the files of all servers. */
  readonly address: string;
  readonly electionPort: number;
  /** Where its clients connect, `host:port`. */
  readonly client: string;
  readonly role: "participant" | "observer";
  /** Where the owner of the file reaches it instead, which may be a proxy; null: there. */
  readonly via: string | null;
}

/** Writes zoo.cfg and myid of a server. `peers` has itself too. */
export function writeServerFiles(
  directory: string,
  own: ServerPorts,
  peers: readonly PeerLine[],
  settings: Readonly<Record<string, string>>,
): void {
  const files = serverFiles(directory, own.id);
  makeDirectories(resolve(files.dataDir));
  const text = settingsText({
    ...DEFAULT_SETTINGS,
    ...settings,
    dataDir: files.dataDir,
    clientPort: String(own.clientPort),
    clientPortAddress: "127.0.0.1",
    "admin.serverAddress": "127.0.0.1",
    "admin.serverPort": String(own.adminPort),
    ...Object.fromEntries(peers.map((peer) => [`server.${peer.id}`, serverLine(peer)])),
    ...Object.fromEntries(
      peers.flatMap(({ id, via }) => (via === null ? [] : [[`link.via.${id}`, via]])),
    ),
  });
  writeFileSync(join(files.dataDir, "myid"), `${own.id}\n`);
  writeFileSync(files.configFile, text);
  // Read as the server will: a mistake shows here, with its reason, and not as a process that ends.
  parseZooCfg(text, files.configFile);
}

/**
 * Takes a directory for an ensemble of `count` servers: makes it if it is not there, and notes this
 * process as its user. Throws a `ConfigError` when another process uses it, or when it holds the data of
 * an ensemble of another size.
 */
export function claimDirectory(directory: string, count: number): void {
  makeDirectories(resolve(directory));
  const present = readdirSync(directory).filter((name) => /^server-\d+$/.test(name)).length;
  if (present > 0 && present !== count) {
    throw new ConfigError([
      `${directory}: found the data of ${present} servers, expected ${count}: start as many, or choose ` +
        "another directory",
    ]);
  }
  const lock = lockFile(directory);
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const owner = Number(readFileSync(lock, "utf8"));
    if (isAlive(owner)) {
      throw new ConfigError([
        `${directory}: in use by the ensemble of process ${owner}, expected a directory of its own`,
      ]);
    }
    // Its owner was killed before it could take the note back.
    writeFileSync(lock, `${process.pid}\n`);
  }
}

export function releaseDirectory(directory: string): void {
  rmSync(lockFile(directory), { force: true });
}

function serverLine({ address, electionPort, role, client }: PeerLine): string {
  return `${address}:${electionPort}:${role};${client}`;
}

function lockFile(directory: string): string {
  return join(directory, "ensemble.pid");
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
