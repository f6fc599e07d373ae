import type { Env, Timer } from "../../server/env.ts";
import { ErrorCode, type Outcome } from "../../server/errors.ts";
import type { ConnectResponse } from "../../server/wire/connect.ts";
import { EventType, type WatcherType } from "../../server/wire/opcodes.ts";
import { AuthRegistry, type AuthEnd } from "./auth-registry.ts";
import { Backoff, DEFAULT_BACKOFF } from "./backoff.ts";
import { clientLimits, type ClientLimits, type ClientOptions } from "./client-options.ts";
import type { ClientObserver, Handshake, SessionChange, SessionEvent } from "./client-options.ts";
import { Dialer } from "./dialer.ts";
import { Link, type LinkOwner } from "./link.ts";
import { NO_BODY, type Op } from "./op.ts";
import { OpQueue } from "./op-queue.ts";
import { RequestMethods } from "./request-methods.ts";
import { RequestOp, type ClientRequest, type OpResult } from "./request-op.ts";
import { ServerRotation } from "./server-rotation.ts";
import { SessionIdentity, type SessionTicket } from "./session-identity.ts";
import { WatchRegistry, type WatchEventType, type WatchKind } from "./watch-registry.ts";

const XID_MAX = 0x7fff_ffff;

/**
 * idle: not started. connecting: between servers. connected: has a session and a link.
 * closing: closeSession is under way. closed: ended by the caller, or expired and not renewed.
 */
export type ClientState = "idle" | "connecting" | "connected" | "closing" | "closed";

/**
 * A ZooKeeper client: one session, moved from server to server as they come and go.
 *
 * Every operation given to it ends exactly once: answered, refused, timed out or lost with its
 * connection. Operations are sent in the order they were given; while there is no connection they
 * wait. It never gives a session up until a server says that it is gone, or `close` is called.
 */
export class ZkClient extends RequestMethods implements LinkOwner {
  readonly #env: Env;
  readonly #options: ClientOptions;
  readonly #limits: ClientLimits;
  readonly #observer: ClientObserver;
  readonly #rotation: ServerRotation;
  readonly #backoff: Backoff;
  readonly #dialer: Dialer;
  readonly #waiting = new OpQueue();
  readonly #watches = new WatchRegistry();
  readonly #auth = new AuthRegistry();
  #state: ClientState = "idle";
  #link: Link | null = null;
  #handshake: Omit<Handshake, "outcome"> | null = null;
  #deadlineTimer: Timer | null = null;
  readonly #session = new SessionIdentity();
  #xid = 0;
  #handedOver = false;

  /** Throws for options that make no sense; nothing happens before `connect`. */
  constructor(options: ClientOptions) {
    super();
    this.#env = options.env;
    this.#options = options;
    this.#limits = clientLimits(options);
    this.#observer = options.observer ?? {};
    if (options.resume !== undefined) this.#session.resume(options.resume);
    this.#rotation = new ServerRotation(
      options.servers,
      options.random,
      options.firstServer ?? null,
    );
    this.#backoff = new Backoff(options.backoff ?? DEFAULT_BACKOFF, options.random);
    this.#dialer = new Dialer(
      options.env,
      this.#rotation,
      this.#backoff,
      this.#limits.attemptTimeoutMs,
      (server, connection, leftMs) => {
        const patienceMs = this.#session.exists ? leftMs : this.#limits.openTimeoutMs;
        this.#open(new Link(this.#env, connection, server.id, this), patienceMs);
      },
    );
  }

  get state(): ClientState {
    return this.#state;
  }
  /** Requests go out at once. */
  get connected(): boolean {
    return this.#state === "connected";
  }
  /** The session, hexadecimal; "0x0" when there is none. */
  get session(): string {
    return this.#session.name;
  }
  /**
   * With this another client can go on with the session. Two that do so at once take it from each
   * other again and again: see `handOver`.
   */
  get ticket(): SessionTicket {
    return this.#session.ticket;
  }
  /** The negotiated session timeout; 0 before there was one. */
  get timeoutMs(): number {
    return this.#session.timeoutMs;
  }
  /** Connected to a server without a quorum, which answers reads only (`readOnly`). */
  get readOnly(): boolean {
    return this.connected && this.#session.readOnly;
  }
  /** The highest zxid seen in this session. */
  get lastZxid(): number {
    return this.#session.lastZxid;
  }
  /** The server it is connected to; 0 if it is not. */
  get server(): number {
    return this.#state === "connected" || this.#state === "closing" ? (this.#link?.server ?? 0) : 0;
  }
  /** A server has been asked for a session, or to go on with one, and has not answered. */
  get opening(): boolean {
    return this.#handshake !== null;
  }
  /** Operations that have not ended. */
  get outstanding(): number {
    return this.#waiting.length + (this.#link?.outstanding ?? 0);
  }

  /** Begins to look for a server; the observer is told `created` when the session is there. */
  connect(): void {
    if (this.#state !== "idle") return;
    this.#state = "connecting";
    this.#dialer.dial();
  }

  /** Gives an operation to the client; it ends by its `done`, never from inside this call. */
  submit(op: Op): void {
    op.session = this.#session.name;
    op.server = 0;
    op.xid = 0;
    op.sentMs = -1;
    if (this.#state === "closing" || this.#state === "closed") {
      return this.#refuse(op, this.#handedOver ? ErrorCode.SessionMoved : ErrorCode.SessionExpired);
    }
    this.#accept(op);
  }

  /** Gives a request; `done` gets the decoded result. */
  request(request: ClientRequest, done: (result: OpResult, op: RequestOp) => void): void {
    this.submit(new RequestOp(request, done));
  }

  /** As `request`; the promise is always fulfilled, errors are values. */
  override ask(request: ClientRequest): Promise<OpResult> {
    return new Promise((resolve) => this.request(request, (result) => resolve(result)));
  }
  close(): Promise<OpResult> {
    return new Promise((resolve) => {
      this.submitClose(new RequestOp({ type: "closeSession" }, (result) => resolve(result)));
    });
  }

  /**
   * Shows who this client is to its server and to all that follow; it counts for what is asked later.
   * Fulfilled with the server's answer: AuthFailed when the credential was refused, which is forgotten
   * then (the server closes the connection, the session goes on); OperationTimeout when none came in
   * time.
   */
  addAuth(scheme: string, auth: Buffer | null): Promise<number> {
    if (this.#state === "closing" || this.#state === "closed") {
      return Promise.resolve(ErrorCode.SessionExpired);
    }
    return new Promise((resolve) => {
      const end: AuthEnd = (code) => {
        timer.cancel();
        resolve(code);
      };
      const timer = this.#env.timers.after(this.#limits.opTimeoutMs, () =>
        this.#auth.expire(end, ErrorCode.OperationTimeout),
      );
      const shownNow = this.#link !== null && this.#handshake === null;
      this.#auth.add({ scheme, auth }, shownNow, end);
      if (shownNow) this.#link?.authenticate({ type: "auth", scheme, auth });
    });
  }

  /** As far as answers and events say, the server holds such a watch of this session. */
  hasWatch(kind: WatchKind, path: string): boolean {
    return this.#watches.has(kind, path);
  }

  /** Does not set these watches again at the next server; the present one may still hold them. */
  forgetWatches(path: string, watcherType: WatcherType): void {
    this.#watches.answered({ type: "removeWatches", path, watcherType }, ErrorCode.Ok);
  }

  /**
   * Closes the session on its server, after everything given before, and then the client. A session
   * that was never opened is just forgotten. When the answer gets lost the client is closed all the
   * same, and the session runs out on the servers.
   */
  submitClose(op: RequestOp): void {
    if (this.#state === "closed" || this.#state === "closing") return this.submit(op);
    if (!this.#session.exists && !this.opening) {
      op.session = "0x0";
      this.#finish(ErrorCode.SessionExpired);
      return this.#refuse(op, ErrorCode.SessionExpired);
    }
    const closed = new RequestOp(op.request, (result) => {
      op.session = closed.session;
      op.server = closed.server;
      op.xid = closed.xid;
      op.sentMs = closed.sentMs;
      if (this.#state === "closing") {
        const linked = this.#link !== null && this.#handshake === null;
        const server = this.#link?.server ?? 0;
        this.#finish(ErrorCode.SessionExpired);
        if (result.outcome === "ok") this.#tell("closed", server);
        else if (linked) this.#tell("disconnected", server);
      }
      op.done(result.outcome, result.code, result.zxid, NO_BODY, 0, 0);
    });
    closed.session = this.#session.name;
    this.#accept(closed);
    this.#state = "closing";
  }

  /** Drops the connection, and the session with it: it is left to run out on the servers. */
  abandon(): void {
    if (this.#state === "closed") return;
    const server = this.#handshake === null ? (this.#link?.server ?? 0) : 0;
    this.#finish(ErrorCode.ConnectionLoss);
    if (server > 0) this.#tell("disconnected", server);
  }

  /**
   * Leaves the session to another client, which goes on with the ticket (`resume`) while this one may
   * still be connected. This one goes on as long as its connection does, and never connects again: it
   * is closed then. A server that hears of the move closes the connection (SessionMoved, which it
   * does not answer): what was under way ends as with any lost connection, writes `info`; what was
   * not sent, and what is asked later, ends `fail` with SessionMoved. Throws if there is no session.
   */
  handOver(): SessionTicket {
    if (!this.#session.exists) {
      throw new Error("handOver: the client has no session; wait until its observer saw `created`");
    }
    const { ticket } = this;
    this.#handedOver = true;
    if (this.#state === "connecting" || this.#state === "idle") {
      this.#finish(ErrorCode.SessionMoved);
    }
    return ticket;
  }

  /** Drops the connection, as a broken link would, and takes the session to that server next. */
  moveTo(server: number): void {
    this.#rotation.prefer(server);
    if (this.#state === "connected") this.#link?.destroy("moved by the client");
  }

  answered(link: Link, response: ConnectResponse): void {
    const handshake = this.#handshake;
    if (link !== this.#link || handshake === null) return;
    this.#handshake = null;
    if (response.timeOut <= 0) {
      this.#observer.handshake?.({ ...handshake, outcome: "expired" });
      this.#expired(link);
      return;
    }
    const isNew = !this.#session.exists;
    this.#session.adopt(response);
    this.#backoff.reset();
    link.establish(response.timeOut);
    if (this.#state === "connecting") this.#state = "connected";
    this.#observer.handshake?.({ ...handshake, session: this.#session.name, outcome: "ok" });
    this.#auth.shown();
    for (const credential of this.#auth.credentials) {
      link.authenticate({ type: "auth", ...credential });
    }
    this.#setWatches(link);
    this.writable(link);
    this.#tell(isNew ? "created" : "reconnected", link.server);
  }

  seen(zxid: number): void {
    this.#session.seenReply(zxid);
  }

  watched(op: Op, code: number): void {
    if (op.watch !== null) this.#watches.answered(op.watch, code);
  }

  watchEvent(type: number, path: string, zxid: number): void {
    const name = eventName(type);
    if (name === null) return this.#env.log.warn({ type, path }, "watch event of an unknown type");
    this.#watches.fired(name, path);
    this.#session.seenEvent(zxid);
    this.#observer.watch?.(name, path, zxid);
  }

  authenticated(link: Link, code: number): void {
    if (link === this.#link) this.#auth.answered(code);
  }

  writable(link: Link): void {
    while (this.#waiting.length > 0 && !link.full) {
      const op = this.#waiting.shift();
      if (op !== null) this.#send(link, op);
    }
  }

  broken(link: Link, problem: string): void {
    this.#observer.protocolError?.(problem, link.server);
  }

  over(link: Link, reason: string): void {
    if (link !== this.#link) return;
    this.#link = null;
    const handshake = this.#handshake;
    this.#handshake = null;
    if (handshake !== null) this.#observer.handshake?.({ ...handshake, outcome: "lost" });
    if (this.#state === "closed") return;
    // A session that may never have been opened is not worth opening to close it.
    if (this.#state === "closing" && !this.#session.exists) {
      return this.#finish(ErrorCode.ConnectionLoss);
    }
    const wasConnected = handshake === null;
    const fields = { session: this.#session.name, server: link.server, reason };
    this.#env.log.debug(fields, "connection lost");
    if (this.#handedOver) this.#finish(ErrorCode.SessionMoved);
    else {
      if (this.#state === "connected") this.#state = "connecting";
      this.#dialer.dialLater();
    }
    if (wasConnected) this.#tell("disconnected", link.server);
  }

  #accept(op: Op): void {
    if (this.outstanding >= this.#limits.queueLimit) {
      return this.#refuse(op, ErrorCode.ThrottledOp);
    }
    op.deadlineMs = this.#env.clock.nowMs() + this.#limits.opTimeoutMs;
    const link = this.#link;
    if (this.#state === "connected" && link !== null && this.#waiting.length === 0 && !link.full) {
      this.#send(link, op);
    } else {
      this.#waiting.push(op, 0);
    }
    if (this.#deadlineTimer === null) this.#watchDeadlines();
  }

  #send(link: Link, op: Op): void {
    this.#xid = this.#xid === XID_MAX ? 1 : this.#xid + 1;
    op.session = this.#session.name;
    link.send(op, this.#xid);
  }

  #refuse(op: Op, code: number): void {
    this.#env.timers.soon(() => op.done("fail", code, -1, NO_BODY, 0, 0));
  }

  #open(link: Link, patienceMs: number): void {
    this.#link = link;
    this.#handshake = {
      server: link.server,
      startMs: this.#env.clock.nowMs(),
      lastZxid: this.#session.lastZxid,
      session: this.#session.name,
    };
    link.open(
      this.#session.connectRequest(this.#options.sessionTimeoutMs, this.#options.readOnly ?? false),
      patienceMs,
    );
  }

  /** A server said that the session is gone, and with it its watches and what waited for it. */
  #expired(link: Link): void {
    const had = this.#session.exists;
    const change = this.#change("expired", link.server);
    this.#link = null;
    link.destroy("session expired");
    this.#session.forget();
    this.#watches.clear();
    const renew = !had || (this.#options.renewSession ?? false);
    if (renew && this.#state === "connecting") {
      this.#dialer.dialLater();
      if (had) this.#endWaiting(ErrorCode.SessionExpired);
    } else {
      this.#finish(ErrorCode.SessionExpired);
    }
    if (had) this.#observer.session?.(change);
  }

  #finish(code: number): void {
    this.#state = "closed";
    this.#dialer.stop();
    this.#deadlineTimer?.cancel();
    const link = this.#link;
    this.#link = null;
    const handshake = this.#handshake;
    this.#handshake = null;
    link?.destroy("closed by the client");
    if (handshake !== null) this.#observer.handshake?.({ ...handshake, outcome: "lost" });
    this.#watches.clear();
    this.#auth.finish(code);
    this.#endWaiting(code);
  }

  #endWaiting(code: number): void {
    // Only those that wait now: what their ends ask for next belongs to a new session.
    for (let left = this.#waiting.length; left > 0; left--) {
      this.#waiting.shift()?.done("fail", code, -1, NO_BODY, 0, 0);
    }
  }

  #setWatches(link: Link): void {
    for (const request of this.#watches.requests(this.#session.lastReplyZxid)) {
      link.setWatches(request);
    }
  }

  /** One timer for all: all operations have the same patience, so the oldest is due first. */
  #watchDeadlines(): void {
    const nowMs = this.#env.clock.nowMs();
    const link = this.#link;
    if (link !== null) endAll(() => link.takeExpired(nowMs));
    endAll(() => this.#waiting.takeExpired(nowMs));
    this.#waiting.dropTimedOut();
    const inFlightMs = this.#link?.nextDeadlineMs() ?? Number.POSITIVE_INFINITY;
    const nextMs = Math.min(inFlightMs, this.#waiting.nextDeadlineMs());
    this.#deadlineTimer =
      nextMs === Number.POSITIVE_INFINITY || this.#state === "closed"
        ? null
        : this.#env.timers.after(Math.max(1, nextMs - nowMs), () => this.#watchDeadlines());
  }

  #change(event: SessionEvent, server: number): SessionChange {
    const { name, timeoutMs, lastZxid } = this.#session;
    return { event, session: name, server, timeoutMs, lastZxid };
  }

  #tell(event: SessionEvent, server: number): void {
    this.#observer.session?.(this.#change(event, server));
  }
}

/** Ends operations that were never answered: what was sent and changes state may have been applied. */
function endAll(next: () => Op | null): void {
  for (let op = next(); op !== null; op = next()) {
    const outcome: Outcome = op.sentMs >= 0 && mayCount(op) ? "info" : "fail";
    op.done(outcome, ErrorCode.OperationTimeout, -1, NO_BODY, 0, 0);
  }
}

/**
 * Its effect may be there though no answer came. A watch that may have been set or removed is so until
 * the connection ends: the next one gets those watches that answers have spoken of.
 */
function mayCount(op: Op): boolean {
  const type = op.watch?.type;
  return op.isWrite || type === "addWatch" || type === "removeWatches";
}

function eventName(type: number): WatchEventType | null {
  switch (type) {
    case EventType.created:
      return "created";
    case EventType.deleted:
      return "deleted";
    case EventType.dataChanged:
      return "dataChanged";
    case EventType.childrenChanged:
      return "childrenChanged";
    default:
      return null;
  }
}
