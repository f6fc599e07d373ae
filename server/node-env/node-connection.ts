/**
 * A TCP connection, or one with TLS over TCP.
 */
import type { Socket } from "node:net";
import { checkServerIdentity, TLSSocket } from "node:tls";
import type { Connection, ConnectionHandler } from "../env.ts";

/**
 * How long `close` (or the peer's end) waits for what is queued to leave and for the peer to close
 * its side; then the socket is destroyed, so that a silent peer cannot hold it for ever.
 */
export const CLOSE_LINGER_MS = 2_000;

export class NodeConnection implements Connection {
  readonly remote: string;
  readonly peerSubject: string | null;
  readonly #socket: Socket;
  #handler: ConnectionHandler | null = null;
  /** `close` or `destroy` was called, or the socket is gone: no more data to and fro. */
  #ended = false;
  #reason: string | null = null;
  #linger: NodeJS.Timeout | null = null;

  constructor(socket: Socket, peerSubject: string | null = null) {
    this.#socket = socket;
    this.peerSubject = peerSubject;
    const host = socket.remoteAddress ?? "unknown";
    this.remote = `${host.includes(":") ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
    socket.on("error", (error) => {
      this.#reason ??= error.message;
    });
    // The socket ends its own side by itself when the peer ends (allowHalfOpen is off), but only
    // once everything queued has left: a peer that does not read must not keep it alive.
    socket.on("end", () => this.#startLinger());
    socket.on("drain", () => {
      if (!this.#ended) this.#handler?.drain();
    });
    socket.on("close", () => {
      this.#ended = true;
      if (this.#linger !== null) clearTimeout(this.#linger);
      const handler = this.#handler;
      this.#handler = null;
      handler?.closed(this.#reason);
    });
  }

  isCertifiedFor(host: string): boolean {
    const socket = this.#socket;
    if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
    return checkServerIdentity(host, socket.getPeerCertificate()) === undefined;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(data: Buffer): boolean {
    if (this.#ended || !this.#socket.writable) return false;
    return this.#socket.write(data);
  }

  pause(): void {
    if (!this.#ended) this.#socket.pause();
  }

  resume(): void {
    if (!this.#ended) this.#socket.resume();
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    // Reads on and throws away: closing a socket with unread input makes the system send a reset,
    // which can take the answer that was just written away from the peer.
    this.#socket.resume();
    this.#socket.end();
    this.#startLinger();
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  handle(handler: ConnectionHandler): void {
    if (this.#handler !== null) throw new Error("connection: handle was called twice");
    this.#handler = handler;
    // Attaching the listener starts the flow, in a later turn.
    this.#socket.on("data", (chunk: Buffer) => {
      if (!this.#ended) this.#handler?.data(chunk);
    });
  }

  #startLinger(): void {
    this.#linger ??= setTimeout(() => this.#socket.destroy(), CLOSE_LINGER_MS);
  }
}
