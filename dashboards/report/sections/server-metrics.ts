/**
 * How a metric of the servers is drawn: its title, its unit, and how its samples become a line.
 */
import type { SeriesFile } from "../../../results/schema.ts";
import type { SeriesPoint } from "../downsample.ts";

type Series = SeriesFile["series"][number];

/** gauge: as it is. counter: rise per second. mean: rise of NAME_sum by rise of NAME_count. */
export interface MetricView {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly form: "gauge" | "counter" | "mean";
  /** Values are multiplied by this to be in `unit`. */
  readonly scale: number;
}

const MIB = 1 / 1_048_576;

function metric(
  name: string,
  title: string,
  unit: string,
  form: MetricView["form"],
  scale = 1,
): MetricView {
  return { name, title, unit, form, scale };
}

/** In the order in which they are shown: what explains a slow or an unavailable ensemble comes first. */
export const METRICS: readonly MetricView[] = [
  metric("fsynctime", "Fsync of the log, mean between samples", "ms", "mean"),
  metric("outstanding_requests", "Outstanding requests", "count", "gauge"),
  metric("quorum_ack_latency", "Propose to commit, mean between samples", "ms", "mean"),
  metric("quorumlab_epoch", "Epoch", "number", "gauge"),
  metric("quorumlab_serving", "Serving clients", "1: yes", "gauge"),
  metric("process_cpu_seconds_total", "CPU", "% of a core", "counter", 100),
  metric("process_cpu_user_seconds_total", "CPU, user", "% of a core", "counter", 100),
  metric("process_cpu_system_seconds_total", "CPU, system", "% of a core", "counter", 100),
  metric("process_resident_memory_bytes", "Resident memory", "MiB", "gauge", MIB),
  metric("nodejs_eventloop_lag_p99_seconds", "Event loop lag, p99", "ms", "gauge", 1_000),
  metric("quorumlab_event_loop_utilization", "Event loop busy", "%", "gauge", 100),
  metric("packets_received", "Requests received", "1/s", "counter"),
  metric("commit_count", "Transactions committed", "1/s", "counter"),
  metric("proposal_count", "Transactions proposed", "1/s", "counter"),
  metric("num_alive_connections", "Connections of clients", "count", "gauge"),
  metric("global_sessions", "Sessions of the ensemble", "count", "gauge"),
  metric("watch_count", "Watches", "count", "gauge"),
  metric("quorumlab_watch_notifications", "Watch events sent", "1/s", "counter"),
  metric("ephemerals_count", "Ephemeral znodes", "count", "gauge"),
  metric("znode_count", "Znodes", "count", "gauge"),
  metric("bytes_received_count", "Bytes from clients", "MiB/s", "counter", MIB),
  metric("quorumlab_bytes_sent", "Bytes to clients", "MiB/s", "counter", MIB),
  metric("nodejs_heap_size_used_bytes", "JavaScript heap", "MiB", "gauge", MIB),
];

const BY_NAME = new Map(METRICS.map((view, order) => [view.name, { view, order }]));

/** The view of a series: the known one, or what its name tells; null for a part of another one. */
export function viewOf(series: Series): { view: MetricView; order: number } | null {
  const { name, unit } = series;
  const known = BY_NAME.get(name);
  if (known !== undefined) return known;
  if (name.endsWith("_count") && !name.includes("{")) {
    const mean = BY_NAME.get(name.slice(0, -"_count".length));
    if (mean?.view.form === "mean") return null;
  }
  if (name.endsWith("_bucket")) return null;
  if (name.endsWith("_sum")) {
    const base = name.slice(0, -"_sum".length);
    const mean = BY_NAME.get(base);
    if (mean !== undefined) return mean;
    return { view: metric(base, `${base}, mean between samples`, unit, "mean"), order: Infinity };
  }
  if (name.endsWith("_total")) {
    return {
      view: metric(name, name, unit === "" ? "1/s" : `${unit}/s`, "counter"),
      order: Infinity,
    };
  }
  return { view: metric(name, name, unit, "gauge"), order: Infinity };
}

/** The line of one server. `all`: every series of that server. */
export function linePoints(view: MetricView, all: readonly Series[]): SeriesPoint[] {
  const find = (name: string): readonly SeriesPoint[] =>
    all.find((series) => series.name === name)?.points ?? [];
  const scaled = (points: readonly SeriesPoint[]): SeriesPoint[] =>
    points.map(([atMs, value]) => [atMs, value * view.scale]);
  switch (view.form) {
    case "gauge":
      return scaled(find(view.name));
    case "counter":
      return scaled(ratesPerSecond(find(view.name)));
    case "mean": {
      const sums = find(`${view.name}_sum`);
      return sums.length > 0
        ? scaled(meansBetween(sums, find(`${view.name}_count`)))
        : scaled(find(view.name));
    }
  }
}

/** A fall means that the process was restarted: no rate is known for that step. */
function ratesPerSecond(points: readonly SeriesPoint[]): SeriesPoint[] {
  const rates: SeriesPoint[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const [beforeMs, before] = points[index - 1]!;
    const [atMs, value] = points[index]!;
    if (value >= before && atMs > beforeMs) {
      rates.push([atMs, (1_000 * (value - before)) / (atMs - beforeMs)]);
    }
  }
  return rates;
}

function meansBetween(sums: readonly SeriesPoint[], counts: readonly SeriesPoint[]): SeriesPoint[] {
  const countAt = new Map(counts.map(([atMs, count]) => [atMs, count]));
  const means: SeriesPoint[] = [];
  for (let index = 1; index < sums.length; index += 1) {
    const [beforeMs, before] = sums[index - 1]!;
    const [atMs, sum] = sums[index]!;
    const count = (countAt.get(atMs) ?? 0) - (countAt.get(beforeMs) ?? 0);
    if (count > 0 && sum >= before) means.push([atMs, (sum - before) / count]);
  }
  return means;
}
