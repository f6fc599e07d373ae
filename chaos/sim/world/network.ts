/**
 * TCP between hosts, as far as programs can tell: connections whose bytes arrive in order and late, or
 * wait for a link that is cut, or never arrive because the connection broke before.
 */
import type { Connection, Listener, Net, NetAddress } from "../../../server/env.ts";
import type { Host } from "./host.ts";
import { SimConnection } from "./sim-connection.ts";
import type { World } from "./world.ts";

const FIRST_EPHEMERAL_PORT = 32_768;

interface Listening {
  readonly life: number;
  readonly accept: (connection: Connection) => void;
}

export class Network {
  readonly world: World;
  /** What bytes of a connection are, for the trace. */
  describe: (connection: SimConnection, data: Buffer) => string = () => "";
  /** The trace keeps the bytes themselves, too. */
  keepsBytes = false;
  readonly #latencyMs: readonly [number, number];
  readonly #splitPercent: number;
  readonly #hosts = new Map<string, Host>();
  readonly #listening = new Map<string, Listening>();
  /** Directed links that are cut, `from>to`, with how many reasons there are. */
  readonly #cut = new Map<string, number>();
  readonly #extraMs = new Map<string, number>();
  readonly #connections = new Set<SimConnection>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(world: World, latencyMs: readonly [number, number], splitPercent = 0) {
    this.world = world;
    this.#latencyMs = latencyMs;
    this.#splitPercent = splitPercent;
  }

  add(host: Host): void {
    this.#hosts.set(host.address, host);
  }

  /** How long bytes take from one to the other now, ms; another time each time. */
  latencyMs(from: Host, to: Host): number {
    const [min, max] = this.#latencyMs;
    const extraMs = this.#extraMs.size === 0 ? 0 : (this.#extraMs.get(linkName(from, to)) ?? 0);
    return (
      min +
      (max - min) * this.world.random.float() +
      extraMs * (0.5 + this.world.random.float() / 2)
    );
  }

  /** The pieces that a write arrives in: TCP keeps the order of bytes, and no borders among them. */
  piecesOf(data: Buffer): readonly Buffer[] {
    const { random } = this.world;
    if (this.#splitPercent === 0 || data.length < 2) return [data];
    if (random.float() * 100 >= this.#splitPercent) return [data];
    const at = 1 + Math.floor(random.float() * (data.length - 1));
    this.world.count("network: a write in two pieces");
    return [data.subarray(0, at), data.subarray(at)];
  }

  isCut(from: Host, to: Host): boolean {
    // Asked for every message, and most of the time nothing is cut.
    return this.#cut.size > 0 && this.#cut.has(linkName(from, to));
  }

  /** Bytes of this direction wait from now on. Every call needs a `heal`. */
  cut(from: Host, to: Host): void {
    const link = linkName(from, to);
    this.#cut.set(link, (this.#cut.get(link) ?? 0) + 1);
  }

  heal(from: Host, to: Host): void {
    const link = linkName(from, to);
    const left = (this.#cut.get(link) ?? 1) - 1;
    if (left > 0) {
      this.#cut.set(link, left);
      return;
    }
    this.#cut.delete(link);
    for (const connection of this.#connections) {
      if (connection.owner === from && connection.peerHost === to) connection.linkHealed();
    }
  }

  /** Everything of this direction takes up to so much longer; 0: as usual again. */
  slowDown(from: Host, to: Host, extraMs: number): void {
    if (extraMs === 0) this.#extraMs.delete(linkName(from, to));
    else this.#extraMs.set(linkName(from, to), extraMs);
  }

  /** Breaks the connections of the host to those that `which` names, with what is in flight. */
  reset(host: Host, which: (peer: Host) => boolean): void {
    for (const connection of this.#connections) {
      if (connection.owner === host && which(connection.peerHost)) connection.reset();
    }
  }

  /** What the host sent, and what it does with its connections from now on, never gets anywhere. */
  silence(host: Host): void {
    for (const connection of this.#connections) {
      if (connection.owner === host) connection.fallSilent();
    }
  }

  /** Its process is gone; `told`: its system says so to the other ends. */
  hostEnded(host: Host, told: boolean): void {
    for (const [key, listening] of this.#listening) {
      if (listening.life !== host.life && key.startsWith(`${host.address}:`))
        this.#listening.delete(key);
    }
    for (const connection of this.#connections) {
      if (connection.owner === host) connection.ownerGone(told);
    }
  }

  /** The Env's Net for one life of a process. */
  of(host: Host, lives: () => boolean): Net {
    return {
      listen: (address, accept, ready) => {
        if (lives()) this.#listen(host, address, accept, ready);
      },
      connect: (address, timeoutMs, ready) => {
        if (lives()) this.#connect(host, address, timeoutMs, ready);
      },
    };
  }

  /** For connections. */
  forget(connection: SimConnection): void {
    this.#connections.delete(connection);
  }

  #listen(
    host: Host,
    address: NetAddress,
    accept: (connection: Connection) => void,
    ready: (result: Listener | Error) => void,
  ): void {
    const port = address.port === 0 ? this.#nextPort++ : address.port;
    const key = `${host.address}:${port}`;
    if (this.#listening.has(key)) {
      this.world.atTurnEnd(host, () => ready(new Error(`EADDRINUSE: ${key}`)));
      return;
    }
    this.#listening.set(key, { life: host.life, accept });
    const close = (): void => void this.#listening.delete(key);
    this.world.atTurnEnd(host, () => ready({ address: { host: address.host, port }, close }));
  }

  #connect(
    host: Host,
    address: NetAddress,
    timeoutMs: number,
    ready: (result: Connection | Error) => void,
  ): void {
    const { world } = this;
    const target = this.#hosts.get(address.host);
    const tell = (what: "opened" | "refused"): void => {
      if (!world.isTraced || target === undefined) return;
      world.record({
        kind: "connection",
        atMs: world.nowMs,
        from: host.name,
        to: target.name,
        what,
      });
    };
    let over = false;
    const end = (result: SimConnection | Error): void => {
      if (over) {
        if (!(result instanceof Error)) result.destroy();
        return;
      }
      over = true;
      ready(result);
    };
    world.after(timeoutMs, host, () =>
      end(new Error(`ETIMEDOUT: ${address.host}:${address.port}`)),
    );
    if (target === undefined) return;
    // The system answers for a process that stands still; nobody answers for a machine that is off.
    world.after(this.latencyMs(host, target), null, () => {
      if (!target.powered || this.isCut(host, target) || this.isCut(target, host)) return;
      const listening = this.#listening.get(`${target.address}:${address.port}`);
      const backMs = this.latencyMs(target, host);
      if (listening === undefined) {
        tell("refused");
        world.after(backMs, host, () =>
          end(new Error(`ECONNREFUSED: ${address.host}:${address.port}`)),
        );
        return;
      }
      tell("opened");
      const port = this.#nextPort++;
      const near = new SimConnection(this, host, target, `${target.address}:${address.port}`);
      const far = new SimConnection(this, target, host, `${host.address}:${port}`);
      near.join(far, backMs);
      far.join(near, 0);
      this.#connections.add(near).add(far);
      world.after(0, target, () => listening.accept(far));
      world.after(backMs, host, () => end(near));
    });
  }
}

function linkName(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
