/**
 * A client of this very server, inside of its process: it has a session and speaks the client protocol,
 * so that what it asks goes through all that a client's request goes through. Many may use it at once;
 * each request is asked in the name of who made it.
 */
import type { Connection, ConnectionHandler } from "../../env.ts";
import { ErrorCode, errorName } from "../../errors.ts";
import { NO_SESSION, NO_ZXID, type SessionId } from "../../ids.ts";
import type { ClientEntrance, InsideSeat } from "../../net/client-entrance.ts";
import type { AuthId } from "../../tree/acl.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../../wire/connect.ts";
import { FrameSplitter } from "../../wire/frames.ts";
import { JuteReader, JuteWriter } from "../../wire/jute.ts";
import { Xid } from "../../wire/opcodes.ts";
import { decodeReplyHeader } from "../../wire/replies.ts";
import type { Request } from "../../wire/request-types.ts";
import { encodeRequest } from "../../wire/requests.ts";
import { CodeError, Refusal } from "./refusal.ts";

/** Requests of one client that have no answer yet; more are refused. */
const MAX_WAITING = 1_000;
/** A request that is not answered after this time is given up, though it may still be done. */
const ANSWER_TIMEOUT_MS = 10_000;
const LENGTH_BYTES = 4;
const MAX_REPLY_BYTES = 0x7fff_ffff;
const MAX_XID = 0x7fff_ffff;

/** What somebody has to know to use a session. */
export interface SessionKey {
  readonly sessionId: SessionId;
  readonly password: Buffer;
}

/** A session with its timeout, as it was negotiated. */
export interface Session extends SessionKey {
  readonly timeoutMs: number;
}

interface Waiting {
  answered(reader: JuteReader): void;
  failed(error: Error): void;
}

export class InsideClient implements Connection {
  readonly remote = "rest:0";
  readonly bufferedBytes = 0;
  /**
   * The session with its negotiated timeout. Rejects with a `CodeError`: SessionExpired when there is no
   * such session; or with a `Refusal` (503) when this server does not serve.
   */
  readonly session: Promise<Session>;
  readonly #seat: InsideSeat;
  readonly #maxFrameBytes: number;
  readonly #splitter = new FrameSplitter(MAX_REPLY_BYTES);
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #writer = new JuteWriter();
  /** In the order of the requests, which is that of the replies; the first is the connect request. */
  readonly #waiting: Waiting[] = [];
  /** Requests that the server does not read for now. */
  readonly #held: { readonly authIds: readonly AuthId[]; readonly frame: Buffer }[] = [];
  #handler: ConnectionHandler | null = null;
  #paused = false;
  #closed = false;
  /** It has its session: requests have reached the server. */
  #isOpen = false;
  #xid = 0;

  /** Asks for a new session, or for one that there is (`key`), with a timeout as near as may be. */
  constructor(entrance: ClientEntrance, timeoutMs: number, key: SessionKey | null) {
    this.#maxFrameBytes = entrance.maxFrameBytes;
    this.#seat = entrance.connectInside(this);
    this.#writer.reset();
    encodeConnectRequest(this.#writer, {
      protocolVersion: 0,
      lastZxidSeen: NO_ZXID,
      timeOut: timeoutMs,
      sessionId: key?.sessionId ?? NO_SESSION,
      passwd: key?.password ?? null,
      readOnly: null,
    });
    const frame = Buffer.from(this.#writer.bytes());
    this.session = this.#ask([], frame, (reader) => {
      const { timeOut, sessionId, passwd } = decodeConnectResponse(reader);
      if (timeOut === 0) throw new CodeError(ErrorCode.SessionExpired, "there is no such session");
      this.#isOpen = true;
      return { sessionId, password: Buffer.from(passwd ?? []), timeoutMs: timeOut };
    });
    // Who is interested gets it; nobody has to be.
    this.session.catch(() => undefined);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Asks in the name of `authIds`, and decodes the body of the answer, which must not be kept. Rejects
   * with a `CodeError`, or with a `Refusal` (413) when the request is over jute.maxbuffer.
   */
  async call<T>(
    authIds: readonly AuthId[],
    request: Request,
    decode: (reader: JuteReader) => T,
  ): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new CodeError(ErrorCode.ThrottledOp, "too many requests wait for their answer");
    this.#xid = this.#xid === MAX_XID ? 1 : this.#xid + 1;
    this.#writer.reset();
    encodeRequest(this.#writer, request.type === "ping" ? Xid.ping : this.#xid, request);
    const frame = Buffer.from(this.#writer.bytes());
    const bytes = frame.length - LENGTH_BYTES;
    if (bytes > this.#maxFrameBytes)
      throw new Refusal(
        413,
        `${bytes} bytes with its path, over the ${this.#maxFrameBytes} of jute.maxbuffer`,
      );
    return await this.#ask(authIds, frame, (reader) => {
      const { err } = decodeReplyHeader(reader);
      if (err !== ErrorCode.Ok) throw new CodeError(err, errorName(err));
      return decode(reader);
    });
  }

  #ask<T>(
    authIds: readonly AuthId[],
    frame: Buffer,
    decode: (reader: JuteReader) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(notServing());
        return;
      }
      const timer = setTimeout(() => {
        reject(new CodeError(ErrorCode.OperationTimeout, LATE));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.push({
        answered: (reader) => {
          clearTimeout(timer);
          try {
            resolve(decode(reader));
          } catch (error) {
            reject(error as Error);
          }
        },
        failed: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#held.push({ authIds, frame });
      this.#flush();
    });
  }

  /** Each frame by itself, and only while the server reads: so it is read in the name that goes with it. */
  #flush(): void {
    while (!this.#paused && !this.#closed && this.#handler !== null) {
      const next = this.#held.shift();
      if (next === undefined) return;
      this.#seat.actAs(next.authIds);
      this.#handler.data(next.frame);
    }
  }

  // --- what the server does with its end of the connection -------------------------------------------

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
  }
  write(data: Buffer): boolean {
    if (this.#closed) return true;
    this.#splitter.push(data, (buffer, start, end) => {
      this.#reader.reset(buffer, start, end);
      this.#waiting.shift()?.answered(this.#reader);
      return true;
    });
    return true;
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    // The server is in the midst of something: what it reads comes from the event loop.
    setImmediate(() => this.#flush());
    this.#paused = false;
  }
  close(): void {
    this.destroy();
  }
  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#held.length = 0;
    const lost = this.#isOpen ? new CodeError(ErrorCode.ConnectionLoss, LOST) : notServing();
    for (const waiting of this.#waiting.splice(0)) waiting.failed(lost);
    setImmediate(() => this.#handler?.closed(null));
  }
}

const LOST = "this server has lost its leader, or is stopping; it may still be done";
const LATE = `no answer within ${ANSWER_TIMEOUT_MS} ms; it may still be done`;

/** Nothing of the request has reached the server. */
function notServing(): Refusal {
  const message = "this server does not serve now: it has no leader, or is stopping";
  return new Refusal(503, message, { error: errorName(ErrorCode.ConnectionLoss) });
}
