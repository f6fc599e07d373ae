/**
 * One server: connects Zab, storage, the replicated tree and the clients' port over an Env. It makes
 * no decisions of its own about history: Zab says what is logged, committed and served.
 */
import type { ServerConfig } from "./config.ts";
import { configInEntry } from "./committed-config.ts";
import { EnsembleState } from "./ensemble-state.ts";
import { diskRemedy, isStuck } from "./disk-trouble.ts";
import { Drain } from "./drain.ts";
import { ElectionHistory } from "./election-history.ts";
import type { Env } from "./env.ts";
import { InvariantError } from "./errors.ts";
import type { ServerId } from "./ids.ts";
import type {
  HotZnode,
  ServerFinalState,
  ServerGauges,
  ServerStatus,
  ServerView,
} from "./http/view.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LeaderReconfig } from "./leader-reconfig.ts";
import { LeaderService } from "./leader-service.ts";
import { linkOptionsOf } from "./link-options.ts";
import { CertificateWatch } from "./net/certificate-watch.ts";
import type { ClientConnection } from "./net/client-connection.ts";
import type { ClientEntrance } from "./net/client-entrance.ts";
import { ClientPort } from "./net/client-port.ts";
import { WordSource } from "./net/four-letter/source.ts";
import { FourLetterWords } from "./net/four-letter/words.ts";
import { PeerLinks } from "./net/peer-links.ts";
import { isServiceMessage, type PeerMessage } from "./net/peer-message.ts";
import { Persistence } from "./persistence.ts";
import { Purger } from "./purger.ts";
import { Replica } from "./replica.ts";
import { ProposalTimes } from "./proposal-times.ts";
import { ReadOnlyMode } from "./read-only.ts";
import { RequestRouter } from "./request-router.ts";
import { gaugesOf, type StatusParts, statusOf } from "./server-status.ts";
import { ServiceExchange } from "./service-exchange.ts";
import { ServerStats } from "./stats.ts";
import { recover } from "./recovery.ts";
import { SnapshotTransfers } from "./snapshot-transfers.ts";
import { StateDigests } from "./state-digests.ts";
import { StateKeeper } from "./state-keeper.ts";
import type { StorageObserver } from "./storage/file-storage.ts";
import type { Storage } from "./storage/storage.ts";
import type { ApplyResult } from "./tree/apply-result.ts";
import type { Txn } from "./tree/txn.ts";
import { WakeUp } from "./wake-up.ts";
import { encodeWatcherEvent } from "./wire/replies.ts";
import type { ElectionTimes, ZabOutput } from "./zab/core.ts";
import type { Membership } from "./zab/membership.ts";
import type { ServerState } from "./zab/messages.ts";
import { ZabPeer } from "./zab/peer.ts";

/** How much of the committed log is kept in memory for followers that were away shortly. */
const HISTORY_LIMITS = { maxEntries: 20_000, maxBytes: 16 * 1024 * 1024 };
const FINALIZE_WAIT_MS = 20;
const SLOW_FSYNC_MS = 1_000;

/** For `drain`: SIGTERM to the end, with some time to close what is left, is to take two seconds. */
export const DRAIN_LIMIT_MS = 1_500;

/** Opens this server's storage; every write of the log is reported to the observer. */
export type OpenStorage = (observer: StorageObserver) => Storage;
/** The server cannot go on; it stopped serving before this was reported. */
export type OnFatal = (reason: string) => void;

export class Server implements ServerView {
  readonly stats = new ServerStats();
  /** What ZooKeeper's commands tell, on the client port and on the admin port. */
  readonly words: WordSource;
  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #sid: ServerId;
  readonly #onFatal: OnFatal;
  readonly #peer: ZabPeer;
  readonly #links: PeerLinks;
  readonly #transfers: SnapshotTransfers;
  readonly #replica: Replica<ClientConnection>;
  readonly #router: RequestRouter;
  readonly #port: ClientPort;
  readonly #readOnly: ReadOnlyMode;
  readonly #exchange: ServiceExchange;
  readonly #persistence: Persistence;
  readonly #ensemble: EnsembleState;
  readonly #shown: StatusParts;
  readonly #elections = new ElectionHistory();
  readonly #times: ProposalTimes;
  readonly #state: StateKeeper;
  readonly #purger: Purger;
  readonly #drain: Drain;
  readonly #digests: StateDigests;
  readonly #heartbeat: Heartbeat;
  readonly #certificates: CertificateWatch;
  readonly #wake: WakeUp;
  readonly #startedMs: number;
  #leaderService: LeaderService | null = null;
  #serving = false;
  #servingSinceMs = 0;
  #lastCommitMs = 0;
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
      (fanOut) => this.stats.fannedOut(fanOut),
      () => this.#now(),
      config.skipAcl,
    );
    const storage = openStorage({
      batchWritten: (entries, _bytes, durationMs) => {
        this.stats.fsyncBatch.observe(entries);
        this.stats.fsyncMs.observe(durationMs);
        if (durationMs > SLOW_FSYNC_MS) this.stats.slowFsyncs++;
      },
    });
    this.#times = new ProposalTimes(this.stats);
    this.#heartbeat = new Heartbeat(env, config.tickMs, (stoodStill) =>
      this.#input(() => this.#beat(stoodStill)),
    );
    const sources = [config.secureClient?.tls, config.linkSecurity.tls?.identity];
    this.#certificates = new CertificateWatch(
      env,
      sources.filter((source) => source !== undefined),
    );
    this.#wake = new WakeUp(env, () => this.#input(() => this.#peer.tick(this.#now())));
    const { recovered, zab, ensemble } = recover(storage, this.#replica, config);
    for (const note of recovered.notes) env.log.warn({}, note);
    this.#peer = new ZabPeer(
      {
        sid: this.#sid,
        membership: ensemble,
        // Where the file is the truth, no transaction changes who the servers are.
        membershipIn: config.reconfigEnabled ? configInEntry : () => null,
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
      full: (error) => {
        this.#env.log.error(
          { err: error },
          `the disk is full: reads go on, and writes as long as a quorum logs them; ${this.#diskRemedy()}`,
        );
        this.#purger.purgeNow();
      },
      roomAgain: (fullMs) =>
        this.#env.log.info({ fullMs }, "the disk has room again: everything is logged"),
    });
    this.#purger = new Purger(env, config.autopurge, this.#persistence);
    this.#links = new PeerLinks(env, linkOptionsOf(config), {
      linkUp: (peer) => this.#input(() => this.#linkUp(peer)),
      linkDown: (peer) => this.#input(() => this.#linkDown(peer)),
      drained: (peer) => this.#input(() => this.#transfers.drained(peer)),
      message: (from, message) => this.#input(() => this.#message(from, message)),
    });
    this.#transfers = new SnapshotTransfers(env, this.#links, (run) => this.#input(run));
    this.#readOnly = new ReadOnlyMode({
      env,
      enabled: config.readOnlyModeEnabled && !config.isStandalone,
      tickMs: config.tickMs,
      appliedZxid: () => this.#replica.appliedZxid,
      input: (run) => this.#input(run),
      sessionEnded: (session) => this.#port.sessionEnded(session),
      ended: () => this.#port.closeAll(),
    });
    this.#router = new RequestRouter({
      env,
      sid: this.#sid,
      leaderService: () => this.#leaderService,
      leader: () => (this.#serving ? this.#peer.leaderSid : null),
      readOnly: this.#readOnly,
      send: (to, message) => this.#links.send(to, message),
    });
    this.#port = new ClientPort(
      env,
      config,
      this.stats,
      this.#replica,
      this.#router,
      { isServing: () => this.#serving, readOnly: this.#readOnly },
      (run) => this.#input(run),
    );
    this.#drain = new Drain({
      env,
      clients: () => this.#port.connectionCount,
      leads: () => this.#leaderService !== null,
      isSettled: () => this.#peer.isSettled,
      begin: () => this.#input(() => this.#port.drain()),
      lastWords: () => {
        if (!this.#stopped) this.#beat(true);
      },
      stop: () => this.stop(),
    });
    this.#ensemble = new EnsembleState(env, config, ensemble, this.#links, this.#port);
    this.#state = new StateKeeper({
      env,
      config,
      stats: this.stats,
      replica: this.#replica,
      persistence: this.#persistence,
      transfers: this.#transfers,
      times: this.#times,
      input: (run) => this.#input(run),
      applied: (txn, result) => this.#applied(txn, result),
    });
    this.words = new WordSource({
      config,
      view: this,
      replica: this.#replica,
      connections: () => this.#port.connections,
      service: () => this.#port.service,
      ensemble: () => this.#ensemble.active,
      zab: {
        phase: () => this.#peer.phase,
        syncedObservers: () => this.#peer.leading?.syncedObservers ?? [],
      },
      sessionExpiry: () => this.#leaderService?.sessionDeadlines() ?? new Map(),
      takeSnapshot: (done) => this.#input(() => this.#state.snapshot(done)),
    });
    this.#port.words = new FourLetterWords(this.words);
    this.#exchange = new ServiceExchange({
      sid: this.#sid,
      links: this.#links,
      router: this.#router,
      port: this.#port,
      leaderService: () => this.#leaderService,
      leader: () => this.#peer.leaderSid,
      heard: (from, text) => this.#ensemble.heard(from, text),
      digest: (from, message) => this.#digests.receive(from, message),
    });
    this.#digests = new StateDigests(this.#sid, {
      replica: this.#replica,
      leader: () => (this.#serving ? this.#peer.leaderSid : null),
      quorum: () => this.#peer.core.ensemble.quorum,
      send: (to, message) => this.#links.send(to, message),
      tellAll: (message) => this.#links.tellAll(message),
      diverged: (reason) => this.#fatal(reason),
    });
    this.#shown = {
      config,
      ensemble: this.#ensemble,
      peer: this.#peer,
      replica: this.#replica,
      router: this.#router,
      port: this.#port,
      recovery: recovered,
      elections: this.#elections.samples,
    };
  }

  /** Opens the ports and looks for a leader. `ready` gets the reason when a port cannot be had. */
  start(ready: (error: Error | null) => void): void {
    this.#ensemble.changed(this.#peer.membership, this.#peer.pendingMembership);
    this.#port.listen(this.#ensemble.clientAddress, (clientError) => {
      if (clientError) {
        ready(clientError);
        return;
      }
      this.#links.start(this.#ensemble.linkAddress, (linkError) => {
        if (linkError) {
          ready(linkError);
          return;
        }
        this.#heartbeat.start();
        this.#purger.start();
        this.#certificates.start();
        this.#input(() => this.#peer.start(this.#now()));
        ready(null);
      });
    });
  }

  /**
   * Ends in good order: takes no more connections and requests, answers those that it has taken, has what
   * it proposed committed if it leads, tells the leader whom it heard last, and then stops, so that the
   * others elect at once. `done` is called when it has stopped, after `limitMs` at the latest.
   */
  drain(limitMs: number, done: () => void): void {
    if (!this.#stopped && !this.#drain.isBegun) this.#drain.begin(limitMs, done);
  }

  /** Closes everything; what is not acknowledged is not. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#serving = false;
    this.#leaderService?.stop();
    this.#wake.stop();
    this.#heartbeat.stop();
    this.#purger.stop();
    this.#certificates.stop();
    this.#readOnly.over();
    this.#port.stop();
    this.#links.stop();
    this.#persistence.stop();
  }

  /** For clients in this process, like the gateway that speaks HTTP. */
  get entrance(): ClientEntrance {
    return this.#port;
  }

  // --- what the admin port shows -------------------------------------------------------------------

  status(): ServerStatus {
    return statusOf(this.#shown, this.#serving);
  }

  gauges(): ServerGauges {
    const nowMs = this.#now();
    const leadingMs = this.#serving ? nowMs - this.#servingSinceMs : 0;
    return gaugesOf(this.#shown, leadingMs, nowMs - this.#startedMs);
  }

  finalState(): ServerFinalState {
    return this.#replica.finalState(this.#sid);
  }

  hotZnodes(limit: number, by: "watchers" | "notifications"): readonly HotZnode[] {
    return this.#replica.watches.topK(limit, by);
  }

  // --- Zab -----------------------------------------------------------------------------------------

  #zabOutput(): ZabOutput {
    return {
      send: (to, message) => this.#transfers.send(to, message),
      broadcast: (to, message) => {
        for (const sid of to) this.#transfers.send(sid, message);
      },
      dropLink: (peer, reason) => this.#links.drop(peer, reason),
      append: (entry, committed, generation) => this.#state.append(entry, committed, generation),
      truncate: (zxid, generation) => this.#state.truncate(zxid, generation),
      saveEpochs: (epochs, token) => this.#persistence.saveEpochs(epochs, token),
      installSnapshot: (zxid, chunks, generation) =>
        this.#state.installSnapshot(zxid, chunks, generation),
      membershipChanged: (active, pending) => this.#membershipChanged(active, pending),
      sendSnapshot: (to) => this.#state.sendSnapshot(to),
      deliver: (entry) => this.#state.deliver(entry),
      stateChanged: (state, leader, reason) => this.#stateChanged(state, leader, reason),
      serve: (epoch, leader, times) => this.#serve(epoch, leader, times),
      synchronizing: (kind) => this.stats.syncs[kind]++,
      confirmed: (round) => this.#leaderService?.confirmed(round),
    };
  }

  #applied(txn: Txn, result: ApplyResult): void {
    const { header, body } = txn;
    this.#lastCommitMs = this.#now();
    this.#times.committed(header.zxid, this.#lastCommitMs, this.#peer.leading !== null);
    this.#leaderService?.applied(txn);
    if (body.type === "createSession") this.stats.sessionsOpened++;
    this.#router.applied(txn, result);
    if (body.type !== "closeSession") return;
    if (header.originSid === 0) this.stats.sessionsExpired++;
    else this.stats.sessionsClosed++;
    this.#port.sessionEnded(header.sessionId);
  }

  #stateChanged(state: ServerState, leader: ServerId | null, reason: string): void {
    this.#transfers.stop();
    if (state === "LOOKING") {
      this.stats.elections++;
      this.#serving = false;
      this.#leaderService?.stop();
      this.#leaderService = null;
      this.#router.forgetAll();
      this.#times.forget();
      this.#port.closeAll();
      this.#readOnly.looking();
    } else this.#readOnly.over();
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
        () => this.#isStuck(),
        this.stats,
        new LeaderReconfig(this.#env, this.#config, this.#ensemble, this.#peer, this.#replica),
      );
    this.stats.elected(times, role === "leader");
    const atWallMs = this.#env.clock.wallMs();
    this.#elections.add({ server: this.#sid, role, epoch, atWallMs, ...times });
    this.#env.log.info({ epoch, leader, ...times }, `serving as ${role}`);
  }

  // --- the ensemble's members ------------------------------------------------------------------------

  #membershipChanged(active: Membership, pending: Membership | null): void {
    const isNew = this.#ensemble.changed(active, pending);
    // A server that forgot that it is committed would ask those that left for their votes.
    if (isNew && this.#replica.appliedZxid >= active.version) this.#state.snapshot();
  }

  #linkUp(peer: ServerId): void {
    this.#links.send(peer, this.#ensemble.told());
    this.#peer.linkUp(peer, this.#now());
  }

  #linkDown(peer: ServerId): void {
    this.#transfers.linkDown(peer);
    this.#peer.linkDown(peer, this.#now());
  }

  // --- links ---------------------------------------------------------------------------------------

  #message(from: ServerId, message: PeerMessage): void {
    if (isServiceMessage(message)) {
      // What other servers ask of a leader that is about to go, their clients ask the next one.
      if (!this.#drain.isBegun || this.#leaderService === null || message.type === "touch")
        this.#exchange.receive(from, message);
    } else this.#peer.receive(from, message, this.#now());
  }

  // --- time and failure ------------------------------------------------------------------------------

  #now(): number {
    return this.#env.clock.nowMs();
  }

  /** Twice a tick: sessions that were heard of are reported, those that are overdue expire. */
  #beat(stoodStill: boolean): void {
    const sessions = this.#port.takeHeard();
    const leader = this.#peer.leaderSid;
    if (this.#leaderService) {
      this.#leaderService.touch(sessions);
      if (!stoodStill) this.#leaderService.expire();
    } else if (this.#serving && leader !== null && sessions.length > 0)
      this.#links.send(leader, { type: "touch", sessions });
    this.#readOnly.beat(sessions, !stoodStill);
    this.#digests.beat();
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
    if (this.#stopped) return;
    this.#wake.set(this.#peer.wakeAtMs);
    this.#drain.check();
  }

  #isStuck(): boolean {
    return isStuck(this.#persistence.fullSinceMs, this.#lastCommitMs, this.#now(), this.#peer);
  }

  #diskRemedy(): string {
    return diskRemedy(this.#config, this.#persistence.fullSinceMs !== null);
  }

  #fatal(reason: string): void {
    if (this.#stopped) return;
    this.#env.log.error({ reason }, "stopping: this server cannot go on");
    this.stop();
    this.#onFatal(reason);
  }
}
