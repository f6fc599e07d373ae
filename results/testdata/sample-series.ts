/**
 * The time series of the handmade run: what its clients counted every 100 ms, and what its servers
 * said every second.
 */
import type { FaultRecord } from "../history.ts";
import type { SeriesFile } from "../schema.ts";
import { SAMPLE_DURATION_MS, sampleFaults, seededRandom } from "./sample-run.ts";

type Series = SeriesFile["series"][number];

const CLIENT_STEP_MS = 100;
const SERVER_STEP_MS = 1_000;
/** When writes came back after each fault, ms. */
const WRITES_AGAIN_MS = [15_163, 30_311, 48_391];

/** `clientStepMs` smaller than usual makes a long run of the same shape. */
export function sampleSeries(clientStepMs: number = CLIENT_STEP_MS): SeriesFile {
  const random = seededRandom(11);
  const faults = sampleFaults();
  const all: Series = { name: "ops_per_second", unit: "ops/s", server: null, points: [] };
  const writes: Series = { name: "write_ops_per_second", unit: "ops/s", server: null, points: [] };
  const errors: Series = { name: "error_per_second", unit: "ops/s", server: null, points: [] };
  for (let atMs = 0; atMs < SAMPLE_DURATION_MS; atMs += clientStepMs) {
    const isUp = !faults.some((fault, index) => isOut(fault, WRITES_AGAIN_MS[index] ?? 0, atMs));
    const loaded = atMs > 1_500 && atMs < 54_000 ? 1 : 0;
    const write = loaded * (isUp ? 560 + 70 * random() : 0);
    const read = loaded * (isUp ? 5_900 + 500 * random() : 1_900 + 900 * random());
    all.points.push([atMs, Math.round(read + write)]);
    writes.points.push([atMs, Math.round(write)]);
    errors.points.push([atMs, isUp ? 0 : Math.round(loaded * 260 * random())]);
  }
  return { series: [all, writes, errors, ...[1, 2, 3].flatMap((id) => ofServer(id, random))] };
}

function isOut(fault: FaultRecord, untilMs: number, atMs: number): boolean {
  return fault.effectiveMs !== null && atMs >= fault.effectiveMs - 50 && atMs < untilMs;
}

function ofServer(server: number, random: () => number): Series[] {
  const gauges: [string, string, (atMs: number) => number][] = [
    ["outstanding_requests", "", () => Math.round(9 * random())],
    ["znode_count", "", (atMs) => 1_012 + Math.round(40 * random() + atMs / 4_000)],
    ["watch_count", "", () => 300 + Math.round(12 * random())],
    ["num_alive_connections", "", () => 116 + Math.round(4 * random())],
    ["quorumlab_epoch", "", (atMs) => 1 + WRITES_AGAIN_MS.filter((ms) => ms < atMs).length],
    ["process_resident_memory_bytes", "bytes", (atMs) => 7.1e7 + 300 * atMs + 1e6 * random()],
    ["nodejs_eventloop_lag_p99_seconds", "seconds", () => 0.0011 + 0.0012 * random()],
  ];
  const counters: [string, string, number][] = [
    ["process_cpu_seconds_total", "seconds", 0.34],
    ["packets_received", "", 2_150],
    ["fsynctime_sum", "ms", 118],
    ["fsynctime_count", "", 402],
  ];
  const times: number[] = [];
  for (let atMs = 500; atMs < SAMPLE_DURATION_MS; atMs += SERVER_STEP_MS) {
    // Server 3 was dead for a while: nobody answered.
    if (server !== 3 || atMs < 15_000 || atMs > 18_350) times.push(atMs);
  }
  return [
    ...gauges.map(([name, unit, at]): Series => ({
      name,
      unit,
      server,
      points: times.map((atMs) => [atMs, at(atMs)]),
    })),
    ...counters.map(([name, unit, perSecond]): Series => {
      let value = 0;
      let before = 0;
      return {
        name,
        unit,
        server,
        points: times.map((atMs) => {
          // A restarted process counts from zero.
          if (atMs - before > 2 * SERVER_STEP_MS) value = 0;
          value += perSecond * (0.85 + 0.3 * random());
          before = atMs;
          return [atMs, value];
        }),
      };
    }),
  ];
}
