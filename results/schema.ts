/**
 * The files of a run directory, version 1. Every file is validated when it is written and when it is
 * read. Times are milliseconds since the start of the run unless the name says otherwise.
 *
 * | file | holds |
 * | --- | --- |
 * | `run.json` | `RunFile`: identity, figures, checks, verdict |
 * | `faults.json` | the fault log (`FaultRecord[]`) |
 * | `series.json` | `SeriesFile`: what was sampled over time |
 * | `history.jsonl.gz` | one `HistoryRecord` per line |
 * | `servers.json.gz` | `ServerFinal[]`: each server's log and final state |
 * | `samples.jsonl.gz` | one `ServerSample` per line |
 * | `facts.json` | `RunFacts` (run-facts.ts): what else those must know who judge it again |
 * | `report.html` | all of it for a person; needs nothing else |
 */
import { z } from "zod";

export const SCHEMA_VERSION = 1;

export const verdictSchema = z.enum(["pass", "fail", "unknown", "invalid"]);
/** design.md §5: only `pass` is a pass. */
export type Verdict = z.infer<typeof verdictSchema>;

export const identitySchema = z.strictObject({
  schema: z.literal(SCHEMA_VERSION),
  /** The name of the run directory. */
  id: z.string(),
  /** lab, bench … */
  kind: z.string(),
  /** Profile or scenario. */
  name: z.string(),
  startedAt: z.iso.datetime(),
  git: z.strictObject({ revision: z.string(), dirty: z.boolean() }).nullable(),
  node: z.string(),
  machine: z.strictObject({
    os: z.string(),
    cpu: z.string(),
    cores: z.number().int(),
    memoryBytes: z.number(),
  }),
  seed: z.number().int(),
  /** reference, zookeeper … */
  target: z.string(),
  /** embedded, toxiproxy (version), or none: direct links. */
  proxy: z.string(),
  /** Everything that was configured: load, servers, faults. */
  config: z.record(z.string(), z.unknown()),
});
export type RunIdentity = z.infer<typeof identitySchema>;

export const histogramSchema = z.strictObject({
  /** An HdrHistogram, V2 compressed encoding, base64; values are microseconds. Mergeable. */
  hdr: z.string(),
  count: z.number().int(),
  /** Microseconds. Null where the samples are too few to support the percentile. */
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
  max: z.number().nullable(),
});
export type HistogramFile = z.infer<typeof histogramSchema>;

export const operationSchema = z.strictObject({
  workload: z.string(),
  op: z.string(),
  /** Ended ok / definitely not applied / may have been applied. */
  ok: z.number().int(),
  fail: z.number().int(),
  info: z.number().int(),
  /** ok operations per second over the measured time. */
  perSecond: z.number(),
  /** From the intended start to the end; failures and timeouts included. */
  latency: histogramSchema,
  /** From the actual send to the end. */
  service: histogramSchema,
});
export type OperationFigures = z.infer<typeof operationSchema>;

export const electionSchema = z.strictObject({
  server: z.number().int(),
  role: z.enum(["leader", "follower"]),
  epoch: z.number().int(),
  /** When the server began to serve in this epoch. */
  atMs: z.number(),
  /** From LOOKING to serving, as the server measured it. */
  durationMs: z.number(),
  /** Of which: choosing the leader, agreeing on the epoch, synchronizing. */
  electionMs: z.number(),
  discoveryMs: z.number(),
  synchronizationMs: z.number(),
});
export type ElectionFigures = z.infer<typeof electionSchema>;

export const outageSchema = z.strictObject({
  /** The fault in force; "" if none was. */
  fault: z.string(),
  /** The last write acknowledged before, and the first after, as clients saw it. */
  fromMs: z.number(),
  toMs: z.number(),
  durationMs: z.number(),
  /** The interval at which writes were tried, ms: the resolution. */
  resolutionMs: z.number(),
});
export type OutageFigures = z.infer<typeof outageSchema>;

export const fanOutSchema = z.strictObject({
  /** Sessions watching the one znode. */
  watchers: z.number().int(),
  /** Changes whose events were all delivered without a fault in between. */
  triggers: z.number().int(),
  /** Event deliveries in all. */
  deliveries: z.number().int(),
  /** From the change's acknowledgement-independent start (its send) to the first, median, last delivery. */
  first: histogramSchema,
  median: histogramSchema,
  last: histogramSchema,
});

export const lockSchema = z.strictObject({
  clients: z.number().int(),
  locks: z.number().int(),
  acquired: z.number().int(),
  handedOver: z.number().int(),
  /** From one holder's release to the next one's acquisition. */
  handover: histogramSchema,
});

export const leadershipSchema = z.strictObject({
  candidates: z.number().int(),
  elected: z.number().int(),
  handover: histogramSchema,
});

export const violationSchema = z.strictObject({
  /** One sentence: which guarantee, by what. */
  message: z.string(),
  /** The shortest evidence: operations, sessions, zxids, in order. */
  evidence: z.array(z.string()),
  /** When it showed. */
  atMs: z.number().nullable(),
  /** Faults in force at the time. */
  faults: z.array(z.string()),
});
export type Violation = z.infer<typeof violationSchema>;

export const checkSchema = z.strictObject({
  /** C1 … C13 of the guarantees. */
  id: z.string(),
  /** A few words: "agreement". */
  name: z.string(),
  /** The guarantee, in a sentence. */
  guarantee: z.string(),
  verdict: verdictSchema,
  /** What it looked at: { operations: 12034, sessions: 40 … }. */
  looked: z.record(z.string(), z.number()),
  violations: z.array(violationSchema),
  /** All found, of which `violations` holds the first few. */
  violationCount: z.number().int(),
  /** Why it is unknown; "" otherwise. */
  note: z.string(),
  elapsedMs: z.number(),
});
export type CheckResult = z.infer<typeof checkSchema>;

export const hotZnodeSchema = z.strictObject({
  path: z.string(),
  watchers: z.number().int(),
  notifications: z.number().int(),
});

export const phaseSchema = z.strictObject({
  name: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
});

export const runSchema = z.strictObject({
  identity: identitySchema,
  durationMs: z.number(),
  phases: z.array(phaseSchema),
  /** In the order in which they are to be read: what says most comes first. */
  operations: z.array(operationSchema),
  /** The load's own operations before the first fault; also counted in `operations`. */
  steady: z.array(operationSchema).optional(),
  elections: z.array(electionSchema),
  outages: z.array(outageSchema),
  fanOut: fanOutSchema.nullable(),
  locks: lockSchema.nullable(),
  leadership: leadershipSchema.nullable(),
  hotZnodes: z.array(hotZnodeSchema),
  /** Further figures by name, with their unit in the name: `cpu_us_per_op`, `rss_mb` … */
  figures: z.record(z.string(), z.number()),
  checks: z.array(checkSchema),
  verdict: verdictSchema,
  /** Why it is not a pass: one sentence each; empty for a pass. */
  reasons: z.array(z.string()),
});
export type RunFile = z.infer<typeof runSchema>;

export const seriesSchema = z.strictObject({
  series: z.array(
    z.strictObject({
      /** ops_per_second, write_ops_per_second, or a metric's name from the servers' /metrics. */
      name: z.string(),
      unit: z.string(),
      /** Which server said so; null: the clients. */
      server: z.number().int().nullable(),
      /** Time (ms since the start of the run) and value, rising in time. */
      points: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
});
export type SeriesFile = z.infer<typeof seriesSchema>;
