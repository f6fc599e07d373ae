/** connections, connection_stat_reset, dump, watches…: who is connected, and waits for what. */
import type { SessionId } from "../../ids.ts";
import type { ClientConnection } from "../../net/client-connection.ts";
import { resetConnections, sessionFigures } from "../../net/four-letter/connection-words.ts";
import type { WordSource } from "../../net/four-letter/source.ts";
import { command, type Fields, long, type ZooKeeperCommand } from "./command.ts";

export const CONNECTION_COMMANDS: readonly ZooKeeperCommand[] = [
  command(["connections", "cons"], ({ source }) => connectionLists(source, false)),
  command(["connection_stat_reset", "crst"], ({ source }) => {
    resetConnections(source);
    return {};
  }),
  command(["dump"], ({ source }) => ({
    expiry_time_to_session_ids: Object.fromEntries(
      [...source.parts.sessionExpiry()].map(([atMs, ids]) => [Math.trunc(atMs), ids.map(long)]),
    ),
    session_id_to_ephemeral_paths: bySession(source.replica.tree.allEphemerals()),
  })),
  command(["watches", "wchc"], ({ source }) => {
    const watched = [...source.replica.watches.report.byWatcher()];
    return {
      session_id_to_watched_paths: bySession(
        watched.map(([{ sessionId }, paths]) => [sessionId, paths] as const),
      ),
    };
  }),
  command(["watches_by_path", "wchp"], ({ source }) => {
    const watchers = [...source.replica.watches.report.byPath()];
    return {
      path_to_session_ids: Object.fromEntries(
        watchers.map(([path, of]) => [path, [...of].map(({ sessionId }) => long(sessionId))]),
      ),
    };
  }),
  command(["watch_summary", "wchs"], ({ source }) => {
    const { watchers, paths, watches } = source.replica.watches.report.summary();
    return { num_connections: watchers, num_paths: paths, num_total_watches: watches };
  }),
];

/** The plain connections and those over TLS; without their sessions if `brief`. */
export function connectionLists(source: WordSource, brief: boolean): Fields {
  const all = [...source.connections()];
  const shown = (connection: ClientConnection): Fields =>
    connectionFields(connection, brief, source.replica.appliedZxid);
  return {
    connections: all.filter(({ isSecure }) => !isSecure).map(shown),
    secure_connections: all.filter(({ isSecure }) => isSecure).map(shown),
  };
}

function connectionFields(
  connection: ClientConnection,
  brief: boolean,
  appliedZxid: number,
): Fields {
  const head = {
    remote_socket_address: connection.remote,
    // Java's SelectionKey: 1 is that it is read from.
    interest_ops: connection.isReading ? 1 : 0,
    outstanding_requests: connection.pendingRequests,
    packets_received: connection.received,
    packets_sent: connection.sent,
  };
  const of = brief ? null : sessionFigures(connection);
  if (of === null) return head;
  return {
    ...head,
    session_id: long(of.sessionId),
    last_operation: of.lastOperation,
    established: of.establishedMs,
    session_timeout: of.timeoutMs,
    last_cxid: of.lastXid ?? -1,
    last_zxid: appliedZxid,
    last_response_time: of.lastReplyMs,
    last_latency: of.lastMs,
    min_latency: of.minMs,
    avg_latency: of.avgMs,
    max_latency: of.maxMs,
  };
}

function bySession(of: Iterable<readonly [SessionId, Iterable<string>]>): Fields {
  return Object.fromEntries([...of].map(([id, paths]) => [String(id), [...paths]]));
}
