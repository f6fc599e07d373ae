/**
 * The port for clients: who is connected, which session is on which connection, and what the whole of
 * them may use.
 */
import type { ServerConfig } from "../config.ts";
import type { Connection, Env, Listener, Log, NetAddress, Timer } from "../env.ts";
import type { SessionId } from "../ids.ts";
import type { Replica } from "../replica.ts";
import type { RequestRouter, Waiting } from "../request-router.ts";
import type { ServerStats } from "../stats.ts";
import { JuteWriter } from "../wire/jute.ts";
import { OpCode } from "../wire/opcodes.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";
import { ReplyOut } from "./reply-out.ts";
import { SessionIds } from "./session-ids.ts";

/** A connection that has asked for no session after this time is closed. */
const HANDSHAKE_MS = 10_000;
const PASSWORD_BYTES = 16;

export class ClientPort implements ClientHost {
  readonly log: Log;
  readonly stats: ServerStats;
  readonly out: ReplyOut<ClientConnection>;
  readonly replica: Replica<ClientConnection>;
  readonly router: RequestRouter;
  readonly maxFrameBytes: number;

  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #isServing: () => boolean;
  readonly #input: (run: () => void) => void;
  readonly #sessionIds: SessionIds;
  readonly #connections = new Set<ClientConnection>();
  readonly #sessions = new Map<SessionId, ClientConnection>();
  readonly #perAddress = new Map<string, number>();
  /** Connections that stopped reading because of what all of them have under way. */
  readonly #stalled = new Set<ClientConnection>();
  #listener: Listener | null = null;

  constructor(
    env: Env,
    config: ServerConfig,
    stats: ServerStats,
    replica: Replica<ClientConnection>,
    router: RequestRouter,
    isServing: () => boolean,
    input: (run: () => void) => void,
  ) {
    this.#env = env;
    this.#config = config;
    this.#isServing = isServing;
    this.#input = input;
    this.log = env.log;
    this.stats = stats;
    this.replica = replica;
    this.router = router;
    this.maxFrameBytes = config.maxFrameBytes;
    this.out = new ReplyOut((run) => this.soon(run));
    router.relieved = () => this.#relieved();
    this.#sessionIds = new SessionIds(config.serverId, env.clock.wallMs());
  }

  get address(): NetAddress | null {
    return this.#listener?.address ?? null;
  }
  get connectionCount(): number {
    return this.#connections.size;
  }
  get pendingRequests(): number {
    let pending = 0;
    for (const connection of this.#connections) pending += connection.pendingRequests;
    return pending;
  }

  listen(ready: (error: Error | null) => void): void {
    this.#env.net.listen(
      this.#config.clientAddress,
      (connection) => this.#accept(connection),
      (result) => {
        if (!(result instanceof Error)) this.#listener = result;
        ready(result instanceof Error ? new Error(`clientPort: ${result.message}`) : null);
      },
    );
  }

  /** Closes every connection: this server cannot answer them any more. */
  closeAll(): void {
    for (const connection of this.#connections) connection.close();
  }

  stop(): void {
    this.#listener?.close();
    this.closeAll();
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
    const heard: SessionId[] = [];
    for (const [session, connection] of this.#sessions) {
      if (!connection.heard) continue;
      connection.heard = false;
      heard.push(session);
    }
    return heard;
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

  negotiate(askedMs: number): number {
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#config;
    return Math.min(Math.max(askedMs, minSessionTimeoutMs), maxSessionTimeoutMs);
  }

  newSessionId(): SessionId {
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
    );
  }

  sessionOpened(connection: ClientConnection): void {
    const older = this.#sessions.get(connection.sessionId);
    this.#sessions.set(connection.sessionId, connection);
    if (older && older !== connection) older.close();
  }

  connectionClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#stalled.delete(connection);
    this.replica.watches.removeWatcher(connection);
    if (this.#sessions.get(connection.sessionId) === connection)
      this.#sessions.delete(connection.sessionId);
    const left = (this.#perAddress.get(connection.clientIp) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(connection.clientIp, left);
    else this.#perAddress.delete(connection.clientIp);
  }

  #accept(socket: Connection): void {
    const ip = socket.remote.slice(0, socket.remote.lastIndexOf(":"));
    const fromIp = this.#perAddress.get(ip) ?? 0;
    const limit = this.#config.maxConnectionsPerAddress;
    const full = limit > 0 && fromIp >= limit;
    if (full || !this.#isServing()) {
      this.stats.connectionsRejected++;
      if (full) this.#logFull(socket.remote, limit);
      socket.handle({ data: ignore, drain: ignore, closed: ignore });
      socket.destroy();
      return;
    }
    this.stats.connectionsAccepted++;
    this.#perAddress.set(ip, fromIp + 1);
    const connection = new ClientConnection(this, socket);
    this.#connections.add(connection);
    const timer: Timer = this.#env.timers.after(HANDSHAKE_MS, () => {
      if (connection.isNew) connection.refuse(`no connect request within ${HANDSHAKE_MS} ms`);
    });
    connection.onceOpen = () => timer.cancel();
  }

  #fullLoggedMs = Number.NEGATIVE_INFINITY;
  /** One line per interval: whoever fills the port must not fill the disk too. */
  #logFull(remote: string, limit: number): void {
    const nowMs = this.#env.clock.nowMs();
    if (nowMs - this.#fullLoggedMs < FULL_LOG_INTERVAL_MS) return;
    this.#fullLoggedMs = nowMs;
    this.log.warn({ remote, limit }, "refused a connection: maxClientCnxns is reached");
  }
}

const FULL_LOG_INTERVAL_MS = 5_000;

function ignore(): void {
  // The connection is refused: nothing of it matters.
}
