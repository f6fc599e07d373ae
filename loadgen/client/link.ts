import type { Connection, ConnectionHandler, Env, Timer } from "../../server/env.ts";
import { ErrorCode, outcomeOf } from "../../server/errors.ts";
import { readZxid, type Zxid } from "../../server/ids.ts";
import {
  decodeConnectResponse,
  encodeConnectRequest,
  type ConnectRequest,
  type ConnectResponse,
} from "../../server/wire/connect.ts";
import { FrameError, FrameSplitter } from "../../server/wire/frames.ts";
import { DecodeError, JuteReader, JuteWriter } from "../../server/wire/jute.ts";
import { Xid } from "../../server/wire/opcodes.ts";
import { decodeWatcherEvent } from "../../server/wire/replies.ts";
import type {
  AuthRequest,
  SetWatches2Request,
  SetWatchesRequest,
} from "../../server/wire/request-types.ts";
import { encodeRequest } from "../../server/wire/requests.ts";
import { NO_BODY, type Op } from "./op.ts";
import { OpQueue } from "./op-queue.ts";

/** Replies longer than this are refused: above jute.maxbuffer, since a reply adds to the data. */
const FRAME_MAX_BYTES = 4 * 1024 * 1024;
/** Above this much unsent data no further operations are put on the link: they wait. */
const BUFFERED_MAX_BYTES = 1024 * 1024;
/** Requests of one turn go out together, but not later than when there is this much. */
const FLUSH_BYTES = 256 * 1024;
const REPLY_HEADER_BYTES = 16;

/** What a link tells its client. After `over` nothing follows. */
export interface LinkOwner {
  /** The server answered the connect request (timeOut 0: there is no such session). */
  answered(link: Link, response: ConnectResponse): void;
  /** A reply with this zxid is about to be given to its operation. */
  seen(zxid: number): void;
  /** A request that leaves or removes a watch was answered with this code. */
  watched(op: Op, code: number): void;
  watchEvent(type: number, path: string, zxid: number): void;
  /** The oldest credential that was not answered yet was taken (0) or refused. */
  authenticated(link: Link, code: number): void;
  /** Operations may be sent again after `send` was refused by `full`. */
  writable(link: Link): void;
  /** The server answered out of turn, or with broken bytes; `over` follows. */
  broken(link: Link, problem: string): void;
  /** The link broke, or broke the protocol; it holds no operation any more. */
  over(link: Link, reason: string): void;
}

/**
 * One connection to one server, from the connect request to its end: writes each turn's requests at
 * once, matches replies with operations first in, first out, pings, and notices silence.
 */
export class Link implements ConnectionHandler {
  readonly server: number;
  readonly #env: Env;
  readonly #connection: Connection;
  readonly #owner: LinkOwner;
  readonly #splitter = new FrameSplitter(FRAME_MAX_BYTES);
  readonly #writer = new JuteWriter();
  readonly #reader = new JuteReader(NO_BODY);
  readonly #sent = new OpQueue();
  #over = false;
  #established = false;
  #flushDue = false;
  #full = false;
  #timer: Timer | null = null;
  #timeoutMs = 0;
  #lastSentMs = 0;
  #lastReceivedMs = 0;

  constructor(env: Env, connection: Connection, server: number, owner: LinkOwner) {
    this.#env = env;
    this.#connection = connection;
    this.server = server;
    this.#owner = owner;
    connection.handle(this);
  }

  /** Sends the connect request; the link ends if there is no answer within `patienceMs`. */
  open(request: ConnectRequest, patienceMs: number): void {
    encodeConnectRequest(this.#writer, request);
    this.#flush();
    this.#timer = this.#env.timers.after(patienceMs, () => this.#end("no answer to connect"));
  }

  /** The session is there: begin to ping, and to expect answers. */
  establish(timeoutMs: number): void {
    this.#established = true;
    this.#timeoutMs = timeoutMs;
    this.#timer?.cancel();
    this.#watchSilence();
  }

  /** So much is unsent that operations should wait for `writable`. */
  get full(): boolean {
    if (!this.#full) this.#full = this.#connection.bufferedBytes > BUFFERED_MAX_BYTES;
    return this.#full;
  }
  /** Operations sent and not answered. */
  get outstanding(): number {
    return this.#sent.length;
  }

  send(op: Op, xid: number): void {
    op.xid = xid;
    op.server = this.server;
    op.sentMs = this.#env.clock.nowMs();
    op.encode(this.#writer, xid);
    this.#sent.push(op, xid);
    this.#flushSoon();
  }

  setWatches(request: SetWatchesRequest | SetWatches2Request): void {
    encodeRequest(this.#writer, Xid.setWatches, request);
    this.#flushSoon();
  }

  /** Shows a credential; `authenticated` tells the answer. */
  authenticate(request: AuthRequest): void {
    encodeRequest(this.#writer, Xid.auth, request);
    this.#flushSoon();
  }

  nextDeadlineMs(): number {
    return this.#sent.nextDeadlineMs();
  }
  /** Takes out an operation that has waited too long for its reply; null when there is none. */
  takeExpired(nowMs: number): Op | null {
    return this.#sent.takeExpired(nowMs);
  }

  /** Ends the link at once: every operation on it ends, its fate unknown; then the owner is told. */
  destroy(reason: string): void {
    this.#end(reason);
  }

  data(chunk: Buffer): void {
    if (this.#over) return;
    this.#lastReceivedMs = this.#env.clock.nowMs();
    try {
      this.#splitter.push(chunk, this.#onFrame);
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof DecodeError)) throw error;
      this.#break(error.message);
    }
  }

  drain(): void {
    if (this.#over || !this.#full || this.#connection.bufferedBytes > BUFFERED_MAX_BYTES) return;
    this.#full = false;
    this.#owner.writable(this);
  }

  closed(reason: string | null): void {
    this.#end(reason ?? "closed by the server");
  }

  readonly #onFrame = (buffer: Buffer, start: number, end: number): boolean => {
    if (this.#established) this.#reply(buffer, start, end);
    else {
      this.#reader.reset(buffer, start, end);
      this.#owner.answered(this, decodeConnectResponse(this.#reader));
    }
    return !this.#over;
  };

  #reply(buffer: Buffer, start: number, end: number): void {
    if (end - start < REPLY_HEADER_BYTES) {
      throw new DecodeError(`reply of ${end - start} bytes: shorter than its header`);
    }
    const xid = buffer.readInt32BE(start);
    const zxid = readZxid(buffer, start + 4);
    const code = buffer.readInt32BE(start + 12);
    const body = start + REPLY_HEADER_BYTES;
    if (xid < 0) return this.#unasked(xid, zxid, code, buffer, body, end);
    const sent = this.#sent;
    if (sent.length === 0 || sent.headXid !== xid) {
      const expected = sent.length === 0 ? "none" : sent.headXid;
      this.#break(`a reply to xid ${xid}, expected ${expected}`);
      return;
    }
    const op = sent.shift();
    if (zxid > 0) this.#owner.seen(zxid);
    if (op === null) return;
    if (op.watch !== null) this.#owner.watched(op, code);
    let outcome = outcomeOf(code);
    // Whatever went wrong with a read, it changed nothing.
    if (outcome === "info" && !op.isWrite) outcome = "fail";
    op.done(outcome, code, zxid, buffer, body, end);
  }

  /** Nothing that comes after can be trusted: the connection ends here. */
  #break(problem: string): void {
    this.#owner.broken(this, problem);
    this.#end(`protocol error: ${problem}`);
  }

  /** What has a reserved xid: events, and the answers to pings, setWatches and auth. */
  #unasked(
    xid: number,
    zxid: Zxid,
    code: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    if (xid === Xid.ping || xid === Xid.setWatches) return;
    if (xid === Xid.auth) return this.#owner.authenticated(this, code);
    if (xid !== Xid.watch) throw new DecodeError(`reply with the unknown xid ${xid}`);
    this.#reader.reset(buffer, start, end);
    const event = decodeWatcherEvent(this.#reader);
    this.#owner.watchEvent(event.type, event.path, zxid);
  }

  #flushSoon(): void {
    if (this.#writer.length >= FLUSH_BYTES) this.#flush();
    else if (!this.#flushDue) {
      this.#flushDue = true;
      this.#env.timers.soon(this.#flushNow);
    }
  }

  readonly #flushNow = (): void => {
    this.#flushDue = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#over || this.#writer.length === 0) return;
    this.#lastSentMs = this.#env.clock.nowMs();
    if (!this.#connection.write(this.#writer.take())) {
      this.#full ||= this.#connection.bufferedBytes > BUFFERED_MAX_BYTES;
    }
  }

  /** ZooKeeper's client: ping after a third of the timeout, give the server up after two thirds. */
  #watchSilence(): void {
    const nowMs = this.#env.clock.nowMs();
    if (this.#lastReceivedMs === 0) this.#lastReceivedMs = nowMs;
    const silentAtMs = this.#lastReceivedMs + (2 * this.#timeoutMs) / 3;
    if (nowMs >= silentAtMs)
      return this.#end(`no answer for ${Math.round(nowMs - this.#lastReceivedMs)} ms`);
    if (nowMs >= this.#lastSentMs + this.#timeoutMs / 3) {
      encodeRequest(this.#writer, Xid.ping, { type: "ping" });
      this.#flush();
    }
    const pingAtMs = this.#lastSentMs + this.#timeoutMs / 3;
    const delayMs = Math.max(1, Math.min(silentAtMs, pingAtMs) - nowMs);
    this.#timer = this.#env.timers.after(delayMs, () => this.#watchSilence());
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#connection.destroy();
    // The owner first: what an ended operation's caller asks next must not land on this link.
    this.#owner.over(this, reason);
    while (this.#sent.length > 0) {
      const op = this.#sent.shift();
      const outcome = op?.isWrite ? "info" : "fail";
      op?.done(outcome, ErrorCode.ConnectionLoss, -1, NO_BODY, 0, 0);
    }
  }
}
