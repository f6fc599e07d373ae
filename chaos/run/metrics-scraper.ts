/**
 * Time series from the servers' /metrics, as Prometheus would scrape them, for the run's report.
 */
import type { SeriesFile } from "../../results/schema.ts";
import type { LocalEnsemble } from "../engines/local.ts";
import { PerServerLoop } from "./per-server-loop.ts";

const INTERVAL_MS = 500;

/** What is kept, with its unit; a summary is kept as its sum and its count. */
const KEPT: Readonly<Record<string, string>> = {
  fsynctime_sum: "ms",
  fsynctime_count: "count",
  quorum_ack_latency_sum: "ms",
  quorum_ack_latency_count: "count",
  outstanding_requests: "count",
  quorumlab_epoch: "number",
  quorumlab_serving: "1: yes",
  process_cpu_seconds_total: "s",
  process_resident_memory_bytes: "bytes",
  nodejs_eventloop_lag_p99_seconds: "s",
  packets_received: "count",
  proposal_count: "count",
  commit_count: "count",
  num_alive_connections: "count",
  global_sessions: "count",
  watch_count: "count",
  quorumlab_watch_notifications: "count",
  ephemerals_count: "count",
  znode_count: "count",
};

type Series = SeriesFile["series"][number];

export class MetricsScraper {
  readonly #ensemble: LocalEnsemble;
  readonly #nowMs: () => number;
  readonly #series = new Map<string, Series>();
  #loop: PerServerLoop | null = null;

  constructor(ensemble: LocalEnsemble, nowMs: () => number) {
    this.#ensemble = ensemble;
    this.#nowMs = nowMs;
  }

  start(): void {
    this.#loop = new PerServerLoop(
      this.#ensemble,
      INTERVAL_MS,
      async (id) => this.#take(id, await this.#ensemble.admin(id).metrics(), this.#nowMs()),
      // The server is down: its line has a gap there.
      () => undefined,
    );
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  get series(): Series[] {
    return [...this.#series.values()];
  }

  #take(server: number, page: string, atMs: number): void {
    for (const line of page.split("\n")) {
      // A plain sample: name, value; samples with labels are parts of what is kept whole.
      const [name = "", text = "", ...rest] = line.split(" ");
      const unit = KEPT[name];
      if (unit === undefined || rest.length > 0) continue;
      const value = Number(text);
      if (!Number.isFinite(value)) continue;
      const key = `${server} ${name}`;
      const series = this.#series.get(key) ?? { name, unit, server, points: [] };
      series.points.push([atMs, value]);
      this.#series.set(key, series);
    }
  }
}
