/**
 * A client for tests that says exactly what it is told to, right or wrong, and shows every frame that
 * comes back, in order.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { NO_SESSION, NO_ZXID, type Zxid } from "../ids.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  decodeConnectResponse,
  encodeConnectRequest,
} from "../wire/connect.ts";
import { FrameSplitter } from "../wire/frames.ts";
import { JuteReader, JuteWriter } from "../wire/jute.ts";
import { Xid } from "../wire/opcodes.ts";
import { decodeReplyHeader, decodeWatcherEvent } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import { encodeRequest } from "../wire/requests.ts";

/** A reply, or a watch event when `xid` is −1. */
export interface RawReply {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
  /** What follows the header. */
  readonly body: JuteReader;
}

interface Waiter {
  resolve(frame: Buffer | null): void;
}

const FRAME_MAX_BYTES = 64 * 1024 * 1024;

export class RawClient {
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #splitter = new FrameSplitter(FRAME_MAX_BYTES);
  readonly #frames: Buffer[] = [];
  readonly #waiters: Waiter[] = [];
  #over = false;
  #xid = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#over = true;
        for (const waiter of this.#waiters.splice(0)) waiter.resolve(null);
        resolve();
      });
    });
    // A reset is one of the ways in which a server may close: `closed` says that it did.
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#splitter.push(chunk, (buffer, start, end) => {
        const frame = Buffer.from(buffer.subarray(start, end));
        const waiter = this.#waiters.shift();
        if (waiter) waiter.resolve(frame);
        else this.#frames.push(frame);
        return true;
      });
    });
  }

  /** A connection on which nothing was sent yet. */
  static connect(port: number, localAddress = "127.0.0.1"): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, localAddress, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** The same over TLS; rejects when the handshake fails on this side. */
  static secure(port: number, options: ConnectionOptions): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port, ...options });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        socket.off("error", reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** A connection with a session. */
  static async open(port: number, request: Partial<ConnectRequest> = {}): Promise<RawSession> {
    const client = await RawClient.connect(port);
    return { client, response: await client.handshake(request) };
  }

  /** Sends the bytes as they are. */
  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  async handshake(request: Partial<ConnectRequest> = {}): Promise<ConnectResponse> {
    this.send(connectFrame(request));
    return decodeConnectResponse(new JuteReader(await this.frame()));
  }

  /** Sends a request; gives its xid. */
  request(request: Request, xid: number = ++this.#xid): number {
    this.send(requestFrame(xid, request));
    return xid;
  }

  /** Sends a request and gives the next frame, which must be its reply. */
  async call(request: Request): Promise<RawReply> {
    const xid = this.request(request);
    const reply = await this.reply();
    if (reply.xid !== xid)
      throw new Error(`a frame of xid ${reply.xid} came before that of ${xid}`);
    return reply;
  }

  ping(): Promise<RawReply> {
    this.request({ type: "ping" }, Xid.ping);
    return this.reply();
  }

  /** The next frame; rejects when the connection is closed before there is one. */
  async frame(): Promise<Buffer> {
    const frame = await this.frameOrEnd();
    if (frame === null) throw new Error("the connection was closed by the server");
    return frame;
  }

  /** The next frame, or null when the connection is closed and all frames were taken. */
  frameOrEnd(): Promise<Buffer | null> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#over) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiters.push({ resolve }));
  }

  async reply(): Promise<RawReply> {
    return readReply(await this.frame());
  }

  /** The next frame, or null when the connection is closed and all frames were taken. */
  async replyOrEnd(): Promise<RawReply | null> {
    const frame = await this.frameOrEnd();
    return frame && readReply(frame);
  }

  /** The next frame, which must be a watch event: its type and path. */
  async event(): Promise<{ type: number; path: string; zxid: Zxid }> {
    const { xid, zxid, body } = await this.reply();
    if (xid !== Xid.watch) throw new Error(`expected a watch event, got the reply of xid ${xid}`);
    const { type, path } = decodeWatcherEvent(body);
    return { type, path, zxid };
  }

  /** Breaks the connection off without a word to the session. */
  destroy(): void {
    this.socket.destroy();
  }
}

function readReply(frame: Buffer): RawReply {
  const body = new JuteReader(frame);
  return { ...decodeReplyHeader(body), body };
}

export interface RawSession {
  readonly client: RawClient;
  readonly response: ConnectResponse;
}

export function connectFrame(request: Partial<ConnectRequest> = {}): Buffer {
  const writer = new JuteWriter();
  encodeConnectRequest(writer, {
    protocolVersion: 0,
    lastZxidSeen: NO_ZXID,
    timeOut: 10_000,
    sessionId: NO_SESSION,
    passwd: null,
    readOnly: false,
    ...request,
  });
  return writer.take();
}

export function requestFrame(xid: number, request: Request): Buffer {
  const writer = new JuteWriter();
  encodeRequest(writer, xid, request);
  return writer.take();
}

/** A frame with any opcode and any record. */
export function anyFrame(xid: number, opcode: number, record: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(12 + record.length);
  frame.writeInt32BE(8 + record.length, 0);
  frame.writeInt32BE(xid, 4);
  frame.writeInt32BE(opcode, 8);
  record.copy(frame, 12);
  return frame;
}
