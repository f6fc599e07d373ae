/**
 * Somebody who connects to a port and says what it likes, on real sockets. Each comes from a loopback
 * address of its own unless it is told otherwise, for servers count and log by address.
 */
import { connect, type Socket } from "node:net";

let addresses = 0;

/** A loopback address that nobody here has used before (Linux has all of 127.0.0.0/8). */
export function freshAddress(): string {
  addresses++;
  return `127.77.${addresses >> 8}.${addresses & 0xff}`;
}

export class Stranger {
  readonly socket: Socket;
  /** Resolves with all that came, when the connection is closed, be it by a reset. */
  readonly closed: Promise<Buffer>;
  #received: Buffer = Buffer.alloc(0);
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (const look of this.#waiting) look();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        resolve(this.#received);
        for (const look of this.#waiting) look();
      });
    });
  }

  /** Resolves when it is connected. */
  static connect(port: number, localAddress = freshAddress()): Promise<Stranger> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, localAddress });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Stranger(socket)));
    });
  }

  /** Resolves with what has come when it is at least so much; rejects when it was closed before. */
  bytes(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const isEnough = this.#received.length >= length;
        if (!isEnough && !this.socket.destroyed) return;
        this.#waiting.delete(look);
        if (isEnough) resolve(this.#received);
        else reject(new Error(`closed after ${this.#received.length} bytes of ${length}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends the bytes to the port; resolves with what came back until it was closed. */
export async function tell(port: number, bytes: Buffer, localAddress?: string): Promise<Buffer> {
  const stranger = await Stranger.connect(port, localAddress);
  stranger.socket.write(bytes);
  return await stranger.closed;
}
