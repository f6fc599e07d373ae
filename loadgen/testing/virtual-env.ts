/**
 * An `Env` whose time is virtual and whose network is memory: tests of minutes run in milliseconds,
 * and the same seed gives the same run. Bytes take `LATENCY_MS` each way and stay in order.
 */
import type {
  Connection,
  ConnectionHandler,
  Env,
  Listener,
  Log,
  Net,
  NetAddress,
  Timer,
} from "../../server/env.ts";
import { nodeHash } from "../../server/node-env.ts";
import { SeededRandom } from "../seeded-random.ts";

const LATENCY_MS = 0.2;
/** Turns of promises between two events. */
const HOPS = 8;

/** All promises that can go on without an event have done so. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

interface Event {
  atMs: number;
  order: number;
  run: (() => void) | null;
}

export class VirtualEnv implements Env {
  readonly #events: Event[] = [];
  readonly #listeners = new Map<number, (connection: Connection) => void>();
  #nowMs = 1000;
  #order = 0;
  #nextPort = 40_000;
  readonly #random: SeededRandom;

  constructor(seed = 1) {
    this.#random = new SeededRandom(seed);
  }

  readonly clock = { wallMs: () => this.#nowMs, nowMs: () => this.#nowMs };
  readonly timers = {
    after: (delayMs: number, run: () => void) => this.#at(this.#nowMs + delayMs, run),
    soon: (run: () => void) => void this.#at(this.#nowMs, run),
  };
  readonly random = {
    float: () => this.#random.float(),
    bytes: (length: number) => Buffer.from(Array.from({ length }, () => this.#random.below(256))),
  };
  readonly hash = nodeHash;
  readonly net: Net = {
    listen: (address, accept, ready) => this.#listen(address, accept, ready),
    connect: (address, timeoutMs, ready) => this.#connect(address, timeoutMs, ready),
  };
  readonly log: Log = { debug() {}, info() {}, warn() {}, error() {} };
  get disk(): never {
    throw new Error("the virtual Env has no disk");
  }

  /** Ports whose connection attempts are swallowed, as by a black hole. */
  readonly blackHoles = new Set<number>();

  /** Runs until `forMs` of virtual time have passed; promises settle between any two events. */
  async run(forMs: number): Promise<void> {
    const endMs = this.#nowMs + forMs;
    await promisesSettled();
    for (;;) {
      const event = this.#events[0];
      if (event === undefined || event.atMs > endMs) break;
      this.#events.shift();
      if (event.run === null) continue;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      event.run();
      // A few hops: an async function that awaits another goes on some turns after it.
      for (let hop = 0; hop < HOPS; hop++) await Promise.resolve();
    }
    this.#nowMs = endMs;
  }

  #at(atMs: number, run: () => void): Timer {
    const event: Event = { atMs, order: this.#order++, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle] as Event;
      if (other.atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    return { cancel: () => void (event.run = null) };
  }

  #listen(
    address: NetAddress,
    accept: (connection: Connection) => void,
    ready: (result: Listener | Error) => void,
  ): void {
    const port = address.port === 0 ? this.#nextPort++ : address.port;
    this.#listeners.set(port, accept);
    const close = (): void => void this.#listeners.delete(port);
    this.timers.soon(() => ready({ address: { host: address.host, port }, close }));
  }

  #connect(
    address: NetAddress,
    timeoutMs: number,
    ready: (result: Connection | Error) => void,
  ): void {
    if (this.blackHoles.has(address.port)) {
      this.#at(this.#nowMs + timeoutMs, () => ready(new Error("timed out")));
      return;
    }
    this.#at(this.#nowMs + LATENCY_MS, () => {
      const accept = this.#listeners.get(address.port);
      if (accept === undefined) return ready(new Error("refused"));
      const near = new VirtualConnection(this.#nowMs, this);
      const far = new VirtualConnection(this.#nowMs, this);
      near.peer = far;
      far.peer = near;
      accept(far);
      ready(near);
    });
  }
}

class VirtualConnection implements Connection {
  readonly remote = "virtual";
  readonly bufferedBytes = 0;
  peer: VirtualConnection | null = null;
  #handler: ConnectionHandler | null = null;
  #over = false;
  readonly #env: VirtualEnv;

  constructor(_openedMs: number, env: VirtualEnv) {
    this.#env = env;
  }

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
  }
  write(data: Buffer): boolean {
    if (this.#over) return false;
    // What is sent belongs to the receiver; the sender must not change it, so a copy shows if it does.
    this.#env.timers.after(LATENCY_MS, () => this.peer?.deliver(data));
    return true;
  }
  deliver(data: Buffer): void {
    if (!this.#over) this.#handler?.data(data);
  }
  pause(): void {}
  resume(): void {}
  close(): void {
    this.destroy();
  }
  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    this.#env.timers.soon(() => this.#handler?.closed(null));
    this.#env.timers.after(LATENCY_MS, () => this.peer?.lost());
  }
  lost(): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler?.closed("closed by the peer");
  }
}
