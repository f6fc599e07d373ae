/**
 * What the page /metrics shows, a row for each metric: its name, what it says, and where its value is
 * (server/README.md has a table with thresholds).
 */
import type { Distribution } from "../distribution.ts";
import { counterOf, epochOf } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import type { ServerStats } from "../stats.ts";
import type { ServerGauges, ServerStatus } from "./view.ts";

/** One metric: a number of its source. */
export type Row<Source> = readonly [name: string, help: string, value: (source: Source) => number];

export const GAUGES: readonly Row<ServerGauges>[] = [
  ["znode_count", "Znodes.", (g) => g.znodeCount],
  ["watch_count", "Watches on this server.", (g) => g.watchCount],
  ["ephemerals_count", "Ephemeral znodes.", (g) => g.ephemeralCount],
  ["global_sessions", "Live sessions of the ensemble.", (g) => g.sessionCount],
  ["local_sessions", "Sessions of this server alone; there are none.", () => 0],
  ["approximate_data_size", "Paths and data of all znodes, bytes.", (g) => g.approximateDataBytes],
  ["num_alive_connections", "Connections of clients.", (g) => g.connectionCount],
  ["outstanding_requests", "Requests received and not answered.", (g) => g.outstanding],
  ["quorumlab_unread_bytes", "Replies and events that clients do not take.", (g) => g.unreadBytes],
  ["quorum_size", "Voting servers that are configured.", (g) => g.quorumSize],
  ["learners", "Servers linked to this leader.", (g) => g.learners],
  ["synced_followers", "Followers synchronized with this leader.", (g) => g.syncedFollowers],
  ["synced_observers", "Observers synchronized with this leader.", (g) => g.syncedObservers],
  ["leader_uptime", "Time for which this server has been leading, ms.", (g) => g.leaderUptimeMs],
  ["uptime", "Time since this server was started, ms.", (g) => g.uptimeMs],
];

export const STATUS_GAUGES: readonly Row<ServerStatus>[] = [
  ["quorumlab_server_id", "myid.", (s) => s.server],
  ["quorumlab_serving", "1 if it serves clients.", (s) => (s.serving ? 1 : 0)],
  ["quorumlab_leader_id", "The leader it follows, 0 if none.", (s) => s.leader ?? 0],
  ["quorumlab_epoch", "currentEpoch.", (s) => s.epoch],
  ["quorumlab_applied_zxid", "Highest zxid applied, whole.", (s) => s.appliedZxid],
  ["quorumlab_applied_zxid_epoch", "Its epoch.", (s) => epochOf(s.appliedZxid as Zxid)],
  ["quorumlab_applied_zxid_counter", "Its counter.", (s) => counterOf(s.appliedZxid as Zxid)],
  ["quorumlab_committed_zxid", "Highest zxid known as committed.", (s) => s.committedZxid],
  ["quorumlab_logged_zxid", "Highest zxid durable in the own log.", (s) => s.loggedZxid],
];

export const COUNTERS: readonly Row<ServerStats>[] = [
  ["packets_received", "Frames from clients.", (s) => s.packetsReceived],
  ["packets_sent", "Frames to clients.", (s) => s.packetsSent],
  ["bytes_received_count", "Bytes from clients.", (s) => s.bytesReceived],
  ["quorumlab_bytes_sent", "Bytes to clients.", (s) => s.bytesSent],
  ["response_bytes", "Bytes to clients, watch events included.", (s) => s.bytesSent],
  ["connection_request_count", "Connections accepted.", (s) => s.connectionsAccepted],
  ["connection_rejected", "Connections refused.", (s) => s.connectionsRejected],
  ["quorumlab_connections_malformed", "Closed for what they sent.", (s) => s.connectionsMalformed],
  ["quorumlab_backpressure_pauses", "Times reading was stopped.", (s) => s.backpressurePauses],
  ["proposal_count", "Transactions proposed or received.", (s) => s.proposals],
  ["commit_count", "Transactions committed.", (s) => s.commits],
  ["looking_count", "Times it began to look for a leader.", (s) => s.elections],
  ["diff_count", "Followers synchronized by DIFF.", (s) => s.syncs.diff],
  ["quorumlab_trunc_count", "Followers synchronized by TRUNC.", (s) => s.syncs.trunc],
  ["fsync_threshold_exceed_count", "Fsyncs of over a second.", (s) => s.slowFsyncs],
  ["snap_count", "Followers synchronized by SNAP.", (s) => s.syncs.snap],
  ["quorumlab_sessions_opened", "Sessions opened here.", (s) => s.sessionsOpened],
  ["quorumlab_sessions_closed", "Sessions closed by clients.", (s) => s.sessionsClosed],
  ["stale_sessions_expired", "Sessions expired.", (s) => s.sessionsExpired],
  [
    "quorumlab_reconnects_from_the_future",
    "Refused: the client has seen a later state.",
    (s) => s.reconnectsFromTheFuture,
  ],
  ["quorumlab_watch_triggers", "Changes that a watch waited for.", (s) => s.watchTriggers],
  ["quorumlab_watch_notifications", "Watch events sent.", (s) => s.watchNotifications],
];

/** A summary under ZooKeeper's name, a histogram under ours, or both. */
type DistributionRow = readonly [
  zooKeeperName: string | null,
  ownName: string | null,
  help: string,
  distribution: (stats: ServerStats) => Distribution,
];

export const DISTRIBUTIONS: readonly DistributionRow[] = [
  ["fsynctime", "quorumlab_fsync_ms", "One fsync of the log, ms.", (s) => s.fsyncMs],
  ["snapshottime", "quorumlab_snapshot_ms", "One snapshot, ms.", (s) => s.snapshotMs],
  ["unavailable_time", "quorumlab_election_ms", "LOOKING to serving, ms.", (s) => s.electionMs],
  ["leader_unavailable_time", null, "LOOKING to leading, ms.", (s) => s.leaderElectionMs],
  [
    "election_time",
    "quorumlab_election_choice_ms",
    "Choosing a leader, ms.",
    (s) => s.electionPhaseMs.choice,
  ],
  [
    null,
    "quorumlab_election_discovery_ms",
    "Agreeing on the epoch, ms.",
    (s) => s.electionPhaseMs.discovery,
  ],
  [
    null,
    "quorumlab_election_synchronization_ms",
    "Synchronizing with the leader, ms.",
    (s) => s.electionPhaseMs.synchronization,
  ],
  [
    "prep_process_time",
    "quorumlab_prepare_ms",
    "From a write's arrival at the leader to its proposal, ms.",
    (s) => s.prepareMs,
  ],
  [
    "write_final_proc_time_ms",
    "quorumlab_apply_ms",
    "Applying one transaction, its watch events included, ms.",
    (s) => s.applyMs,
  ],
  ["updatelatency", "quorumlab_update_ms", "A write, request to reply, ms.", (s) => s.updateMs],
  [
    "quorum_ack_latency",
    "quorumlab_proposal_latency_ms",
    "Propose to commit on the leader, ms.",
    (s) => s.proposalLatencyMs,
  ],
  [
    null,
    "quorumlab_commit_propagation_ms",
    "Proposal's arrival to commit's on a follower, ms.",
    (s) => s.commitPropagationMs,
  ],
  [
    "sync_processor_batch_size",
    "quorumlab_fsync_batch",
    "Transactions per fsync.",
    (s) => s.fsyncBatch,
  ],
  [null, "quorumlab_watch_fan_out", "Watchers per trigger.", (s) => s.watchFanOut],
  [
    null,
    "quorumlab_watch_fan_out_ms",
    "Writing the events of one trigger, ms.",
    (s) => s.watchFanOutMs,
  ],
  [
    "node_created_watch_count",
    null,
    "Watchers told of one creation.",
    (s) => s.watchEvents.created,
  ],
  [
    "node_deleted_watch_count",
    null,
    "Watchers told of one deletion.",
    (s) => s.watchEvents.deleted,
  ],
  [
    "node_changed_watch_count",
    null,
    "Watchers told of one change of data.",
    (s) => s.watchEvents.dataChanged,
  ],
  [
    "node_children_watch_count",
    null,
    "Watchers told of one change of children.",
    (s) => s.watchEvents.childrenChanged,
  ],
];
