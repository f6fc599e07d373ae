import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** One end of a connection in a test: keeps what it received and how it was closed. */
export class Endpoint {
  readonly socket: Socket;
  /** How the other side closed: in order, or by a reset. */
  readonly closedBy: Promise<"fin" | "reset">;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#wake();
    });
    this.closedBy = new Promise((resolve) => {
      socket.once("end", () => resolve("fin"));
      socket.once("error", () => resolve("reset"));
      socket.once("close", () => {
        this.#over = true;
        this.#wake();
        resolve("fin");
      });
    });
  }

  get receivedBytes(): number {
    return this.#bytes;
  }

  send(data: Buffer | string): void {
    this.socket.write(data);
  }

  /** All that was received since the last call, once it is at least `minBytes`; throws at the end. */
  async receive(minBytes: number): Promise<Buffer> {
    while (this.#bytes < minBytes) {
      if (this.#over) throw new Error(`Closed after ${this.#bytes} of ${minBytes} bytes.`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    return all;
  }

  async receiveText(text: string): Promise<string> {
    return (await this.receive(text.length)).toString();
  }
}

/** A server whose connections the test holds in its hands. */
export class Upstream {
  readonly #server: Server;
  readonly #waiting: Endpoint[] = [];
  readonly #endpoints: Endpoint[] = [];
  #wake: () => void = () => undefined;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const endpoint = new Endpoint(socket);
      this.#waiting.push(endpoint);
      this.#endpoints.push(endpoint);
      this.#wake();
    });
  }

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The server's end of the next connection that nobody has taken yet. */
  async accept(): Promise<Endpoint> {
    for (;;) {
      const endpoint = this.#waiting.shift();
      if (endpoint !== undefined) return endpoint;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async stop(): Promise<void> {
    for (const endpoint of this.#endpoints) endpoint.socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}
