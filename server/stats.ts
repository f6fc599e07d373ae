/**
 * What one server counts. Plain mutable numbers: the server adds to them where things happen, the
 * admin port reads them (`http/metrics.ts`). Counters only rise; what is true at a moment (znodes,
 * connections, outstanding requests) is asked of the server instead (`http/view.ts`, ServerGauges).
 */
import { Distribution, LATENCY_BOUNDS_MS, SIZE_BOUNDS } from "./distribution.ts";
import { LatencySummary } from "./latency.ts";
import type { FanOut } from "./replica.ts";
import { ValueRange } from "./value-range.ts";
import type { ElectionTimes } from "./zab/core.ts";

/** The kinds that requests are counted by; `other` is what is answered with Unimplemented. */
export const REQUEST_KINDS = [
  "createSession",
  "closeSession",
  "ping",
  "create",
  "delete",
  "setData",
  "setACL",
  "multi",
  "reconfig",
  "exists",
  "getData",
  "getACL",
  "getChildren",
  "getEphemerals",
  "getAllChildrenNumber",
  "multiRead",
  "sync",
  "setWatches",
  "addWatch",
  "checkWatches",
  "removeWatches",
  "auth",
  "whoAmI",
  "other",
] as const;

export type RequestKind = (typeof REQUEST_KINDS)[number];

/** Which way a follower was brought up to the leader's history. */
export type SyncKind = "diff" | "trunc" | "snap";

export class ServerStats {
  /** Frames from and to clients; bytes with their length prefixes. */
  packetsReceived = 0;
  packetsSent = 0;
  bytesReceived = 0;
  bytesSent = 0;

  connectionsAccepted = 0;
  /** Refused: over the limit per address, or the server does not serve. */
  connectionsRejected = 0;
  /** Closed because of what they sent (a frame too long, a record cut short …). */
  connectionsMalformed = 0;
  /** Times that reading from a connection was stopped because its peer or the server lagged. */
  backpressurePauses = 0;

  /** Requests as they arrive, before they are carried out; a failing one counts too. */
  readonly requests: Record<RequestKind, number> = zeroes(REQUEST_KINDS);

  /** Of requests that waited: for the leader, or behind one that did. */
  readonly requestLatency = new LatencySummary();

  /** By the leader: transactions proposed and committed. By a follower: received. */
  proposals = 0;
  /** Of those transactions, in bytes. */
  readonly proposalBytes = new ValueRange();
  commits = 0;
  /** Of one write, on the leader: from the request to its proposal, in milliseconds. */
  readonly prepareMs = new Distribution(LATENCY_BOUNDS_MS);
  /** Of one transaction, on each server: changing the tree and telling its watchers, in milliseconds. */
  readonly applyMs = new Distribution(LATENCY_BOUNDS_MS);
  /** Of one write, where its client is connected: from the request to its reply, in whole milliseconds. */
  readonly updateMs = new Distribution(LATENCY_BOUNDS_MS);
  /** From propose to commit, on the leader, in milliseconds. */
  readonly proposalLatencyMs = new Distribution(LATENCY_BOUNDS_MS);
  /** From a proposal's arrival to its commit's, on a follower, in milliseconds. */
  readonly commitPropagationMs = new Distribution(LATENCY_BOUNDS_MS);

  /** One durable append each: how long it took (ms), and how many transactions it carried. */
  readonly fsyncMs = new Distribution(LATENCY_BOUNDS_MS);
  /** Durable appends over a second, as ZooKeeper's fsync.warningthresholdms counts them. */
  slowFsyncs = 0;
  readonly fsyncBatch = new Distribution(SIZE_BOUNDS);
  readonly snapshotMs = new Distribution(LATENCY_BOUNDS_MS);

  /** Times that this server began to look for a leader. */
  elections = 0;
  /** From LOOKING to serving, in milliseconds: all, and those after which this server led. */
  readonly electionMs = new Distribution(LATENCY_BOUNDS_MS);
  readonly leaderElectionMs = new Distribution(LATENCY_BOUNDS_MS);
  /** Of which: choosing the leader, agreeing on the epoch, synchronizing. */
  readonly electionPhaseMs = {
    choice: new Distribution(LATENCY_BOUNDS_MS),
    discovery: new Distribution(LATENCY_BOUNDS_MS),
    synchronization: new Distribution(LATENCY_BOUNDS_MS),
  } as const;
  /** Synchronizations that this server, leading, gave to followers. */
  readonly syncs: Record<SyncKind, number> = zeroes(["diff", "trunc", "snap"]);

  sessionsOpened = 0;
  /** Closed by their clients; expired ones are not among them. */
  sessionsClosed = 0;
  sessionsExpired = 0;
  /** Reconnects refused because the client had seen a later state than this server has. */
  reconnectsFromTheFuture = 0;

  /** Changes that at least one watch waited for, and the events sent for them. */
  watchTriggers = 0;
  watchNotifications = 0;
  /** Watchers notified per trigger: its maximum is the hottest spot so far. */
  readonly watchFanOut = new Distribution(SIZE_BOUNDS);
  /** Writing all the events of one trigger, in milliseconds. */
  readonly watchFanOutMs = new Distribution(LATENCY_BOUNDS_MS);
  /** Watchers notified per trigger, by what they were told. */
  readonly watchEvents = {
    created: new Distribution(SIZE_BOUNDS),
    deleted: new Distribution(SIZE_BOUNDS),
    dataChanged: new Distribution(SIZE_BOUNDS),
    childrenChanged: new Distribution(SIZE_BOUNDS),
  } as const;

  /** Somebody watched what a change has changed. */
  fannedOut({ watchers, byType, durationMs }: FanOut): void {
    this.watchTriggers++;
    this.watchNotifications += watchers;
    this.watchFanOut.observe(watchers);
    this.watchFanOutMs.observe(durationMs);
    if (byType.created > 0) this.watchEvents.created.observe(byType.created);
    if (byType.deleted > 0) this.watchEvents.deleted.observe(byType.deleted);
    if (byType.dataChanged > 0) this.watchEvents.dataChanged.observe(byType.dataChanged);
    if (byType.childrenChanged > 0)
      this.watchEvents.childrenChanged.observe(byType.childrenChanged);
  }

  /** The server serves again. */
  elected(times: ElectionTimes, isLeader: boolean): void {
    this.electionMs.observe(times.durationMs);
    if (isLeader) this.leaderElectionMs.observe(times.durationMs);
    this.electionPhaseMs.choice.observe(times.electionMs);
    this.electionPhaseMs.discovery.observe(times.discoveryMs);
    this.electionPhaseMs.synchronization.observe(times.synchronizationMs);
  }
}

function zeroes<Kind extends string>(kinds: readonly Kind[]): Record<Kind, number> {
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
}
