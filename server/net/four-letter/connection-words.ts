/** cons, crst, dump: who is connected, and with which sessions. */
import { formatSession, formatZxid, NO_SESSION, type SessionId } from "../../ids.ts";
import type { ClientConnection } from "../client-connection.ts";
import { shortNameOf } from "../client-opcodes.ts";
import { latencies, type WordSource } from "./source.ts";

export function* cons(source: WordSource): Generator<string> {
  for (const connection of source.connections())
    yield `${connectionLine(connection, false, source.replica.appliedZxid)}\n`;
  yield "\n";
}

export function resetConnections(source: WordSource): void {
  for (const connection of source.connections()) connection.resetFigures();
}

export function crst(source: WordSource): string[] {
  resetConnections(source);
  return ["Connection stats reset.\n"];
}

/** Sessions, as every server of an ensemble knows them; whose time ends when, the leader alone knows. */
export function* dump(source: WordSource): Generator<string> {
  const { tree } = source.replica;
  const { sessions } = tree;
  yield "SessionTracker dump:\n";
  yield `Global Sessions(${sessions.size}):\n`;
  for (const [id, { timeoutMs }] of sessions) yield `${formatSession(id)}\t${timeoutMs}ms\n`;
  const ephemerals = tree.allEphemerals();
  yield "ephemeral nodes dump:\n";
  yield `Sessions with Ephemerals (${ephemerals.size}):\n`;
  for (const [id, paths] of ephemerals) {
    yield `${formatSession(id)}:\n`;
    for (const path of paths) yield `\t${path}\n`;
  }
  yield "Connections dump:\n";
  const connections = [...source.connections()];
  yield `Connections Sets (1)/(${connections.length}):\n`;
  for (const { remote, sessionId } of connections)
    yield `\tip: /${remote} sessionId: ${formatSession(sessionId)}\n`;
}

/** One connection: its address, whether it is read from, and its figures, all of them unless `brief`. */
export function connectionLine(
  connection: ClientConnection,
  brief: boolean,
  appliedZxid = 0,
): string {
  const { remote, isReading, pendingRequests, received, sent } = connection;
  const head = ` /${remote}[${isReading ? 1 : 0}](queued=${pendingRequests},recved=${received},sent=${sent}`;
  const of = brief ? null : sessionFigures(connection);
  if (of === null) return `${head})`;
  const figures = [
    `sid=${formatSession(of.sessionId)}`,
    `lop=${of.lastOperation}`,
    `est=${of.establishedMs}`,
    `to=${of.timeoutMs}`,
    ...(of.lastXid === null ? [] : [`lcxid=0x${of.lastXid.toString(16)}`]),
    `lzxid=${formatZxid(appliedZxid)}`,
    `lresp=${of.lastReplyMs}`,
    `llat=${of.lastMs}`,
    `minlat=${of.minMs}`,
    `avglat=${of.avgMs}`,
    `maxlat=${of.maxMs}`,
  ];
  return `${head},${figures.join(",")})`;
}

export interface SessionFigures {
  readonly sessionId: SessionId;
  /** As ZooKeeper abbreviates operations (GETC). */
  readonly lastOperation: string;
  /** Wall time, milliseconds since 1970. */
  readonly establishedMs: number;
  readonly timeoutMs: number;
  /** The xids of pings and the like are negative: none of them is shown. */
  readonly lastXid: number | null;
  /** On this process's monotonic clock. */
  readonly lastReplyMs: number;
  /** Latencies, in whole milliseconds. */
  readonly lastMs: number;
  readonly minMs: number;
  readonly avgMs: number;
  readonly maxMs: number;
}

/** What is shown of a connection with a session; null: it has none. */
export function sessionFigures(connection: ClientConnection): SessionFigures | null {
  const { sessionId, latency, received, pendingRequests, lastXid } = connection;
  if (sessionId === NO_SESSION) return null;
  const { min, avg, max } = latencies(latency, received - pendingRequests);
  return {
    sessionId,
    lastOperation: shortNameOf(connection.lastOpcode),
    establishedMs: connection.establishedMs,
    timeoutMs: connection.timeoutMs,
    lastXid: lastXid < 0 ? null : lastXid,
    lastReplyMs: connection.lastReplyMs,
    lastMs: latency.lastMs,
    minMs: min,
    avgMs: Math.round(avg),
    maxMs: max,
  };
}
