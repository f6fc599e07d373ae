/**
 * A client inside of the server's own process: it speaks the client protocol over a connection that never
 * leaves memory, so that whatever holds for clients (rights, quotas, limits, sessions) holds for it.
 */
import type { Connection, ConnectionHandler } from "../../env.ts";
import { type SessionId, NO_SESSION, NO_ZXID } from "../../ids.ts";
import { decodeConnectResponse, encodeConnectRequest } from "../../wire/connect.ts";
import { FrameSplitter } from "../../wire/frames.ts";
import { JuteReader, JuteWriter } from "../../wire/jute.ts";
import { OpCode, Xid } from "../../wire/opcodes.ts";
import { decodeReplyHeader } from "../../wire/replies.ts";
import type { Request } from "../../wire/request-types.ts";
import { encodeRequest } from "../../wire/requests.ts";

/** Takes a connection in as if it had come through the client port. */
export type AcceptClient = (connection: Connection) => void;

export interface InnerReply {
  /** A code of `ErrorCode`; 0: it was done. */
  readonly code: number;
  /** What follows the header; nothing but for code 0. */
  readonly body: JuteReader;
}

/** The server does not serve, or has closed the connection: what was asked last may have been done. */
export class NotServedError extends Error {
  override readonly name = "NotServedError";
}

const FRAME_MAX_BYTES = 64 * 1024 * 1024;
const CONNECT_XID = 0;

interface Waiting {
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

export class InnerClient {
  /** Of the session once it is open. */
  session: SessionId = NO_SESSION;
  /** What was negotiated, ms. */
  timeoutMs = 0;
  readonly #splitter = new FrameSplitter(FRAME_MAX_BYTES);
  readonly #waiting: Waiting[] = [];
  readonly #inner: InnerConnection;
  #xid = CONNECT_XID;

  private constructor(remote: string) {
    this.#inner = new InnerConnection(remote, {
      data: (chunk) => this.#data(chunk),
      closed: () => this.#over(),
    });
  }

  /** Opens a session; rejects with a `NotServedError` when none can be had now. */
  static async open(accept: AcceptClient, remote: string, timeoutMs: number): Promise<InnerClient> {
    const client = new InnerClient(remote);
    accept(client.#inner);
    const writer = new JuteWriter();
    encodeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: NO_ZXID,
      timeOut: timeoutMs,
      sessionId: NO_SESSION,
      passwd: Buffer.alloc(16),
      readOnly: false,
    });
    const response = decodeConnectResponse(new JuteReader(await client.#ask(writer.take())));
    client.session = response.sessionId;
    client.timeoutMs = response.timeOut;
    return client;
  }

  get isOpen(): boolean {
    return this.#inner.isOpen;
  }

  /** Rejects with a `NotServedError` when the connection ends before there is an answer. */
  call(request: Request): Promise<InnerReply> {
    const writer = new JuteWriter();
    encodeRequest(writer, ++this.#xid, request);
    return this.#reply(writer.take());
  }

  /** Adds what `scheme` and `data` prove to who the client is; false: they prove nothing. */
  async authenticate(scheme: string, data: Buffer): Promise<boolean> {
    const writer = new JuteWriter();
    encodeRequest(writer, Xid.auth, { type: "auth", scheme, auth: data });
    return (await this.#reply(writer.take()).catch(() => null))?.code === 0;
  }

  /** A sign of life. */
  ping(): Promise<InnerReply> {
    return this.#bare(Xid.ping, OpCode.ping);
  }

  /** Ends the session, with all that it holds. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    await this.#bare(++this.#xid, OpCode.closeSession).catch(() => null);
    this.drop();
  }

  /** Ends the connection alone. */
  drop(): void {
    this.#inner.end();
  }

  #bare(xid: number, opcode: number): Promise<InnerReply> {
    const frame = Buffer.alloc(12);
    frame.writeInt32BE(8, 0);
    frame.writeInt32BE(xid, 4);
    frame.writeInt32BE(opcode, 8);
    return this.#reply(frame);
  }

  async #reply(frame: Buffer): Promise<InnerReply> {
    const body = new JuteReader(await this.#ask(frame));
    return { code: decodeReplyHeader(body).err, body };
  }

  #ask(frame: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new NotServedError("the connection is over"));
        return;
      }
      // Replies come in the order of the requests.
      this.#waiting.push({ resolve, reject });
      this.#inner.send(frame);
    });
  }

  #data(chunk: Buffer): void {
    this.#splitter.push(chunk, (buffer, start, end) => {
      this.#waiting.shift()?.resolve(Buffer.from(buffer.subarray(start, end)));
      return true;
    });
  }

  #over(): void {
    for (const waiting of this.#waiting.splice(0)) {
      waiting.reject(new NotServedError("this server does not serve clients now"));
    }
  }
}

/** The server's end of a connection that is no socket: what is written is there in the next turn. */
class InnerConnection implements Connection {
  readonly remote: string;
  readonly bufferedBytes = 0;
  readonly #client: Pick<ConnectionHandler, "data"> & { closed(): void };
  #handler: ConnectionHandler | null = null;
  #open = true;
  #paused = false;
  #queue: Buffer[] = [];

  constructor(remote: string, client: Pick<ConnectionHandler, "data"> & { closed(): void }) {
    this.remote = remote;
    this.#client = client;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** From the client to the server. */
  send(frame: Buffer): void {
    this.#queue.push(frame);
    setImmediate(() => this.#deliver());
  }

  /** The client ends it. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    setImmediate(() => this.#handler?.closed(null));
    this.#client.closed();
  }

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
  }
  write(data: Buffer): boolean {
    if (this.#open) setImmediate(() => this.#client.data(data));
    return true;
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    setImmediate(() => this.#deliver());
  }
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    // Behind what was written last.
    setImmediate(() => this.#client.closed());
  }
  destroy(): void {
    this.close();
  }

  #deliver(): void {
    while (this.#open && !this.#paused) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) return;
      this.#handler?.data(chunk);
    }
  }
}
