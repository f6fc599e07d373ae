/**
 * One server: connects Zab, storage, the replicated tree and the clients' port over an Env. It makes
 * no decisions of its own about history: Zab says what is logged, committed and served.
 */
import type { ServerConfig } from "./config.ts";
import type { Env, Timer } from "./env.ts";
import { InvariantError } from "./errors.ts";
import { formatZxid, NO_ZXID, type ServerId, type Zxid } from "./ids.ts";
import type {
  ElectionSample,
  HotZnode,
  ServerFinalState,
  ServerGauges,
  ServerStatus,
  ServerView,
} from "./http/view.ts";
import { LeaderService } from "./leader-service.ts";
import type { ClientConnection } from "./net/client-connection.ts";
import { ClientPort } from "./net/client-port.ts";
import { PeerLinks } from "./net/peer-links.ts";
import { isServiceMessage, type PeerMessage } from "./net/peer-message.ts";
import { Persistence } from "./persistence.ts";
import { Replica } from "./replica.ts";
import { RequestRouter } from "./request-router.ts";
import { ServiceExchange } from "./service-exchange.ts";
import { ServerStats } from "./stats.ts";
import { recover } from "./recovery.ts";
import type { StorageObserver } from "./storage/file-storage.ts";
import type { LogEntry, Storage } from "./storage/storage.ts";
import { encodeWatcherEvent } from "./wire/replies.ts";
import type { ElectionTimes, ZabOutput } from "./zab/core.ts";
import type { ServerState } from "./zab/messages.ts";
import { ZabPeer } from "./zab/peer.ts";

/** How much of the committed log is kept in memory for followers that were away shortly. */
const HISTORY_LIMITS = { maxEntries: 20_000, maxBytes: 16 * 1024 * 1024 };
const FINALIZE_WAIT_MS = 20;
const SNAP_PIECE_BYTES = 256 * 1024;
const MAX_ELECTIONS_KEPT = 100;
/** Over the longest client frame: a transaction carries more than its request does. */
const PEER_FRAME_EXTRA_BYTES = 1024 * 1024;

/** Opens this server's storage; every write of the log is reported to the observer. */
export type OpenStorage = (observer: StorageObserver) => Storage;
/** The server cannot go on; it stopped serving before this was reported. */
export type OnFatal = (reason: string) => void;

export class Server implements ServerView {
  readonly stats = new ServerStats();
  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #sid: ServerId;
  readonly #onFatal: OnFatal;
  readonly #peer: ZabPeer;
  readonly #links: PeerLinks;
  readonly #replica: Replica<ClientConnection>;
  readonly #router: RequestRouter;
  readonly #port: ClientPort;
  readonly #exchange: ServiceExchange;
  readonly #persistence: Persistence;
  readonly #recovery: { lastZxid: Zxid; notes: readonly string[] };
  readonly #elections: ElectionSample[] = [];
  readonly #startedMs: number;
  #leaderService: LeaderService | null = null;
  #serving = false;
  #servingSinceMs = 0;
  #proposedMs = new Map<Zxid, number>();
  #wake: Timer | null = null;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #heartbeat: Timer | null = null;
  #stopped = false;

  /** Recovers from the storage; throws a `StorageError` when that is not possible. */
  constructor(env: Env, config: ServerConfig, openStorage: OpenStorage, onFatal: OnFatal) {
    this.#env = env;
    this.#config = config;
    this.#sid = config.serverId;
    this.#onFatal = onFatal;
    this.#startedMs = env.clock.nowMs();
    this.#replica = new Replica(
      (connection, type, path, zxid) => encodeWatcherEvent(connection.out(), zxid, type, path),
      (watchers) => {
        this.stats.watchTriggers++;
        this.stats.watchNotifications += watchers;
        this.stats.watchFanOut.observe(watchers);
      },
    );
    const storage = openStorage({
      batchWritten: (entries, _bytes, durationMs) => {
        this.stats.fsyncBatch.observe(entries);
        this.stats.fsyncMs.observe(durationMs);
      },
    });
    const { recovered, zab } = recover(storage, this.#replica);
    this.#recovery = recovered;
    for (const note of recovered.notes) env.log.warn({}, note);
    this.#peer = new ZabPeer(
      {
        sid: this.#sid,
        membership: {
          version: NO_ZXID,
          voters: config.peers.map(({ id }) => id),
          observers: [],
        },
        membershipIn: () => null,
        tickMs: config.tickMs,
        initLimitTicks: config.initLimitTicks,
        syncLimitTicks: config.syncLimitTicks,
        finalizeWaitMs: FINALIZE_WAIT_MS,
        history: HISTORY_LIMITS,
      },
      zab,
      this.#zabOutput(),
    );
    this.#persistence = new Persistence(env, storage, this.stats, {
      logged: (zxid, generation) =>
        this.#input(() => this.#peer.logged(zxid, generation, this.#now())),
      epochsSaved: (token) => this.#input(() => this.#peer.epochsSaved(token, this.#now())),
      replaced: (zxid, generation) =>
        this.#input(() => this.#peer.replaced(zxid, generation, this.#now())),
      failed: (what, error) =>
        this.#fatal(`cannot ${what}: ${error.message}; ${this.#diskRemedy()}`),
    });
    this.#links = new PeerLinks(env, this.#linkOptions(), config.peers, {
      linkUp: (peer) => this.#input(() => this.#peer.linkUp(peer, this.#now())),
      linkDown: (peer) => this.#input(() => this.#peer.linkDown(peer, this.#now())),
      message: (from, message) => this.#input(() => this.#message(from, message)),
    });
    this.#router = new RequestRouter({
      env,
      sid: this.#sid,
      leaderService: () => this.#leaderService,
      leader: () => (this.#serving ? this.#peer.leaderSid : null),
      send: (to, message) => this.#links.send(to, message),
    });
    this.#port = new ClientPort(
      env,
      config,
      this.stats,
      this.#replica,
      this.#router,
      () => this.#serving,
      (run) => this.#input(run),
    );
    this.#exchange = new ServiceExchange({
      sid: this.#sid,
      links: this.#links,
      router: this.#router,
      port: this.#port,
      leaderService: () => this.#leaderService,
      leader: () => this.#peer.leaderSid,
    });
  }

  /** Opens the ports and looks for a leader. `ready` gets the reason when a port cannot be had. */
  start(ready: (error: Error | null) => void): void {
    this.#port.listen((clientError) => {
      if (clientError) {
        ready(clientError);
        return;
      }
      this.#links.start(this.#config.linkListenAddress, (linkError) => {
        if (linkError) {
          ready(linkError);
          return;
        }
        this.#beat();
        this.#input(() => this.#peer.start(this.#now()));
        ready(null);
      });
    });
  }

  /** Closes everything; what is not acknowledged is not. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#serving = false;
    this.#leaderService?.stop();
    this.#wake?.cancel();
    this.#heartbeat?.cancel();
    this.#port.stop();
    this.#links.stop();
    this.#persistence.stop();
  }

  // --- what the admin port shows -------------------------------------------------------------------

  status(): ServerStatus {
    const { core } = this.#peer;
    const address = this.#port.address;
    return {
      server: this.#sid,
      state: this.#peer.state,
      epoch: core.epochs.current,
      leader: this.#peer.leaderSid,
      appliedZxid: this.#replica.appliedZxid,
      committedZxid: core.committed,
      loggedZxid: core.durable,
      serving: this.#serving,
      clientAddress: address && `${address.host}:${address.port}`,
      elections: this.#elections,
      recovery: this.#recovery,
      config: configAsShown(this.#config),
    };
  }

  gauges(): ServerGauges {
    const { tree, watches } = this.#replica;
    const leader = this.#peer.leading;
    return {
      znodeCount: tree.nodeCount,
      watchCount: watches.watchCount,
      sessionCount: tree.sessions.size,
      ephemeralCount: tree.ephemeralCount,
      connectionCount: this.#port.connectionCount,
      outstanding: this.#router.outstanding,
      approximateDataBytes: tree.approximateDataBytes,
      quorumSize: this.#config.peers.length,
      learners: leader?.learners ?? 0,
      syncedFollowers: leader?.syncedFollowers ?? 0,
      leaderUptimeMs: leader && this.#serving ? this.#now() - this.#servingSinceMs : 0,
      uptimeMs: this.#now() - this.#startedMs,
    };
  }

  finalState(): ServerFinalState {
    return this.#replica.finalState(this.#sid);
  }

  hotZnodes(limit: number): readonly HotZnode[] {
    return this.#replica.watches.topK(limit);
  }

  // --- Zab -----------------------------------------------------------------------------------------

  #zabOutput(): ZabOutput {
    return {
      send: (to, message) => this.#links.send(to, message),
      broadcast: (to, message) => {
        for (const sid of to) this.#links.send(sid, message);
      },
      dropLink: (peer, reason) => this.#links.drop(peer, reason),
      append: (entry, committed, generation) => {
        this.stats.proposals++;
        this.#proposedMs.set(entry.zxid, this.#now());
        this.#persistence.append(entry, committed, generation);
      },
      truncate: (zxid, generation) => {
        this.#env.log.warn({ zxid: formatZxid(zxid) }, "cutting the log at the leader's word");
        this.#proposedMs.clear();
        this.#persistence.truncate(zxid, generation);
      },
      saveEpochs: (epochs, token) => this.#persistence.saveEpochs(epochs, token),
      installSnapshot: (zxid, chunks, generation) => {
        this.#env.log.info({ zxid: formatZxid(zxid) }, "taking over the leader's snapshot");
        this.#replica.restore(Buffer.concat(chunks));
        this.#proposedMs.clear();
        this.#persistence.installSnapshot(zxid, chunks, generation);
        return null;
      },
      membershipChanged: () => undefined,
      sendSnapshot: (to) => this.#sendSnapshot(to),
      deliver: (entry) => this.#deliver(entry),
      stateChanged: (state, leader, reason) => this.#stateChanged(state, leader, reason),
      serve: (epoch, leader, times) => this.#serve(epoch, leader, times),
      synchronizing: (kind) => this.stats.syncs[kind]++,
      confirmed: (round) => this.#leaderService?.confirmed(round),
    };
  }

  #deliver(entry: LogEntry): void {
    const { txn, result } = this.#replica.apply(entry);
    this.stats.commits++;
    this.#observeLatency(entry.zxid);
    this.#leaderService?.applied(txn);
    if (txn.body.type === "createSession") this.stats.sessionsOpened++;
    this.#router.applied(txn, result);
    if (txn.body.type === "closeSession") {
      if (txn.header.originSid === 0) this.stats.sessionsExpired++;
      else this.stats.sessionsClosed++;
      this.#port.sessionEnded(txn.header.sessionId);
    }
    if (this.#replica.sinceSnapshot >= this.#config.snapshotEveryTxns) this.#snapshot();
  }

  #observeLatency(zxid: Zxid): void {
    const proposedMs = this.#proposedMs.get(zxid);
    if (proposedMs === undefined) return;
    this.#proposedMs.delete(zxid);
    const latency = this.#peer.leading
      ? this.stats.proposalLatencyMs
      : this.stats.commitPropagationMs;
    latency.observe(this.#now() - proposedMs);
  }

  #snapshot(): void {
    this.#replica.sinceSnapshot = 0;
    this.#persistence.saveSnapshot(this.#replica.appliedZxid, this.#replica.tree.serialize());
  }

  #sendSnapshot(to: ServerId): Zxid {
    const zxid = this.#replica.appliedZxid;
    const data = Buffer.concat(this.#replica.tree.serialize());
    for (let at = 0; at < data.length; at += SNAP_PIECE_BYTES) {
      const bytes = data.subarray(at, at + SNAP_PIECE_BYTES);
      const last = at + SNAP_PIECE_BYTES >= data.length;
      this.#links.send(to, { type: "snap", zxid, last, bytes });
    }
    return zxid;
  }

  #stateChanged(state: ServerState, leader: ServerId | null, reason: string): void {
    if (state === "LOOKING") {
      this.stats.elections++;
      this.#serving = false;
      this.#leaderService?.stop();
      this.#leaderService = null;
      this.#router.forgetAll();
      this.#proposedMs.clear();
      this.#port.closeAll();
    }
    this.#env.log.info({ state, leader, reason }, `now ${state}`);
  }

  #serve(epoch: number, leader: ServerId, times: ElectionTimes): void {
    this.#serving = true;
    this.#servingSinceMs = this.#now();
    const role = leader === this.#sid ? "leader" : "follower";
    if (role === "leader")
      this.#leaderService = new LeaderService(
        this.#env,
        this.#sid,
        this.#config,
        this.#peer,
        this.#replica,
        (run) => this.#input(run),
        this.#exchange,
      );
    this.stats.electionMs.observe(times.durationMs);
    this.#elections.push({
      server: this.#sid,
      role,
      epoch,
      atWallMs: this.#env.clock.wallMs(),
      ...times,
    });
    if (this.#elections.length > MAX_ELECTIONS_KEPT) this.#elections.shift();
    this.#env.log.info({ epoch, leader, ...times }, `serving as ${role}`);
  }

  // --- links ---------------------------------------------------------------------------------------

  #message(from: ServerId, message: PeerMessage): void {
    if (isServiceMessage(message)) this.#exchange.receive(from, message);
    else this.#peer.receive(from, message, this.#now());
  }

  #linkOptions(): ConstructorParameters<typeof PeerLinks>[1] {
    const { tickMs, syncLimitTicks, maxFrameBytes } = this.#config;
    return {
      sid: this.#sid,
      maxFrameBytes: maxFrameBytes + PEER_FRAME_EXTRA_BYTES,
      handshakeMs: tickMs * syncLimitTicks,
      silenceMs: tickMs * syncLimitTicks,
      keepaliveMs: tickMs / 2,
    };
  }

  // --- time and failure ------------------------------------------------------------------------------

  #now(): number {
    return this.#env.clock.nowMs();
  }

  /** Twice a tick: sessions that were heard of are reported, those that are overdue expire. */
  #beat(): void {
    const intervalMs = this.#config.tickMs / 2;
    const dueMs = this.#now() + intervalMs;
    this.#heartbeat = this.#env.timers.after(intervalMs, () => {
      // This process stood still (stopped, starved, a slow disk): what was heard of sessions meanwhile
      // waits to be read, and is read before the next beat. Until then nobody is called silent.
      const stoodStill = this.#now() - dueMs > intervalMs;
      this.#input(() => {
        const sessions = this.#port.takeHeard();
        const leader = this.#peer.leaderSid;
        if (this.#leaderService) {
          this.#leaderService.touch(sessions);
          if (!stoodStill) this.#leaderService.expire();
        } else if (this.#serving && leader !== null && sessions.length > 0)
          this.#links.send(leader, { type: "touch", sessions });
      });
      this.#beat();
    });
  }

  /** Every input goes through here: a broken invariant stops the server, and Zab's timer is reset. */
  #input(run: () => void): void {
    if (this.#stopped) return;
    try {
      run();
    } catch (error) {
      const invariant = error instanceof InvariantError ? "invariant broken: " : "";
      this.#fatal(
        `${invariant}${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return;
    }
    this.#armTimer();
  }

  #armTimer(): void {
    const wakeAtMs = this.#peer.wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (wakeAtMs === this.#wakeAtMs && this.#wake) return;
    this.#wake?.cancel();
    this.#wake = null;
    this.#wakeAtMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY || this.#stopped) return;
    this.#wake = this.#env.timers.after(Math.max(0, wakeAtMs - this.#now()), () => {
      this.#wake = null;
      this.#input(() => this.#peer.tick(this.#now()));
    });
  }

  #diskRemedy(): string {
    const { dataDir, dataLogDir } = this.#config;
    const where = dataDir === dataLogDir ? `dataDir ${dataDir}` : `${dataDir} and ${dataLogDir}`;
    return `look at ${where} (space left, permissions, health) and start this server again: what was acknowledged is kept`;
  }

  #fatal(reason: string): void {
    if (this.#stopped) return;
    this.#env.log.error({ reason }, "stopping: this server cannot go on");
    this.stop();
    this.#onFatal(reason);
  }
}

function configAsShown(config: ServerConfig): ServerStatus["config"] {
  return {
    tickTime: config.tickMs,
    initLimit: config.initLimitTicks,
    syncLimit: config.syncLimitTicks,
    snapCount: config.snapshotEveryTxns,
    maxClientCnxns: config.maxConnectionsPerAddress,
    minSessionTimeout: config.minSessionTimeoutMs,
    maxSessionTimeout: config.maxSessionTimeoutMs,
    "jute.maxbuffer": config.maxFrameBytes,
    servers: config.peers.map(({ id }) => id).join(","),
  };
}
