/**
 * The port for clients: who is connected, which session is on which connection, and what the whole of
 * them may use.
 */
import type { ServerConfig } from "../config.ts";
import type { Connection, Env, Log, NetAddress, Timer } from "../env.ts";
import { formatSession, NO_SESSION, type SessionId } from "../ids.ts";
import type { ReadOnlyMode } from "../read-only.ts";
import type { Replica } from "../replica.ts";
import type { RequestRouter, Waiting } from "../request-router.ts";
import type { ServerStats } from "../stats.ts";
import { JuteWriter } from "../wire/jute.ts";
import { OpCode } from "../wire/opcodes.ts";
import { hostOf } from "./admission.ts";
import type { AuthId } from "../tree/acl.ts";
import type { AccessConfig } from "./client-auth.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";
import { ConnectionThrottle } from "./connection-throttle.ts";
import { ClientListeners, HANDSHAKE_MS } from "./client-listeners.ts";
import type { ClientEntrance, InsideSeat } from "./client-entrance.ts";
import type { FourLetterWords } from "./four-letter/words.ts";
import { ReplyOut } from "./reply-out.ts";
import { SessionIdReserve } from "./session-id-reserve.ts";
import { StrangerLog } from "./stranger-log.ts";
import { UnreadBudget } from "./unread-budget.ts";

const PASSWORD_BYTES = 16;
const CLOSED = "closed a client's connection";

/**
 * What clients are served: everything, reads from the past (`readOnly`: this server is cut off from the
 * quorum, and clients may ask for that), or nothing.
 */
export type ClientService = "full" | "readOnly" | "none";

/** Whether this server serves, and how. */
export interface ClientStanding {
  /** It follows a leader, or leads, and has all that was committed before. */
  isServing(): boolean;
  readonly readOnly: ReadOnlyMode;
}

export class ClientPort implements ClientHost, ClientEntrance {
  readonly log: Log;
  readonly stats: ServerStats;
  readonly out: ReplyOut<ClientConnection>;
  readonly replica: Replica<ClientConnection>;
  readonly router: RequestRouter;
  readonly access: AccessConfig;
  readonly unread = new UnreadBudget();
  readonly maxFrameBytes: number;
  /** Answers four-letter commands; set by the server, which it tells about. */
  words: FourLetterWords | null = null;

  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #standing: ClientStanding;
  readonly #input: (run: () => void) => void;
  readonly #sessionIds: SessionIdReserve;
  readonly #listeners: ClientListeners;
  readonly #strangers: StrangerLog;
  readonly #throttle: ConnectionThrottle;
  readonly #connections = new Set<ClientConnection>();
  readonly #sessions = new Map<SessionId, ClientConnection>();
  /** Those of clients in this process: they came in through no port. */
  readonly #inside = new Set<ClientConnection>();
  #draining = false;
  /** Sessions whose connection ended after it was heard, and before that was told. */
  readonly #lastWords = new Set<SessionId>();
  /** Connections that stopped reading because of what all of them have under way. */
  readonly #stalled = new Set<ClientConnection>();

  constructor(
    env: Env,
    config: ServerConfig,
    stats: ServerStats,
    replica: Replica<ClientConnection>,
    router: RequestRouter,
    standing: ClientStanding,
    input: (run: () => void) => void,
  ) {
    this.#env = env;
    this.#config = config;
    this.#standing = standing;
    this.#input = input;
    this.log = env.log;
    this.stats = stats;
    this.replica = replica;
    this.router = router;
    this.access = {
      skipAcl: config.skipAcl,
      superDigest: config.superDigest,
      x509SuperUser: config.x509SuperUser,
    };
    this.maxFrameBytes = config.maxFrameBytes;
    this.out = new ReplyOut((run) => this.soon(run));
    router.relieved = () => this.#relieved();
    this.#strangers = new StrangerLog(env.clock, (fields) => env.log.warn(fields, CLOSED));
    this.#throttle = new ConnectionThrottle(config.connectionRate, env.clock, env.log);
    this.#sessionIds = new SessionIdReserve(env, config.serverId, config.dataDir);
    this.#listeners = new ClientListeners(env, config, stats, {
      accept: (socket, isSecure) => this.#accept(socket, isSecure),
    });
  }

  get address(): NetAddress | null {
    return this.#listeners.address;
  }
  /** Where clients connect over TLS; null: nowhere. */
  get secureAddress(): NetAddress | null {
    return this.#listeners.secureAddress;
  }
  get service(): ClientService {
    if (this.#standing.isServing()) return "full";
    return this.#standing.readOnly.isOpen ? "readOnly" : "none";
  }
  /** Sessions can be had, be it read-only ones. */
  get isServing(): boolean {
    return this.service !== "none";
  }
  get readOnly(): ReadOnlyMode | null {
    return this.service === "readOnly" ? this.#standing.readOnly : null;
  }
  get connectionCount(): number {
    return this.#connections.size;
  }
  get connections(): Iterable<ClientConnection> {
    return this.#connections;
  }
  get pendingRequests(): number {
    let pending = 0;
    for (const connection of this.#connections) pending += connection.pendingRequests;
    return pending;
  }

  /**
   * Opens the ports, the plain one at `address` (null: none); `ready` gets the reason when one cannot be
   * had. Called again with another address, the plain port moves there, and connections go on.
   */
  listen(address: NetAddress | null, ready: (error: Error | null) => void): void {
    this.#sessionIds.open(() => this.#listeners.open(address, ready));
  }

  /** Closes every connection: this server cannot answer them any more. */
  closeAll(): void {
    for (const connection of this.#connections) connection.close();
  }

  stop(): void {
    this.#listeners.close();
    this.closeAll();
  }

  /** No new connections and requests; each connection is closed when its requests are answered. */
  drain(): void {
    this.#draining = true;
    this.#listeners.close();
    for (const connection of this.#connections) connection.drain();
  }

  /** The session went to another server: its connection here is closed. */
  moved(session: SessionId): void {
    this.#sessions.get(session)?.close();
  }

  /** The session is over. */
  sessionEnded(session: SessionId): void {
    this.#sessions.get(session)?.sessionEnded();
  }

  /** Sessions that were heard of since the last call. */
  takeHeard(): SessionId[] {
    const heard = new Set(this.#lastWords);
    this.#lastWords.clear();
    for (const [session, connection] of this.#sessions) {
      if (!connection.heard) continue;
      connection.heard = false;
      heard.add(session);
    }
    return [...heard];
  }

  fourLetterAnswer(word: string, connection: ClientConnection): Iterable<string> | null {
    return this.words?.answer(word, connection) ?? null;
  }

  clockMs(): number {
    return Math.trunc(this.#env.clock.nowMs());
  }
  wallMs(): number {
    return this.#env.clock.wallMs();
  }

  input(run: () => void): void {
    this.#input(run);
  }

  soon(run: () => void): void {
    this.#env.timers.soon(() => this.#input(run));
  }

  isOverloaded(connection: ClientConnection): boolean {
    if (!this.router.isOverloaded) return false;
    this.#stalled.add(connection);
    return true;
  }

  #relieved(): void {
    if (this.#stalled.size === 0) return;
    const stalled = [...this.#stalled];
    this.#stalled.clear();
    this.soon(() => {
      for (const connection of stalled) connection.goOn();
    });
  }

  mayOpen({ remote }: ClientConnection): boolean {
    return this.#throttle.enter(remote);
  }
  negotiate(askedMs: number): number {
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#config;
    return Math.min(Math.max(askedMs, minSessionTimeoutMs), maxSessionTimeoutMs);
  }

  newSessionId(): SessionId | null {
    return this.#sessionIds.next();
  }

  newPassword(): Buffer {
    return this.#env.random.bytes(PASSWORD_BYTES);
  }

  createSession(
    connection: ClientConnection,
    timeoutMs: number,
    password: Buffer,
    waiting: Waiting,
  ): void {
    this.stats.requests.createSession++;
    const record = new JuteWriter(32);
    record.int(timeoutMs);
    record.buffer(password);
    this.router.write(
      waiting,
      connection.sessionId,
      0,
      OpCode.createSession,
      connection.authIds,
      record.bytes(),
      true,
    );
  }

  sessionAsked(session: SessionId, password: Buffer): void {
    const older = this.#sessions.get(session);
    if (older?.password?.equals(password) === true) older.close();
  }

  sessionOpened(connection: ClientConnection): void {
    const older = this.#sessions.get(connection.sessionId);
    this.#sessions.set(connection.sessionId, connection);
    if (older && older !== connection) older.close();
  }

  logClosed({ remote, sessionId }: ClientConnection, reason: string): void {
    const fields = { remote, session: formatSession(sessionId), reason };
    if (sessionId === NO_SESSION) this.#strangers.refused(hostOf(remote), fields);
    else this.log.warn(fields, CLOSED);
  }
  connectionClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#stalled.delete(connection);
    this.replica.watches.removeWatcher(connection);
    if (this.#sessions.get(connection.sessionId) === connection) {
      this.#sessions.delete(connection.sessionId);
      // Its time counts from what it said last, also when it is gone before that is reported.
      if (connection.heard) this.#lastWords.add(connection.sessionId);
    }
    if (!this.#inside.delete(connection)) this.#listeners.left(connection.remote);
  }

  connectInside(socket: Connection): InsideSeat {
    const connection = new ClientConnection(this, socket);
    this.#connections.add(connection);
    this.#inside.add(connection);
    if (this.#draining) connection.drain();
    return {
      actAs: (authIds: readonly AuthId[]) => {
        connection.authIds = authIds;
      },
    };
  }

  #accept(socket: Connection, isSecure: boolean): void {
    const connection = new ClientConnection(this, socket, isSecure);
    this.#connections.add(connection);
    const timer: Timer = this.#env.timers.after(HANDSHAKE_MS, () => {
      if (connection.isNew) connection.refuse(`no connect request within ${HANDSHAKE_MS} ms`);
    });
    connection.onceOpen = () => timer.cancel();
  }
}
