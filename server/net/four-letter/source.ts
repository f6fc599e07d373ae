/** What the four-letter commands may see of a server, and what two of them may reset. */
import type { ServerConfig } from "../../config.ts";
import type { ServerView } from "../../http/view.ts";
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
  readonly connections: () => Iterable<ClientConnection>;
  readonly service: ServerParts["service"];
  #at: SinceReset = { received: 0, sent: 0, requests: 0 };

  constructor({ config, view, replica, connections, service }: ServerParts) {
    this.config = config;
    this.view = view;
    this.replica = replica;
    this.connections = connections;
    this.service = service;
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
