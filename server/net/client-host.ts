/** What a client's connection needs of the server that it belongs to. */
import type { Log } from "../env.ts";
import type { SessionId } from "../ids.ts";
import type { ReadOnlyMode } from "../read-only.ts";
import type { Replica } from "../replica.ts";
import type { RequestRouter, Waiting } from "../request-router.ts";
import type { ServerStats } from "../stats.ts";
import type { AccessConfig } from "./client-auth.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ReplyOut } from "./reply-out.ts";
import type { UnreadBudget } from "./unread-budget.ts";

export interface ClientHost {
  readonly log: Log;
  readonly stats: ServerStats;
  readonly out: ReplyOut<ClientConnection>;
  readonly replica: Replica<ClientConnection>;
  readonly router: RequestRouter;
  readonly access: AccessConfig;
  /** Sessions can be had here, be it read-only ones. */
  readonly isServing: boolean;
  /** What all clients are owed and do not take. */
  readonly unread: UnreadBudget;
  /** The longest frame that a client may send, in bytes. */
  readonly maxFrameBytes: number;
  /** The mode in which clients are served; null: in none, but as usual (or not at all). */
  readonly readOnly: ReadOnlyMode | null;
  /** What a four-letter command is answered, made as it is sent; null: there is no such command. */
  fourLetterAnswer(word: string, connection: ClientConnection): Iterable<string> | null;
  /** Monotonic time in whole milliseconds; its zero is arbitrary. */
  clockMs(): number;
  /** Wall time in milliseconds since 1970. */
  wallMs(): number;
  /** Runs what an input from outside sets off: a broken invariant in it stops the server. */
  input(run: () => void): void;
  /** Runs it so at the end of this turn of the event loop. */
  soon(run: () => void): void;
  /**
   * All connections together have too much under way: this one is to stop reading. It is told to
   * `goOn` when that is over.
   */
  isOverloaded(connection: ClientConnection): boolean;
  /** Whether one more session may be opened, or come back, now (connection_throttle_*). */
  mayOpen(connection: ClientConnection): boolean;
  /** The session timeout that a client gets that asks for `askedMs`. */
  negotiate(askedMs: number): number;
  /** Null: none can be given out now. */
  newSessionId(): SessionId | null;
  newPassword(): Buffer;
  /** Proposes the session; `waiting.applied` is called when it exists. */
  createSession(
    connection: ClientConnection,
    timeoutMs: number,
    password: Buffer,
    waiting: Waiting,
  ): void;
  /**
   * Somebody wants to go on with a session here: the connection that carries it here, if it was let in
   * with this password, is closed. What came over it must not reach the leader behind that question.
   */
  sessionAsked(session: SessionId, password: Buffer): void;
  /** The connection carries its session now; an older connection of the session is closed. */
  sessionOpened(connection: ClientConnection): void;
  /** Logs why a connection is closed: of those without a session one line for an address in a while. */
  logClosed(connection: ClientConnection, reason: string): void;
  connectionClosed(connection: ClientConnection): void;
}
