/**
 * One client's connection: its life from the connect request to the end, frames in, replies and events
 * out. What becomes of requests: `client-requests.ts`.
 */
import type { Connection } from "../env.ts";
import { NO_SESSION, type SessionId } from "../ids.ts";
import { LatencySummary } from "../latency.ts";
import type { AuthId } from "../tree/acl.ts";
import { decodeConnectRequest } from "../wire/connect.ts";
import { FrameError, FrameSplitter, fourLetterWord } from "../wire/frames.ts";
import { DecodeError, JuteReader, type JuteWriter } from "../wire/jute.ts";
import { clientAddressOf, idsOfPeer, type Peer } from "./client-auth.ts";
import { ClientFlow } from "./client-flow.ts";
import { openSession } from "./client-handshake.ts";
import type { ClientHost } from "./client-host.ts";
import type { Reader } from "./client-reads.ts";
import { ClientRequests } from "./client-requests.ts";
import { Outgoing } from "./outgoing.ts";
import { PendingQueue } from "./pending-queue.ts";
import type { ReplySink } from "./reply-out.ts";
import { TextAnswer } from "./text-answer.ts";

const NOTHING = Buffer.alloc(0);
const NO_OPCODE = 0;

export class ClientConnection implements ReplySink, Reader {
  sessionId: SessionId = NO_SESSION;
  /** What was negotiated, in milliseconds; 0 before that. */
  timeoutMs = 0;
  /** What who goes on with the session has to know; null before there is one. */
  password: Buffer | null = null;
  readonly peer: Peer;
  /** It came in over TLS. */
  readonly isSecure: boolean;
  /** Who the client is; it only grows. */
  authIds: readonly AuthId[];
  /** Something was heard since the last time that heartbeats were gathered. */
  heard = false;
  /** Called when the session is asked for, or the connection is over before that. */
  onceOpen: (() => void) | null = null;

  /** For who asks what connections do: frames, and the last request and reply. */
  received = 0;
  sent = 0;
  lastOpcode: number = NO_OPCODE;
  lastXid = -1;
  lastReplyMs = 0;
  readonly latency = new LatencySummary();
  readonly establishedMs: number;

  readonly #host: ClientHost;
  readonly #connection: Connection;
  readonly #splitter: FrameSplitter;
  readonly #pending = new PendingQueue();
  readonly #outgoing: Outgoing;
  readonly #flow: ClientFlow;
  readonly #requests: ClientRequests;
  /** What came behind the connect request although reading was stopped. */
  #early: Buffer = NOTHING;
  #state: "new" | "asked" | "opening" | "open" | "closed" = "new";
  #text: TextAnswer | null = null;
  #draining = false;

  constructor(host: ClientHost, connection: Connection, isSecure: boolean = false) {
    this.isSecure = isSecure;
    this.#host = host;
    this.#connection = connection;
    this.#outgoing = new Outgoing(connection, host.unread);
    this.#flow = new ClientFlow(host, this, connection, this.#pending, this.#outgoing);
    this.#requests = new ClientRequests(host, this, this.#pending, this.#flow);
    this.peer = {
      ip: clientAddressOf(connection.remote),
      subject: connection.peerSubject ?? null,
    };
    this.authIds = idsOfPeer(this.peer, host.access);
    this.establishedMs = host.wallMs();
    this.#splitter = new FrameSplitter(host.maxFrameBytes);
    connection.handle({
      data: (chunk) => host.input(() => this.#data(chunk)),
      drain: () => {
        this.#outgoing.drained();
        host.input(() => (this.#text === null ? this.goOn() : this.#text.goOn()));
      },
      closed: () => this.#over(),
    });
  }

  get remote(): string {
    return this.#connection.remote;
  }
  /** No session was asked for yet, and no four-letter command was answered to the end. */
  get isNew(): boolean {
    return this.#state === "new" || this.#state === "asked";
  }
  get isClosed(): boolean {
    return this.#state === "closed";
  }
  get pendingRequests(): number {
    return this.#pending.length;
  }
  /** Requests are read from it. */
  get isReading(): boolean {
    return this.#state === "open" && !this.#flow.isPaused;
  }

  out(): JuteWriter {
    this.sent++;
    this.#host.stats.packetsSent++;
    return this.#host.out.to(this);
  }

  collect(piece: Buffer): void {
    this.#outgoing.collect(piece);
  }

  sendReplies(): void {
    this.lastReplyMs = this.#host.clockMs();
    this.#host.stats.bytesSent += this.#outgoing.send();
    this.goOn();
    if (this.#draining && this.#pending.length === 0) this.close();
  }

  /** Takes no more requests, and closes when those under way are answered. */
  drain(): void {
    this.#draining = true;
    if (this.#state === "open" && this.#pending.length > 0) this.#connection.pause();
    else this.close();
  }

  /** A request was read. */
  noteRequest(xid: number, opcode: number): void {
    this.lastXid = xid;
    this.lastOpcode = opcode;
  }

  /** Counts what `cons` shows from zero again. */
  resetFigures(): void {
    this.received = this.sent = 0;
    this.latency.reset();
  }

  /** The session is there: go on with what came after the connect request, when this input is over. */
  opened(): void {
    this.#state = "open";
    this.#host.sessionOpened(this);
    this.#host.soon(() => {
      const early = this.#early;
      this.#early = NOTHING;
      if (!this.isClosed) this.#split(early);
      if (!this.#flow.isPaused && !this.isClosed) this.#connection.resume();
      if (this.#draining) this.drain();
    });
  }

  /** The session is over: so is the connection, as soon as a close that was asked for is answered. */
  sessionEnded(): void {
    if (!this.#requests.isClosingSession) this.close();
  }

  /** Sends what is written, then closes. */
  close(): void {
    if (this.#state === "closed") return;
    this.#host.out.flush(this);
    this.#connection.close();
    this.#over();
  }

  /** Closes a connection that broke the rules, and says so in the log. */
  refuse(reason: string): void {
    if (this.#state === "closed") return;
    this.#host.stats.connectionsMalformed++;
    this.sendAway(reason);
  }

  /** Closes a connection that cannot be served here, and says so in the log. */
  sendAway(reason: string): void {
    if (this.#state === "closed") return;
    this.#host.logClosed(this, reason);
    this.close();
  }

  /** After a pause, when half of what was too much is gone: answers what waits, and reads on. */
  goOn(): void {
    if (!this.#flow.isPaused || this.isClosed || !this.#flow.isUnclogged) return;
    this.#requests.goOn();
    if (this.isClosed || this.#draining || !this.#flow.tryToGoOn()) return;
    this.#split(NOTHING);
    if (!this.#flow.isPaused && !this.isClosed) this.#connection.resume();
  }

  #data(chunk: Buffer): void {
    // Behind a request that is the last one, and behind a four-letter command, nothing counts.
    if (this.#state === "closed" || this.#state === "asked" || this.#requests.isEnding) return;
    if (this.#draining) return;
    this.heard = true;
    this.#host.stats.bytesReceived += chunk.length;
    if (this.#state === "opening") this.#early = Buffer.concat([this.#early, chunk]);
    else this.#split(chunk);
  }

  /** Takes requests out of what came, until there is no more or too much is under way already. */
  #split(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (buffer, start, end) => {
        this.#frame(buffer, start, end);
        return this.#state === "open" && !this.#requests.isEnding && !this.#flow.isFull();
      });
    } catch (error) {
      if (error instanceof FrameError || error instanceof DecodeError) this.#malformed(error);
      else throw error;
    }
    if (this.#flow.isFull()) this.#flow.pause();
  }

  #malformed(error: FrameError | DecodeError): void {
    const isFirst = error instanceof FrameError && this.#state === "new";
    const word = isFirst ? fourLetterWord(error.length) : null;
    if (word === null) {
      this.refuse(error.message);
      return;
    }
    this.received++;
    this.#host.stats.packetsReceived++;
    const answer = this.#host.fourLetterAnswer(word, this);
    if (answer === null) {
      this.refuse(`${word} is no four-letter command`);
      return;
    }
    this.#host.stats.packetsSent++;
    this.#state = "asked";
    this.#text = new TextAnswer(answer, this.#connection, this.#host, () => this.close());
    this.#text.goOn();
  }

  #frame(buffer: Buffer, start: number, end: number): void {
    this.received++;
    this.#host.stats.packetsReceived++;
    if (this.#state === "open") {
      this.#requests.take(buffer, start, end);
      return;
    }
    if (!this.#host.isServing || !this.#host.mayOpen(this)) {
      this.#host.stats.connectionsRejected++;
      this.close();
      return;
    }
    this.#state = "opening";
    this.onceOpen?.();
    // What the client sends before it has its session waits in the splitter and in the socket.
    this.#connection.pause();
    openSession(this.#host, this, decodeConnectRequest(new JuteReader(buffer, start, end)));
  }

  #over(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#text?.stop();
    this.#outgoing.over();
    this.onceOpen?.();
    this.#host.connectionClosed(this);
  }
}
