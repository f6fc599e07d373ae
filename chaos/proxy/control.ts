import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { Toxiproxy } from "toxiproxy-node-client";
import { parseHostPort } from "./host-port.ts";
import { ProxyUnavailableError } from "./unavailable.ts";
import type { Link } from "./link.ts";
import { ToxiproxyLink } from "./link.ts";
import type { ServerProcess } from "./server-process.ts";
import { findToxiproxyBinary, startEmbedded, startToxiproxy } from "./server-process.ts";

export type { Link, LinkDirection, LinkState } from "./link.ts";

/** Which proxy server is in use: our own, or the real Toxiproxy. */
export type ProxyKind = "embedded" | "toxiproxy";

export interface ProxyOptions {
  /** The HTTP API of a Toxiproxy that runs; overrides TOXIPROXY_URL. */
  readonly url?: string;
  /** Insists on a child process of this kind, where by default what is there decides. */
  readonly kind?: ProxyKind;
  /** Makes the embedded proxy's random choices repeatable. */
  readonly seed?: number;
}

/** The lab's handle on its proxy server. */
export interface ProxyControl {
  readonly kind: ProxyKind;
  /** As the server itself says. */
  readonly version: string;
  /** The server's HTTP API. */
  readonly url: string;
  /** Makes a link on a free port to `upstreamHostPort`. `name` must be new in this control. */
  link(name: string, upstreamHostPort: string): Promise<Link>;
  /** Heals every link that was made here. */
  resetAll(): Promise<void>;
  /** Removes every link that was made here and ends the server if it was started here. */
  stop(): Promise<void>;
}

/**
 * Chooses the proxy server: the one at `url` or TOXIPROXY_URL; else `toxiproxy-server` (the file that
 * TOXIPROXY_SERVER names, or on the PATH) as a child process; else our own as a child process. Children
 * end with this process, however it ends. Throws an Error with the URL and the remedy when the server
 * cannot be reached or started.
 */
export async function startProxy(options: ProxyOptions = {}): Promise<ProxyControl> {
  const fromEnv = options.kind === undefined ? process.env["TOXIPROXY_URL"] : undefined;
  const url = options.url ?? fromEnv ?? "";
  if (url !== "") return await connect(normalUrl(url), null);
  const server = await startServer(options);
  try {
    return await connect(server.url, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startServer(options: ProxyOptions): Promise<ServerProcess> {
  const binary = options.kind === "embedded" ? null : findToxiproxyBinary();
  if (binary !== null) return await startToxiproxy(binary);
  if (options.kind === "toxiproxy") {
    throw new ProxyUnavailableError(
      "There is no toxiproxy-server on the PATH; install Toxiproxy 2.12, or name its server binary " +
        "in TOXIPROXY_SERVER.",
    );
  }
  return await startEmbedded(options.seed);
}

async function connect(url: string, server: ServerProcess | null): Promise<ProxyControl> {
  const client = new Toxiproxy(url);
  try {
    const { version } = JSON.parse(await client.getVersion()) as { version: string };
    return new Control(client, version, server);
  } catch (error) {
    throw new ProxyUnavailableError(
      `No Toxiproxy answers at ${url}: ${(error as Error).message}; start one there, or unset ` +
        "TOXIPROXY_URL to use toxiproxy-server from the PATH or the embedded proxy.",
      { cause: error },
    );
  }
}

class Control implements ProxyControl {
  readonly kind: ProxyKind;
  readonly version: string;
  readonly #client: Toxiproxy;
  readonly #server: ServerProcess | null;
  /** Several runs may share one external Toxiproxy: each knows its own proxies by this. */
  readonly #prefix = `quorum-lab-${randomBytes(4).toString("hex")}-`;
  readonly #links = new Map<string, ToxiproxyLink>();

  constructor(client: Toxiproxy, version: string, server: ServerProcess | null) {
    this.kind = version.endsWith("-quorum-lab") ? "embedded" : "toxiproxy";
    this.version = version;
    this.#client = client;
    this.#server = server;
  }

  get url(): string {
    return this.#client.host;
  }

  async link(name: string, upstreamHostPort: string): Promise<Link> {
    if (!/^[\w.-]+$/.test(name)) {
      throw new Error(`Link name ${JSON.stringify(name)}: use letters, digits, ".", "_" and "-".`);
    }
    if (this.#links.has(name)) {
      throw new Error(`Link ${name} exists already; give every link a name of its own.`);
    }
    if (parseHostPort(upstreamHostPort).port === 0) {
      throw new Error(`Link ${name}: address ${upstreamHostPort} needs the server's real port.`);
    }
    const host = new URL(this.url).hostname;
    const proxyName = this.#prefix + name;
    try {
      const proxy = await this.#client.createProxy({
        name: proxyName,
        listen: isLoopback(host) ? "127.0.0.1:0" : "0.0.0.0:0",
        upstream: upstreamHostPort,
      });
      const listenHost = isLoopback(host) ? "127.0.0.1" : host;
      const listen = `${listenHost}:${parseHostPort(proxy.listen).port}`;
      const addresses = { listen, upstream: upstreamHostPort };
      const link = new ToxiproxyLink(this.#client, { name, proxyName }, addresses);
      this.#links.set(name, link);
      return link;
    } catch (error) {
      throw new Error(
        `Cannot make link ${name} at ${this.url}: ${(error as Error).message}; check that the ` +
          "proxy server still runs.",
        { cause: error },
      );
    }
  }

  async resetAll(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.heal()));
  }

  async stop(): Promise<void> {
    const links = [...this.#links.values()];
    this.#links.clear();
    // With the server, its proxies are gone too, and it may be the server that is in trouble.
    if (this.#server !== null) await this.#server.stop();
    else await removeAll(links);
  }
}

/** Tries every link before it tells which could not be removed. */
async function removeAll(links: readonly ToxiproxyLink[]): Promise<void> {
  const results = await Promise.allSettled(links.map((link) => link.remove()));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length > 0) {
    throw new AggregateError(errors, `${errors.length} of ${links.length} links were not removed.`);
  }
}

function normalUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new ProxyUnavailableError(
      `TOXIPROXY_URL ${JSON.stringify(url)}: give it as http://host:port.`,
    );
  }
  return parsed.origin;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
