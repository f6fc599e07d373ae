/**
 * What a server shows of itself at this moment: read from its parts, changing nothing.
 */
import type { ServerConfig } from "./config.ts";
import type { EnsembleState } from "./ensemble-state.ts";
import type { ElectionSample, ServerGauges, ServerStatus } from "./http/view.ts";
import type { Zxid } from "./ids.ts";
import type { ClientConnection } from "./net/client-connection.ts";
import type { ClientPort } from "./net/client-port.ts";
import type { Replica } from "./replica.ts";
import type { RequestRouter } from "./request-router.ts";
import type { ZabPeer } from "./zab/peer.ts";

export interface StatusParts {
  readonly config: ServerConfig;
  readonly ensemble: EnsembleState;
  readonly peer: ZabPeer;
  readonly replica: Replica<ClientConnection>;
  readonly router: RequestRouter;
  readonly port: ClientPort;
  readonly recovery: { readonly lastZxid: Zxid; readonly notes: readonly string[] };
  readonly elections: readonly ElectionSample[];
}

export function statusOf(parts: StatusParts, serving: boolean): ServerStatus {
  const { peer, port, ensemble } = parts;
  const address = port.address;
  const { version, voters, observers } = ensemble.active;
  return {
    server: parts.config.serverId,
    state: peer.state,
    part: ensemble.part,
    epoch: peer.core.epochs.current,
    leader: peer.leaderSid,
    appliedZxid: parts.replica.appliedZxid,
    committedZxid: peer.core.committed,
    loggedZxid: peer.core.durable,
    serving,
    clientAddress: address && `${address.host}:${address.port}`,
    ensemble: { version, voters, observers },
    elections: parts.elections,
    recovery: parts.recovery,
    config: configAsShown(parts.config, ensemble),
  };
}

/** `leadingMs` and `uptimeMs`: for how long it serves as the leader (0: it does not), and runs. */
export function gaugesOf(parts: StatusParts, leadingMs: number, uptimeMs: number): ServerGauges {
  const { replica, port, router, ensemble, peer } = parts;
  const { tree, watches } = replica;
  const leader = peer.leading;
  return {
    znodeCount: tree.nodeCount,
    watchCount: watches.watchCount,
    sessionCount: tree.sessions.size,
    ephemeralCount: tree.ephemeralCount,
    connectionCount: port.connectionCount,
    outstanding: router.outstanding,
    unreadBytes: port.unread.totalBytes,
    approximateDataBytes: tree.approximateDataBytes,
    quorumSize: ensemble.active.voters.length,
    learners: leader?.learners ?? 0,
    syncedFollowers: leader?.syncedFollowers ?? 0,
    syncedObservers: leader?.syncedObservers.length ?? 0,
    leaderUptimeMs: leader ? leadingMs : 0,
    uptimeMs,
  };
}

function configAsShown(config: ServerConfig, ensemble: EnsembleState): ServerStatus["config"] {
  const { members } = ensemble.active;
  return {
    tickTime: config.tickMs,
    initLimit: config.initLimitTicks,
    syncLimit: config.syncLimitTicks,
    snapCount: config.snapshotEveryTxns,
    maxClientCnxns: config.maxConnectionsPerAddress,
    minSessionTimeout: config.minSessionTimeoutMs,
    maxSessionTimeout: config.maxSessionTimeoutMs,
    "jute.maxbuffer": config.maxFrameBytes,
    reconfigEnabled: config.reconfigEnabled,
    servers: members.map(({ id }) => id).join(","),
  };
}
