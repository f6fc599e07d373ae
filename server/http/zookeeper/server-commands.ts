/** ruok, stats, server_stats, stat_reset, monitor, is_read_only: how the server is. */
import { directoryBytes } from "../../net/four-letter/machine-words.ts";
import { monitorFigures } from "../../net/four-letter/monitor-word.ts";
import { modeOf } from "../../net/four-letter/server-words.ts";
import { latencies, type WordSource } from "../../net/four-letter/source.ts";
import { FULL_VERSION } from "../../net/four-letter/version.ts";
import type { ValueRange } from "../../value-range.ts";
import { type Asked, command, type Fields, type ZooKeeperCommand } from "./command.ts";
import { connectionLists } from "./connection-commands.ts";

export const SERVER_COMMANDS: readonly ZooKeeperCommand[] = [
  command(["ruok"], () => ({})),
  command(["server_stats", "srvr"], serverStats),
  command(["stats", "stat"], (asked) => ({
    ...serverStats(asked),
    ...connectionLists(asked.source, true),
  })),
  command(["stat_reset", "srst"], ({ source }) => {
    source.reset();
    return {};
  }),
  command(["monitor", "mntr"], ({ source }) => Object.fromEntries(monitorFigures(source))),
  command(["is_read_only", "isro"], ({ source }) => ({
    read_only: source.service() === "readOnly",
  })),
];

function serverStats({ source }: Asked): Fields {
  const { view } = source;
  const isLeader = modeOf(source) === "leader";
  return {
    version: FULL_VERSION,
    read_only: source.service() === "readOnly",
    server_stats: figures(source),
    ...(isLeader ? { proposal_stats: bufferStats(view.stats.proposalBytes) } : {}),
    node_count: view.gauges().znodeCount,
  };
}

function figures(source: WordSource): Fields {
  const { view, config } = source;
  const { received, sent, requests } = source.sinceReset();
  const { min, avg, max } = latencies(view.stats.requestLatency, requests);
  const gauges = view.gauges();
  return {
    packets_sent: sent,
    packets_received: received,
    fsync_threshold_exceed_count: view.stats.slowFsyncs,
    data_dir_size: directoryBytes(config.dataDir),
    log_dir_size: directoryBytes(config.dataLogDir),
    provider_null: false,
    last_processed_zxid: view.status().appliedZxid,
    outstanding_requests: gauges.outstanding,
    server_state: modeOf(source),
    avg_latency: avg,
    max_latency: max,
    min_latency: min,
    num_alive_client_connections: gauges.connectionCount,
    uptime: Math.round(gauges.uptimeMs),
  };
}

function bufferStats({ last, min, max }: ValueRange): Fields {
  return { last_buffer_size: last, min_buffer_size: min, max_buffer_size: max };
}
