/**
 * mntr: figures for monitoring, a line each, under ZooKeeper's names; those that it has and this server
 * has not are left out. /metrics of the admin port has more.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { ServerGauges } from "../../http/view.ts";
import type { ServerStats } from "../../stats.ts";
import { decimal, modeOf } from "./server-words.ts";
import { latencies, type WordSource } from "./source.ts";
import { FULL_VERSION } from "./version.ts";

const GAUGES: readonly (readonly [string, (gauges: ServerGauges) => number])[] = [
  ["num_alive_connections", (g) => g.connectionCount],
  ["outstanding_requests", (g) => g.outstanding],
  ["znode_count", (g) => g.znodeCount],
  ["watch_count", (g) => g.watchCount],
  ["ephemerals_count", (g) => g.ephemeralCount],
  ["approximate_data_size", (g) => g.approximateDataBytes],
  ["global_sessions", (g) => g.sessionCount],
  ["local_sessions", () => 0],
  ["uptime", (g) => Math.round(g.uptimeMs)],
];

/** Of a leader alone. */
const LEADER_GAUGES: readonly (readonly [string, (gauges: ServerGauges) => number])[] = [
  ["quorum_size", (g) => g.quorumSize],
  ["learners", (g) => g.learners],
  ["synced_followers", (g) => g.syncedFollowers],
  ["synced_observers", (g) => g.syncedObservers],
  ["leader_uptime", (g) => Math.round(g.leaderUptimeMs)],
];

const COUNTERS: readonly (readonly [string, (stats: ServerStats) => number])[] = [
  ["bytes_received_count", (s) => s.bytesReceived],
  ["connection_request_count", (s) => s.connectionsAccepted],
  ["connection_rejected", (s) => s.connectionsRejected],
  ["proposal_count", (s) => s.proposals],
  ["commit_count", (s) => s.commits],
  ["looking_count", (s) => s.elections],
  ["diff_count", (s) => s.syncs.diff],
  ["snap_count", (s) => s.syncs.snap],
  ["stale_sessions_expired", (s) => s.sessionsExpired],
];

export function* mntr(source: WordSource): Generator<string> {
  for (const [name, value] of monitorFigures(source)) {
    yield `zk_${name}\t${name === "avg_latency" ? decimal(Number(value)) : value}\n`;
  }
}

/** Names are ZooKeeper's, without the prefix that `mntr` gives them. */
export function* monitorFigures(
  source: WordSource,
): Generator<readonly [name: string, value: string | number]> {
  const { view, config } = source;
  const mode = modeOf(source);
  const { received, sent, requests } = source.sinceReset();
  const { min, avg, max } = latencies(view.stats.requestLatency, requests);
  yield ["version", FULL_VERSION];
  yield ["server_state", mode];
  if (!config.isStandalone) yield ["peer_state", `${peerState(mode)} - broadcast`];
  yield ["avg_latency", avg];
  yield ["max_latency", max];
  yield ["min_latency", min];
  yield ["packets_received", received];
  yield ["packets_sent", sent];
  const gauges = view.gauges();
  for (const [name, value] of GAUGES) yield [name, value(gauges)];
  if (mode === "leader") for (const [name, value] of LEADER_GAUGES) yield [name, value(gauges)];
  const open = openFiles();
  if (open !== null) yield ["open_file_descriptor_count", open];
  const most = maxOpenFiles();
  if (most !== null) yield ["max_file_descriptor_count", most];
  for (const [name, value] of COUNTERS) yield [name, value(view.stats)];
}

function peerState(mode: string): string {
  const states: Readonly<Record<string, string>> = {
    leader: "leading",
    follower: "following",
    observer: "observing",
  };
  return states[mode] ?? mode;
}

/** Null where the system does not tell. */
export function openFiles(): number | null {
  return fromProc(() => readdirSync("/proc/self/fd").length);
}

/** The soft limit; null also when there is none. */
export function maxOpenFiles(): number | null {
  const limits = fromProc(() => readFileSync("/proc/self/limits", "latin1"));
  const soft = limits === null ? null : /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined || soft === null ? null : Number(soft);
}

/** Null where the system has no /proc. */
function fromProc<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
