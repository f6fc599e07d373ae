/**
 * The proxied links of an ensemble, and the faults on them in terms of servers. There is one link per
 * pair of servers, opened by the one with the higher id, and one per server for its clients. Every
 * method resolves when the proxy itself reports what was asked for, on every link concerned.
 */
import type { Link, LinkDirection, LinkState, ProxyControl } from "../../proxy/control.ts";

/** The names of the links that a fault is in force on. */
export interface LinkFault {
  readonly links: readonly string[];
}

export class EnsembleLinks {
  readonly #ids: readonly number[];
  readonly #pairs = new Map<string, Link>();
  readonly #clients = new Map<number, Link>();

  private constructor(ids: readonly number[]) {
    this.#ids = ids;
  }

  /** Makes all links; the addresses are where the servers really listen, as `host:port`. */
  static async create(
    control: ProxyControl,
    servers: readonly { id: number; clientAddress: string; peerAddress: string }[],
  ): Promise<EnsembleLinks> {
    const links = new EnsembleLinks(servers.map((server) => server.id));
    for (const { id, clientAddress, peerAddress } of servers) {
      links.#clients.set(id, await control.link(`client-${id}`, clientAddress));
      for (const { id: opener } of servers) {
        if (opener <= id) continue;
        const name = pairName(opener, id);
        links.#pairs.set(name, await control.link(name, peerAddress));
      }
    }
    return links;
  }

  /** The link between two servers. Its `upstream` is what the one with the higher id sends. */
  pair(a: number, b: number): Link {
    const link = this.#pairs.get(pairName(a, b));
    if (link === undefined) throw new Error(`there is no link between servers ${a} and ${b}`);
    return link;
  }

  /** The link that the clients of a server use. Its `upstream` is what clients send. */
  client(id: number): Link {
    const link = this.#clients.get(id);
    if (link === undefined) throw new Error(`there is no server ${id}`);
    return link;
  }

  /**
   * Cuts, in both directions, the link of every two servers that no group has both of. A server may be
   * in several groups (a bridge) or in none (alone). What was cut before stays cut.
   */
  async partition(groups: readonly (readonly number[])[]): Promise<LinkFault> {
    for (const id of groups.flat()) {
      if (!this.#ids.includes(id)) throw new Error(`partition: there is no server ${id}`);
    }
    const cut: Link[] = [];
    for (const a of this.#ids) {
      for (const b of this.#ids) {
        const together = groups.some((group) => group.includes(a) && group.includes(b));
        if (a < b && !together) cut.push(this.pair(a, b));
      }
    }
    if (cut.length === 0) throw new Error("partition: these groups leave all servers together");
    await Promise.all(cut.map((link) => link.cut()));
    await Promise.all(
      cut.map((link) => requireState(link, (state) => bothAre(state, "cut"), "cut both ways")),
    );
    return { links: cut.map((link) => link.name) };
  }

  /** What `from` sends to `to` vanishes; the other direction stays as it is. */
  async cutOneWay(from: number, to: number): Promise<LinkFault> {
    const link = this.pair(from, to);
    const direction = directionOf(from, to);
    await link.cut({ [direction]: true });
    await requireState(link, (state) => state[direction] === "cut", `cut from ${from} to ${to}`);
    return { links: [link.name] };
  }

  /** What `from` sends to `to` arrives `delayMs` ± `jitterMs` later. */
  async delay(from: number, to: number, delayMs: number, jitterMs = 0): Promise<LinkFault> {
    const link = this.pair(from, to);
    const direction = directionOf(from, to);
    await link.delay(delayMs, jitterMs, direction);
    const wanted = `delayed from ${from} to ${to}`;
    await requireState(link, (state) => state[direction] !== "open", wanted);
    return { links: [link.name] };
  }

  /** Takes back all faults on all links, those of clients included. */
  async heal(): Promise<void> {
    const links = [...this.#pairs.values(), ...this.#clients.values()];
    await Promise.all(links.map((link) => link.heal()));
    await Promise.all(
      links.map((link) => requireState(link, (state) => bothAre(state, "open"), "open")),
    );
  }
}

function pairName(a: number, b: number): string {
  return `peer-${Math.min(a, b)}-${Math.max(a, b)}`;
}

/** The higher id opened the link: what it sends goes upstream. */
function directionOf(from: number, to: number): LinkDirection {
  return from > to ? "upstream" : "downstream";
}

function bothAre(state: Record<LinkDirection, LinkState>, wanted: LinkState): boolean {
  return state.upstream === wanted && state.downstream === wanted;
}

async function requireState(
  link: Link,
  holds: (state: Record<LinkDirection, LinkState>) => boolean,
  wanted: string,
): Promise<void> {
  const state = await link.verify();
  if (holds(state)) return;
  throw new Error(`link ${link.name} should be ${wanted}, the proxy says ${JSON.stringify(state)}`);
}
