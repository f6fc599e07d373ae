/** What the four-letter commands may see of a server, and what two of them may reset. */
import type { ServerConfig } from "../../config.ts";
import type { EnsembleConfig } from "../../ensemble-config.ts";
import type { ServerView } from "../../http/view.ts";
import type { ServerId, SessionId, Zxid } from "../../ids.ts";
import { LatencySummary } from "../../latency.ts";
import type { Replica } from "../../replica.ts";
import { REQUEST_KINDS, type ServerStats } from "../../stats.ts";
import type { ClientConnection } from "../client-connection.ts";

export interface ServerParts {
  readonly config: ServerConfig;
  readonly view: ServerView;
  readonly replica: Replica<ClientConnection>;
  readonly connections: () => Iterable<ClientConnection>;
  readonly service: () => "full" | "readOnly" | "none";
  /** The members in force. */
  readonly ensemble: () => EnsembleConfig;
  readonly zab: ZabFigures;
  /** On the leader, when which sessions end (monotonic ms of this process); elsewhere empty. */
  readonly sessionExpiry: () => ReadonlyMap<number, readonly SessionId[]>;
  /** Writes a snapshot of what is applied now; `done` when it is durable. It is the file's content. */
  readonly takeSnapshot: (done: (result: TakenSnapshot | Error) => void) => void;
}

export interface ZabFigures {
  readonly phase: () => "ELECTION" | "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST";
  /** Servers without a vote that are synchronized with this leader. */
  readonly syncedObservers: () => readonly ServerId[];
}

export interface TakenSnapshot {
  readonly zxid: Zxid;
  readonly chunks: readonly Buffer[];
}

/** Figures of ServerStats, counted since `srst`: the counters themselves only rise. */
export interface SinceReset {
  readonly received: number;
  readonly sent: number;
  readonly requests: number;
}

export class WordSource {
  readonly config: ServerConfig;
  readonly view: ServerView;
  readonly replica: Replica<ClientConnection>;
  readonly parts: ServerParts;
  readonly connections: () => Iterable<ClientConnection>;
  readonly service: ServerParts["service"];
  /** ZooKeeper's default. Nothing is traced here: the mask is kept for who sets it and asks for it. */
  traceMask = 306n;
  #at: SinceReset = { received: 0, sent: 0, requests: 0 };

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.config = parts.config;
    this.view = parts.view;
    this.replica = parts.replica;
    this.connections = parts.connections;
    this.service = parts.service;
  }

  sinceReset(): SinceReset {
    const now = totals(this.view.stats);
    return {
      received: now.received - this.#at.received,
      sent: now.sent - this.#at.sent,
      requests: now.requests - this.#at.requests,
    };
  }

  reset(): void {
    this.#at = totals(this.view.stats);
    this.view.stats.requestLatency.reset();
  }
}

/**
 * Latencies in ZooKeeper's words. Of all `requests`, those that `waited` does not know were answered as
 * they came, in less than a millisecond.
 */
export function latencies(
  waited: LatencySummary,
  requests: number,
): { min: number; avg: number; max: number } {
  const all = Math.max(requests, waited.count);
  return {
    min: all > waited.count ? 0 : waited.minMs,
    avg: all === 0 ? 0 : waited.totalMs / all,
    max: waited.maxMs,
  };
}

function totals(stats: ServerStats): SinceReset {
  let requests = 0;
  for (const kind of REQUEST_KINDS) requests += stats.requests[kind];
  return { received: stats.packetsReceived, sent: stats.packetsSent, requests };
}
