/**
 * The commands of the admin port: what each answers, as JSON. All read, none changes anything.
 */
import { formatZxid } from "../ids.ts";
import type { ServerState, ServerView } from "./view.ts";

export const HOT_LIMIT_DEFAULT = 10;
export const HOT_LIMIT_MAX = 1_000;

export type CommandAnswer =
  | { readonly ok: true; readonly body: object }
  /** The query was wrong: which parameter, and what is expected. */
  | { readonly ok: false; readonly error: string };

export type Command = (view: ServerView, query: URLSearchParams) => CommandAnswer;

/** By path. `/metrics` is not here: it is no JSON. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  "/commands/status": (view) => ({ ok: true, body: view.status() }),
  "/commands/final": (view) => ({ ok: true, body: view.finalState() }),
  "/commands/hot": hot,
  "/commands/ruok": () => ({ ok: true, body: { command: "ruok", error: null } }),
  "/commands/srvr": srvr,
};

function hot(view: ServerView, query: URLSearchParams): CommandAnswer {
  const text = query.get("limit") ?? String(HOT_LIMIT_DEFAULT);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > HOT_LIMIT_MAX) {
    const error = `limit: found ${JSON.stringify(text.slice(0, 60))}, expected a number from 1 to ${HOT_LIMIT_MAX}`;
    return { ok: false, error };
  }
  return { ok: true, body: { znodes: view.hotZnodes(limit) } };
}

/** What ZooKeeper's AdminServer calls the states. */
const ZOOKEEPER_STATE: Readonly<Record<ServerState, string>> = {
  LOOKING: "leaderelection",
  FOLLOWING: "follower",
  LEADING: "leader",
  OBSERVING: "observer",
};

/** ZooKeeper's `srvr`, with the fields that are known here. */
function srvr(view: ServerView): CommandAnswer {
  const status = view.status();
  const gauges = view.gauges();
  const standalone = gauges.quorumSize === 1;
  return {
    ok: true,
    body: {
      read_only: false,
      server_stats: {
        packets_sent: view.stats.packetsSent,
        packets_received: view.stats.packetsReceived,
        server_state: standalone ? "standalone" : ZOOKEEPER_STATE[status.state],
        last_processed_zxid: formatZxid(status.appliedZxid),
        outstanding_requests: gauges.outstanding,
        num_alive_client_connections: gauges.connectionCount,
        provider_null: !status.serving,
        uptime: gauges.uptimeMs,
      },
      node_count: gauges.znodeCount,
      command: "srvr",
      error: status.serving ? null : "This ZooKeeper instance is not currently serving requests",
    },
  };
}
