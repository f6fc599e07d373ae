/**
 * The page /metrics of one server. Names are ZooKeeper's where it has one (units included: its times
 * are milliseconds, its counters carry no `_total`), so that dashboards made for ZooKeeper work on
 * both; what is ours begins with `quorumlab_`.
 */
import { Counter, Gauge, Registry } from "prom-client";
import { REQUEST_KINDS } from "../stats.ts";
import type { ServerStats } from "../stats.ts";
import { DistributionHistogram, DistributionSummary } from "./distribution-metric.ts";
import { COUNTERS, DISTRIBUTIONS, GAUGES, STATUS_GAUGES } from "./metric-rows.ts";
import type { Row } from "./metric-rows.ts";
import { registerProcessMetrics, setCounter } from "./process-metrics.ts";
import type { HotZnode, ServerState, ServerView } from "./view.ts";

/** Znodes that are shown by path: the label's values stay few, whatever clients watch. */
export const HOT_ZNODES_SHOWN = 10;
/** Longer paths are cut in labels. */
const LABEL_PATH_CHARS = 200;

const STATES: readonly ServerState[] = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"];

/** Renders the page; one per server, since its registry is its own. */
export interface MetricsPage {
  readonly contentType: string;
  /** Reads the server in the same turn as it is called. */
  render(): Promise<string>;
  close(): void;
}

export function createMetricsPage(view: ServerView): MetricsPage {
  const registry = new Registry();
  const updates = [
    registerGauges(registry, GAUGES, () => view.gauges()),
    registerGauges(registry, STATUS_GAUGES, () => view.status()),
    ...COUNTERS.map((row) => registerCounter(registry, row, view.stats)),
    registerRole(registry, view),
    registerRequests(registry, view.stats),
    registerHotZnodes(registry, view),
  ];
  for (const [zooKeeperName, ownName, help, select] of DISTRIBUTIONS) {
    const distribution = select(view.stats);
    if (zooKeeperName !== null) {
      void new DistributionSummary({ name: zooKeeperName, help, registry, distribution });
    }
    if (ownName !== null) {
      void new DistributionHistogram({ name: ownName, help, registry, distribution });
    }
  }
  const processMetrics = registerProcessMetrics(registry);
  return {
    contentType: registry.contentType,
    render() {
      for (const update of updates) update();
      processMetrics.collect();
      return registry.metrics();
    },
    close: () => processMetrics.close(),
  };
}

type Update = () => void;

/** The source is asked once per rendering: its figures are of one moment. */
function registerGauges<Source>(
  registry: Registry,
  rows: readonly Row<Source>[],
  source: () => Source,
): Update {
  const gauges = rows.map(([name, help, value]) => ({
    gauge: new Gauge({ name, help, registers: [registry] }),
    value,
  }));
  return () => {
    const current = source();
    for (const { gauge, value } of gauges) gauge.set(value(current));
  };
}

function registerCounter(
  registry: Registry,
  [name, help, value]: Row<ServerStats>,
  stats: ServerStats,
): Update {
  const counter = new Counter({ name, help, registers: [registry] });
  return () => setCounter(counter, value(stats));
}

function registerRole(registry: Registry, view: ServerView): Update {
  const gauge = new Gauge({
    name: "quorumlab_role",
    help: "1 for the state the server is in, 0 for the others.",
    labelNames: ["role"],
    registers: [registry],
  });
  return () => {
    const { state } = view.status();
    for (const role of STATES) gauge.set({ role }, role === state ? 1 : 0);
  };
}

function registerRequests(registry: Registry, stats: ServerStats): Update {
  const counter = new Counter({
    name: "quorumlab_requests",
    help: "Requests of clients by kind.",
    labelNames: ["kind"],
    registers: [registry],
  });
  return () => {
    counter.reset();
    for (const kind of REQUEST_KINDS) counter.inc({ kind }, stats.requests[kind]);
  };
}

function registerHotZnodes(registry: Registry, view: ServerView): Update {
  const labelNames = ["path"];
  const registers = [registry];
  const watchers = new Gauge({
    name: "quorumlab_hot_znode_watchers",
    help: `Watches on the ${HOT_ZNODES_SHOWN} znodes with the most of them.`,
    labelNames,
    registers,
  });
  const notifications = new Gauge({
    name: "quorumlab_hot_znode_notifications",
    help: `Watch events of the ${HOT_ZNODES_SHOWN} znodes with the most of them.`,
    labelNames,
    registers,
  });
  return () => {
    watchers.reset();
    notifications.reset();
    // Adds up: two long paths may be the same when they are cut.
    for (const znode of view.hotZnodes(HOT_ZNODES_SHOWN, "watchers")) {
      watchers.inc({ path: labelOf(znode) }, znode.watchers);
    }
    for (const znode of view.hotZnodes(HOT_ZNODES_SHOWN, "notifications")) {
      notifications.inc({ path: labelOf(znode) }, znode.notifications);
    }
  };
}

function labelOf({ path }: HotZnode): string {
  return path.length > LABEL_PATH_CHARS ? `${path.slice(0, LABEL_PATH_CHARS)}…` : path;
}
