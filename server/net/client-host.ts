/** What a client's connection needs of the server that it belongs to. */
import type { Log } from "../env.ts";
import type { SessionId } from "../ids.ts";
import type { Replica } from "../replica.ts";
import type { RequestRouter, Waiting } from "../request-router.ts";
import type { ServerStats } from "../stats.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ReplyOut } from "./reply-out.ts";

export interface ClientHost {
  readonly log: Log;
  readonly stats: ServerStats;
  readonly out: ReplyOut<ClientConnection>;
  readonly replica: Replica<ClientConnection>;
  readonly router: RequestRouter;
  /** The longest frame that a client may send, in bytes. */
  readonly maxFrameBytes: number;
  /** Runs what an input from outside sets off: a broken invariant in it stops the server. */
  input(run: () => void): void;
  /** Runs it so at the end of this turn of the event loop. */
  soon(run: () => void): void;
  /**
   * All connections together have too much under way: this one is to stop reading. It is told to
   * `goOn` when that is over.
   */
  isOverloaded(connection: ClientConnection): boolean;
  /** The session timeout that a client gets that asks for `askedMs`. */
  negotiate(askedMs: number): number;
  newSessionId(): SessionId;
  newPassword(): Buffer;
  /** Proposes the session; `waiting.applied` is called when it exists. */
  createSession(
    connection: ClientConnection,
    timeoutMs: number,
    password: Buffer,
    waiting: Waiting,
  ): void;
  /** The connection carries its session now; an older connection of the session is closed. */
  sessionOpened(connection: ClientConnection): void;
  connectionClosed(connection: ClientConnection): void;
}
