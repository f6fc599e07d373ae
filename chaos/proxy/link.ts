import type { Toxiproxy } from "toxiproxy-node-client";
import type { Direction, ToxicType } from "./toxic.ts";

/** `upstream` is what the opener of the link sends to the server behind it, `downstream` the answers. */
export type LinkDirection = Direction;

/** `cut`: nothing gets through. `delayed`: all gets through, late. */
export type LinkState = "open" | "cut" | "delayed";

/** One proxied link whose faults can be set, taken back and read back. All calls may be repeated. */
export interface Link {
  /** As the caller named it, without the run's prefix. */
  readonly name: string;
  /** `host:port` to connect to instead of the upstream address. */
  readonly listen: string;
  /** `host:port` of the server behind the link. */
  readonly upstream: string;
  /**
   * Swallows all data of the directions that are true; of both when called without any. Connections
   * stay open, new ones are accepted, and nothing is refused: a black hole. Only the end of a stream
   * passes: a process that dies is noticed. In force on every connection when it resolves.
   */
  cut(directions?: { upstream?: boolean; downstream?: boolean }): Promise<void>;
  /** Delays the data of a direction by `delayMs` ± `jitterMs`, on top of a cut if there is one. */
  delay(delayMs: number, jitterMs: number, direction: LinkDirection): Promise<void>;
  /**
   * Takes back all faults. Connections that were cut are closed by that, as bytes are missing in
   * them: both ends see the end of the stream and must connect again.
   */
  heal(): Promise<void>;
  /** What is in force, as the proxy itself says. */
  verify(): Promise<Record<LinkDirection, LinkState>>;
}

/** What the proxy says about itself; the client's own class leaves out the toxics. */
interface ProxyReport {
  readonly enabled: boolean;
  readonly toxics: readonly ToxicReport[];
}

interface ToxicReport {
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: Direction;
}

const DIRECTIONS: readonly Direction[] = ["upstream", "downstream"];

/** A link over a proxy that exists; `proxyName` is its name at the proxy server. */
export class ToxiproxyLink implements Link {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly proxyName: string;
  readonly #client: Toxiproxy;

  constructor(
    client: Toxiproxy,
    names: { name: string; proxyName: string },
    addresses: { listen: string; upstream: string },
  ) {
    this.#client = client;
    this.name = names.name;
    this.proxyName = names.proxyName;
    this.listen = addresses.listen;
    this.upstream = addresses.upstream;
  }

  async cut(
    directions: { upstream?: boolean; downstream?: boolean } = { upstream: true, downstream: true },
  ): Promise<void> {
    if (directions.upstream !== true && directions.downstream !== true) {
      throw new Error(`Link ${this.name}: a cut needs upstream: true, downstream: true, or both.`);
    }
    const { toxics } = await this.#report("cut");
    const missing = DIRECTIONS.filter(
      (direction) =>
        directions[direction] === true && !toxics.some((toxic) => isCut(toxic, direction)),
    );
    await Promise.all(
      missing.map((direction) => this.#addToxic("cut", "timeout", direction, { timeout: 0 })),
    );
  }

  async delay(delayMs: number, jitterMs: number, direction: LinkDirection): Promise<void> {
    if (!(delayMs >= 0) || !(jitterMs >= 0)) {
      throw new RangeError(
        `Link ${this.name}: delayMs (${delayMs}) and jitterMs (${jitterMs}) must not be negative.`,
      );
    }
    const attributes = { latency: Math.round(delayMs), jitter: Math.round(jitterMs) };
    const { toxics } = await this.#report("delay");
    const name = `delay_${direction}`;
    if (!toxics.some((toxic) => toxic.name === name)) {
      await this.#addToxic("delay", "latency", direction, attributes);
      return;
    }
    const body = { attributes };
    await this.#call("delay", (url) => this.#client.api.post(`${url}/toxics/${name}`, body));
  }

  async heal(): Promise<void> {
    const { enabled, toxics } = await this.#report("heal");
    // All at once: a connection opened between two removals would be closed by the second.
    await Promise.all(
      toxics.map((toxic) =>
        this.#call("heal", (url) => this.#client.api.delete(`${url}/toxics/${toxic.name}`)),
      ),
    );
    if (!enabled) {
      await this.#call("heal", (url) => this.#client.api.post(url, { enabled: true }));
    }
  }

  async verify(): Promise<Record<LinkDirection, LinkState>> {
    const report = await this.#report("verify");
    const state = (direction: Direction): LinkState => {
      if (!report.enabled || report.toxics.some((toxic) => isCut(toxic, direction))) return "cut";
      const delayed = report.toxics.some(
        (toxic) => toxic.type === "latency" && toxic.stream === direction,
      );
      return delayed ? "delayed" : "open";
    };
    return { upstream: state("upstream"), downstream: state("downstream") };
  }

  /** Removes the proxy and with it all connections of the link. */
  async remove(): Promise<void> {
    await this.#call("remove", (url) => this.#client.api.delete(url));
  }

  async #report(action: string): Promise<ProxyReport> {
    return await this.#call(action, async (url) => {
      const response = await this.#client.api.get<ProxyReport>(url);
      return response.data;
    });
  }

  async #addToxic(
    fault: "cut" | "delay",
    type: ToxicType,
    stream: Direction,
    attributes: Readonly<Record<string, number>>,
  ): Promise<void> {
    const body = { name: `${fault}_${stream}`, type, stream, toxicity: 1, attributes };
    await this.#call(fault, (url) => this.#client.api.post(`${url}/toxics`, body));
  }

  async #call<T>(action: string, request: (url: string) => Promise<T>): Promise<T> {
    const url = `${this.#client.host}/proxies/${this.proxyName}`;
    try {
      return await request(url);
    } catch (error) {
      throw new Error(
        `Cannot ${action} link ${this.name} at ${url}: ${(error as Error).message}; check that the ` +
          "proxy server still runs and that nobody else removed the proxy.",
        { cause: error },
      );
    }
  }
}

function isCut(toxic: ToxicReport, direction: Direction): boolean {
  return toxic.type === "timeout" && toxic.stream === direction;
}
