/** ruok, isro, srvr, stat, srst: how the server is. */
import { formatZxid } from "../../ids.ts";
import { connectionLine } from "./connection-words.ts";
import { latencies, type WordSource } from "./source.ts";
import { FULL_VERSION } from "./version.ts";

export function ruok(): string[] {
  return ["imok"];
}

export function isro({ service }: WordSource): string[] {
  const answer = { full: "rw", readOnly: "ro", none: "null" } as const;
  return [answer[service()]];
}

export function* srvr(source: WordSource): Generator<string> {
  yield* heading(source);
  yield* figures(source);
}

export function* stat(source: WordSource): Generator<string> {
  yield* heading(source);
  yield "Clients:\n";
  for (const connection of source.connections()) yield `${connectionLine(connection, true)}\n`;
  yield "\n";
  yield* figures(source);
}

export function resetStats(source: WordSource): string[] {
  source.reset();
  return ["Server stats reset.\n"];
}

/** What ZooKeeper calls the state of a server that serves. */
export function modeOf(source: WordSource): string {
  if (source.service() === "readOnly") return "read-only";
  if (source.config.isStandalone) return "standalone";
  const names = {
    LEADING: "leader",
    FOLLOWING: "follower",
    OBSERVING: "observer",
    LOOKING: "leaderelection",
  } as const;
  return names[source.view.status().state];
}

function* heading(source: WordSource): Generator<string> {
  yield `Zookeeper version: ${FULL_VERSION}\n`;
  if (source.service() === "readOnly") yield "READ-ONLY mode; serving only read-only clients\n";
}

function* figures(source: WordSource): Generator<string> {
  const { received, sent, requests } = source.sinceReset();
  const { min, avg, max } = latencies(source.view.stats.requestLatency, requests);
  const gauges = source.view.gauges();
  yield `Latency min/avg/max: ${min}/${decimal(avg)}/${max}\n`;
  yield `Received: ${received}\n`;
  yield `Sent: ${sent}\n`;
  yield `Connections: ${gauges.connectionCount}\n`;
  yield `Outstanding: ${gauges.outstanding}\n`;
  yield `Zxid: ${formatZxid(source.view.status().appliedZxid)}\n`;
  yield `Mode: ${modeOf(source)}\n`;
  yield `Node count: ${gauges.znodeCount}\n`;
  if (modeOf(source) !== "leader") return;
  const bytes = source.view.stats.proposalBytes;
  yield `Proposal sizes last/min/max: ${bytes.last}/${bytes.min}/${bytes.max}\n`;
}

/** As Java prints a double with four digits at most: `0.0`, `1.25`. */
export function decimal(value: number): string {
  const text = String(Math.round(value * 10_000) / 10_000);
  return text.includes(".") ? text : `${text}.0`;
}
