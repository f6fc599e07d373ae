/**
 * One client of a plan: the real client on a host of its own, which asks for what the plan says when the
 * plan says it, and opens a new session when it has given the old one up.
 */
import type { ClientRequest, OpResult } from "../../../loadgen/client/request-op.ts";
import { LoadClient } from "../../../loadgen/load-client.ts";
import type { ServerAddress } from "../../../loadgen/client/server-rotation.ts";
import type { SessionTicket } from "../../../loadgen/client/session-identity.ts";
import type { Recorder } from "../../../loadgen/recorder.ts";
import type { Disk, Env } from "../../../server/env.ts";
import type { SimDestination, SimOp } from "../plan.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import { Remembered } from "./remembered.ts";
import { toRequest } from "./to-request.ts";

/** Client objects of one planned client are numbered apart by this: they follow one another. */
export const OBJECTS_PER_CLIENT = 1_000;

export interface SimClientOptions {
  /** From 1. */
  readonly number: number;
  readonly servers: readonly ServerAddress[];
  readonly sessionTimeoutMs: number;
  readonly opTimeoutMs: number;
  readonly recorder: Recorder;
}

/** How its last probe went; null: there was none, or it has not ended. */
type Probed = "ok" | "failed" | null;

export class SimClient {
  readonly host: Host;
  readonly env: Env;
  readonly #options: SimClientOptions;
  readonly #memory = new Remembered();
  /** All client objects that may have something under way. */
  #objects: LoadClient[] = [];
  #current: LoadClient | null = null;
  /** Had the session before `#current` took it over. */
  #former: LoadClient | null = null;
  #made = 0;
  #probed: Probed = null;

  constructor(world: World, network: Network, options: SimClientOptions) {
    this.#options = options;
    const { number } = options;
    const identity = { name: `c${number}`, index: 1_000 + number, address: `10.1.0.${number}` };
    this.host = new Host(world, network, identity);
    this.env = this.host.boot(NO_DISK);
  }

  get probed(): Probed {
    return this.#probed;
  }

  /** Operations that have not ended. */
  get pending(): number {
    return this.#objects.reduce((sum, { pending }) => sum + pending, 0);
  }

  /** Sessions that this client has not given up, as far as it knows. */
  get sessions(): string[] {
    return this.#objects.flatMap(({ zk }) =>
      zk.state === "closed" || zk.session === "0x0" ? [] : [zk.session],
    );
  }

  /** The client object with a session, or one that looks for one. */
  get client(): LoadClient {
    const { state } = this.#current?.zk ?? {};
    if (this.#current === null || state === "closed" || state === "closing") {
      this.#current = this.#open({});
    }
    return this.#current;
  }

  /** Does what the plan says; nothing of it throws. `where` tells a destination's number. */
  perform(
    { request, byFormer }: SimOp,
    intendedMs: number,
    where: (meant: SimDestination) => number,
  ): void {
    switch (request.type) {
      case "move":
        return this.client.zk.moveTo(where(request.server));
      case "takeOver":
        return this.#takeOver(where(request.server));
      case "abandon":
        if (request.silently === true) this.#vanish();
        else this.client.zk.abandon();
        return;
      case "close":
        void this.client.close();
        return;
      default: {
        const former = this.#former?.zk.connected ? this.#former : null;
        const client = byFormer === true && former !== null ? former : this.client;
        const asked = toRequest(request, this.#memory, (bytes) => client.value(bytes));
        if (asked === null) return;
        client.run(asked, (result) => this.#memory.saw(asked, result), intendedMs);
      }
    }
  }

  /** Asks for something, in a new session if there is none. */
  run(request: ClientRequest, done?: (result: OpResult) => void): void {
    this.client.run(request, done);
  }

  /** What it would ask for to see that everything works: its answers say that the ensemble lives. */
  probe(path: string): void {
    this.#probed = null;
    const { client } = this;
    client.run({ type: "sync", path });
    client.run({ type: "setData", path, data: client.value(20), version: -1 });
    client.run({ type: "getData", path, watch: false }, ({ outcome }) => {
      this.#probed = outcome === "ok" ? "ok" : "failed";
    });
  }

  /** Reads a znode and all below it, after a sync; `done` when that has ended. */
  readAll(path: string, done: () => void): void {
    this.run({ type: "sync", path });
    let reading = 0;
    const read = (each: string): void => {
      reading += 2;
      const end = (): void => {
        reading--;
        if (reading === 0) done();
      };
      this.run({ type: "getData", path: each, watch: false }, end);
      this.run({ type: "getChildren2", path: each, watch: false }, ({ children }) => {
        for (const name of children ?? []) read(`${each}/${name}`);
        end();
      });
    };
    read(path);
  }

  /** Nobody hears of its end: the servers have to find out by themselves. */
  #vanish(): void {
    this.host.loseConnections();
    for (const { zk } of this.#objects) zk.abandon();
  }

  #takeOver(server: number): void {
    const { client } = this;
    if (client.zk.session === "0x0") return;
    const resume = client.handOver();
    this.#former = client;
    this.#current = this.#open({ resume, firstServer: server });
  }

  #open(choice: { resume?: SessionTicket; firstServer?: number }): LoadClient {
    const { number, servers, sessionTimeoutMs, opTimeoutMs, recorder } = this.#options;
    const object = number * OBJECTS_PER_CLIENT + this.#made++;
    const client = new LoadClient({
      env: this.env,
      servers,
      recorder,
      random: this.host.random.fork(`client ${object}`),
      sessionTimeoutMs,
      opTimeoutMs,
      number: object,
      workload: "sim",
      ...choice,
    });
    this.#objects = this.#objects.filter(({ zk, pending }) => zk.state !== "closed" || pending > 0);
    this.#objects.push(client);
    client.zk.connect();
    return client;
  }
}

/** Clients keep nothing. */
const NO_DISK: Disk = new Proxy({} as Disk, {
  get: () => {
    throw new Error("a client has no disk");
  },
});
