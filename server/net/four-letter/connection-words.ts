/** cons, crst, dump: who is connected, and with which sessions. */
import { formatSession, formatZxid, NO_SESSION } from "../../ids.ts";
import type { ClientConnection } from "../client-connection.ts";
import { shortNameOf } from "../client-opcodes.ts";
import { latencies, type WordSource } from "./source.ts";

export function* cons(source: WordSource): Generator<string> {
  for (const connection of source.connections())
    yield `${connectionLine(connection, false, source.replica.appliedZxid)}\n`;
  yield "\n";
}

export function resetConnections(source: WordSource): string[] {
  for (const connection of source.connections()) connection.resetFigures();
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
  const { remote, isReading, pendingRequests, received, sent, sessionId } = connection;
  const head = ` /${remote}[${isReading ? 1 : 0}](queued=${pendingRequests},recved=${received},sent=${sent}`;
  if (brief || sessionId === NO_SESSION) return `${head})`;
  const { latency } = connection;
  const { min, avg, max } = latencies(latency, received - pendingRequests);
  const figures = [
    `sid=${formatSession(sessionId)}`,
    `lop=${shortNameOf(connection.lastOpcode)}`,
    `est=${connection.establishedMs}`,
    `to=${connection.timeoutMs}`,
    // The xids of pings and the like are negative: none of them is shown.
    ...(connection.lastXid < 0 ? [] : [`lcxid=0x${connection.lastXid.toString(16)}`]),
    `lzxid=${formatZxid(appliedZxid)}`,
    `lresp=${connection.lastReplyMs}`,
    `llat=${latency.lastMs}`,
    `minlat=${min}`,
    `avglat=${Math.round(avg)}`,
    `maxlat=${max}`,
  ];
  return `${head},${figures.join(",")})`;
}
