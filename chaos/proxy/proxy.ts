import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { ApiError } from "./api-error.ts";
import type { DirectionBytes } from "./connection.ts";
import { ProxyConnection } from "./connection.ts";
import type { HostPort } from "./host-port.ts";
import { formatHostPort, parseHostPort } from "./host-port.ts";
import type { RandomFloat } from "./seeded-random.ts";
import type { Direction, Toxic, ToxicInput } from "./toxic.ts";
import { createToxic, toxicJson, updatedToxic } from "./toxic.ts";

export interface ProxySettings {
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
}

/** One listening address that leads to one upstream address through the proxy's toxics. */
export class Proxy {
  readonly name: string;
  readonly #random: RandomFloat;
  readonly #connections = new Set<ProxyConnection>();
  readonly #closedBytes: Record<Direction, DirectionBytes> = {
    upstream: { received: 0, sent: 0 },
    downstream: { received: 0, sent: 0 },
  };
  #listen: string;
  #upstream: string;
  #toxics: Toxic[] = [];
  #server: Server | null = null;
  #connectionsTotal = 0;

  constructor(name: string, listen: string, upstream: string, random: RandomFloat) {
    this.name = name;
    // An address that is not given stands for any port, and for this machine only.
    this.#listen = listen === "" ? "127.0.0.1:0" : listen;
    this.#upstream = upstream;
    this.#random = random;
  }

  /** The address that is listened on; the port is the real one once the proxy was enabled. */
  get listen(): string {
    return this.#listen;
  }

  get upstream(): string {
    return this.#upstream;
  }

  get enabled(): boolean {
    return this.#server !== null;
  }

  /** Upstream toxics first; within a direction in the order in which they were made. */
  get toxics(): readonly Toxic[] {
    const all = this.#toxics;
    return [
      ...all.filter((toxic) => toxic.direction === "upstream"),
      ...all.filter((toxic) => toxic.direction === "downstream"),
    ];
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  get connectionsTotal(): number {
    return this.#connectionsTotal;
  }

  /** Listens, unless it does already. Throws an ApiError (500) when the address cannot be had. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    server.on("connection", (client) => this.#accept(client));
    const address = await listening(server, listenAddress(this.#listen));
    this.#listen = formatHostPort({ host: address.address, port: address.port });
    this.#server = server;
  }

  /** Closes the listener and all connections; returns when the port is free again. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  /** Whether it leads from or to elsewhere than asked. Throws an ApiError (500) for a bad address. */
  differs(listen: string, upstream: string): boolean {
    const asked = formatHostPort(listenAddress(listen));
    return asked !== formatHostPort(listenAddress(this.#listen)) || upstream !== this.#upstream;
  }

  /** New addresses cut all connections; they are not cut when nothing changes. */
  async update(settings: ProxySettings): Promise<void> {
    if (this.differs(settings.listen, settings.upstream)) {
      await this.stop();
      this.#listen = settings.listen;
      this.#upstream = settings.upstream;
    }
    if (settings.enabled) await this.start();
    else await this.stop();
  }

  /** Throws an ApiError (404) when there is none of that name. */
  toxic(name: string): Toxic {
    const toxic = this.#toxics.find((candidate) => candidate.name === name);
    if (toxic === undefined) throw new ApiError(404, "toxic not found");
    return toxic;
  }

  /** In force on all connections, old and new, when this returns; likewise the next two. */
  addToxic(input: ToxicInput): Toxic {
    const toxic = createToxic(input);
    if (this.#toxics.some((existing) => existing.name === toxic.name)) {
      throw new ApiError(409, "toxic already exists");
    }
    this.#toxics.push(toxic);
    for (const connection of this.#connections) connection.stream(toxic.direction).add(toxic);
    return toxic;
  }

  updateToxic(name: string, input: ToxicInput): Toxic {
    const old = this.toxic(name);
    const toxic = updatedToxic(old, input);
    this.#toxics[this.#toxics.indexOf(old)] = toxic;
    for (const connection of this.#connections) connection.stream(toxic.direction).update(toxic);
    return toxic;
  }

  removeToxic(name: string): void {
    const toxic = this.toxic(name);
    this.#toxics.splice(this.#toxics.indexOf(toxic), 1);
    for (const connection of this.#connections) connection.stream(toxic.direction).remove(name);
  }

  removeAllToxics(): void {
    for (const toxic of this.toxics) this.removeToxic(toxic.name);
  }

  /** All that ever went through, including connections that are closed. */
  bytes(direction: Direction): DirectionBytes {
    const total = { ...this.#closedBytes[direction] };
    for (const connection of this.#connections) addBytes(total, connection.bytes(direction));
    return total;
  }

  /** The proxy as the HTTP API shows it. */
  json(): Record<string, unknown> {
    return {
      name: this.name,
      listen: this.#listen,
      upstream: this.#upstream,
      enabled: this.enabled,
      toxics: this.toxics.map(toxicJson),
    };
  }

  #accept(client: Socket): void {
    let upstream: HostPort;
    try {
      upstream = parseHostPort(this.#upstream);
    } catch {
      // Toxiproxy finds out at this point too that the address leads nowhere, and closes.
      client.destroy();
      return;
    }
    this.#connectionsTotal++;
    const connection = new ProxyConnection(client, upstream, this.#toxics, this.#random, () => {
      this.#connections.delete(connection);
      addBytes(this.#closedBytes.upstream, connection.bytes("upstream"));
      addBytes(this.#closedBytes.downstream, connection.bytes("downstream"));
    });
    this.#connections.add(connection);
  }
}

function addBytes(total: DirectionBytes, more: DirectionBytes): void {
  total.received += more.received;
  total.sent += more.sent;
}

function listenAddress(listen: string): HostPort {
  try {
    const { host, port } = parseHostPort(listen);
    return { host: host === "localhost" ? "127.0.0.1" : host, port };
  } catch (error) {
    throw new ApiError(500, `listen tcp: ${(error as Error).message}`);
  }
}

async function listening(server: Server, address: HostPort): Promise<AddressInfo> {
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "bind: address already in use" : error.message;
      reject(new ApiError(500, `listen tcp ${formatHostPort(address)}: ${reason}`));
    });
    server.listen(address, () => resolve(server.address() as AddressInfo));
  });
}
