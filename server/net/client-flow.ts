/**
 * When one connection is read from, and when its client has to wait: requests under way and replies
 * that are not taken (`unread-budget.ts`) are bounded, here and for the whole server.
 */
import type { Connection } from "../env.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";
import type { Outgoing } from "./outgoing.ts";
import type { PendingQueue } from "./pending-queue.ts";

/** Requests in flight on one connection; beyond either, reading stops until half are answered. */
const MAX_PENDING = 2_000;
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

export class ClientFlow {
  readonly #host: ClientHost;
  readonly #owner: ClientConnection;
  readonly #socket: Connection;
  readonly #pending: PendingQueue;
  readonly #outgoing: Outgoing;
  #paused = false;

  constructor(
    host: ClientHost,
    owner: ClientConnection,
    socket: Connection,
    pending: PendingQueue,
    outgoing: Outgoing,
  ) {
    this.#host = host;
    this.#owner = owner;
    this.#socket = socket;
    this.#pending = pending;
    this.#outgoing = outgoing;
  }

  get isPaused(): boolean {
    return this.#paused;
  }
  /** The client has to take replies before it gets more of them. */
  get isClogged(): boolean {
    return this.#outgoing.unreadBytes > this.#host.unread.eachMaxBytes;
  }
  /** Half of what clogged it is taken. */
  get isUnclogged(): boolean {
    return this.#outgoing.unreadBytes <= this.#host.unread.eachMaxBytes / 2;
  }

  /** Too much is under way: no further request is taken. */
  isFull(): boolean {
    return (
      this.#pending.length > MAX_PENDING ||
      this.#pending.bytes > MAX_PENDING_BYTES ||
      this.isClogged ||
      this.#host.isOverloaded(this.#owner)
    );
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#host.stats.backpressurePauses++;
    this.#socket.pause();
  }

  /** Ends the pause if half of what was too much is gone; the socket is not resumed yet. */
  tryToGoOn(): boolean {
    if (this.#pending.length > MAX_PENDING / 2 || this.#pending.bytes > MAX_PENDING_BYTES / 2)
      return false;
    if (!this.isUnclogged || this.#host.isOverloaded(this.#owner)) return false;
    this.#paused = false;
    return true;
  }
}
