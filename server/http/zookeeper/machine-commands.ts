/** configuration, environment, dirs, last_snapshot…: what the server runs on, and how it is configured. */
import { readdirSync, statSync } from "node:fs";
import { EOL } from "node:os";
import { delimiter, sep } from "node:path";
import { directoryBytes, environment, portOf } from "../../net/four-letter/machine-words.ts";
import type { WordSource } from "../../net/four-letter/source.ts";
import { historyNumbers, historyPath, snapshotFiles } from "../../storage/layout.ts";
import { command, type Fields, long, type ZooKeeperCommand } from "./command.ts";

const LONG_MAX = 2n ** 63n - 1n;
const SECRET_LINE = /^(\s*[^#!=]*(?:password|superdigest)[^=]*=).*$/gim;

export const MACHINE_COMMANDS: readonly ZooKeeperCommand[] = [
  command(["configuration", "conf", "config"], ({ source }) => configuration(source)),
  command(["environment", "env", "envi"], () => Object.fromEntries(environment()), false),
  command(["system_properties", "sysp"], systemProperties, false),
  command(["dirs"], ({ source: { config } }) => ({
    datadir_size: directoryBytes(config.dataDir),
    logdir_size: directoryBytes(config.dataLogDir),
  })),
  command(["initial_configuration", "icfg"], ({ source }) => ({
    initial_configuration: source.config.fileText.replace(SECRET_LINE, "$1***"),
  })),
  command(["last_snapshot", "lsnp"], ({ source }) => lastSnapshot(source.config.dataDir)),
  // ZooKeeper lists digests of its history if they are enabled; /commands/final has one of the state.
  command(["hash"], () => ({ digests: [] })),
  command(
    ["get_trace_mask", "gtmk"],
    ({ source }) => ({ tracemask: long(source.traceMask) }),
    false,
  ),
  command(["set_trace_mask", "stmk"], ({ source, query }) => setTraceMask(source, query), false),
];

function configuration({ config, view }: WordSource): Fields {
  return {
    client_port: portOf(view.status().clientAddress),
    data_dir: config.dataDir,
    data_log_dir: config.dataLogDir,
    tick_time: config.tickMs,
    max_client_cnxns: config.maxConnectionsPerAddress,
    min_session_timeout: config.minSessionTimeoutMs,
    max_session_timeout: config.maxSessionTimeoutMs,
    server_id: config.serverId,
    client_port_listen_backlog: -1,
  };
}

/** What Java calls so, as far as it is the same thing here, and the versions of what Node is made of. */
function systemProperties(): Fields {
  const own = environment().filter(([name]) => /^(os|user|node)\./.test(name));
  const versions = Object.entries(process.versions).map(([part, version]) => [
    `node.versions.${part}`,
    version,
  ]);
  const separators = [
    ["file.separator", sep],
    ["line.separator", EOL],
    ["path.separator", delimiter],
  ];
  const all = [...own, ...versions, ...separators] as (readonly [string, string])[];
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** As ZooKeeper: the zxid without its 0x, the time in seconds, and −1 if there is no snapshot. */
function lastSnapshot(dataDir: string): Fields {
  for (const number of historyNumbers(readdirSync(dataDir)).toReversed()) {
    const folder = historyPath(dataDir, number);
    const newest = snapshotFiles(folder, readdirSync(folder)).at(-1);
    const stat = newest && statSync(newest.path, { throwIfNoEntry: false });
    if (newest === undefined || stat === undefined) continue;
    return { zxid: newest.zxid.toString(16), timestamp: Math.floor(stat.mtimeMs / 1_000) };
  }
  return { zxid: "ffffffffffffffff", timestamp: -1 };
}

function setTraceMask(source: WordSource, query: URLSearchParams): Fields {
  const text = query.get("traceMask");
  const needs = "setTraceMask requires long traceMask argument";
  if (text === null) return { error: needs };
  const mask = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : LONG_MAX + 1n;
  if (mask > LONG_MAX || mask < -LONG_MAX - 1n) {
    return { error: `${needs}, got ${text.slice(0, 60)}` };
  }
  source.traceMask = mask;
  return { tracemask: long(mask) };
}
