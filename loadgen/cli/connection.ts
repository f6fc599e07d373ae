import type { Env } from "../../server/env.ts";
import type { SessionChange } from "../client/client-options.ts";
import { Chroot } from "../client/chroot.ts";
import { ZkClient } from "../client/client.ts";
import type { WatchEventType } from "../client/watch-registry.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { ConnectString } from "./connect-string.ts";

/** The state of a shell's connection, as its prompt and its events name it. */
export type ConnectionState = "CONNECTING" | "CONNECTED" | "CONNECTEDREADONLY" | "CLOSED";

/** What a watch, or the session itself, tells: the fields of ZooKeeper's WatchedEvent. */
export interface ShellEvent {
  readonly state: "SyncConnected" | "ConnectedReadOnly" | "Disconnected" | "Expired" | "Closed";
  /** `None` for the session's events. */
  readonly type: string;
  /** Null for the session's events. */
  readonly path: string | null;
  /** The transaction that caused it; −1 where none did, or the server does not tell. */
  readonly zxid: number;
}

export interface ConnectionOptions {
  readonly env: Env;
  readonly target: ConnectString;
  readonly sessionTimeoutMs: number;
  readonly readOnly: boolean;
  readonly told: (event: ShellEvent) => void;
}

/** An operation of a shell may wait for the next server so long, and a reconfiguration take so long. */
const OP_TIMEOUT_MS = 30_000;
/** A server that does not confirm so soon that the session is closed lets it run out instead. */
const CLOSE_MS = 2_000;

const EVENT_TYPES: Readonly<Record<WatchEventType, string>> = {
  created: "NodeCreated",
  deleted: "NodeDeleted",
  dataChanged: "NodeDataChanged",
  childrenChanged: "NodeChildrenChanged",
};
const SESSION_STATES: Readonly<Record<SessionChange["event"], ShellEvent["state"]>> = {
  created: "SyncConnected",
  reconnected: "SyncConnected",
  disconnected: "Disconnected",
  expired: "Expired",
  closed: "Closed",
};

/** A shell's session with an ensemble, from `connect` to `close`. */
export class Connection {
  readonly target: ConnectString;
  /** The whole tree. */
  readonly client: ZkClient;
  /** The part of the tree that the shell shows. */
  readonly zk: Chroot;
  readonly #env: Env;
  readonly #told: (event: ShellEvent) => void;
  readonly #settled: (() => void)[] = [];

  /** Begins to look for a server at once. */
  constructor(options: ConnectionOptions) {
    const { env, target } = options;
    this.target = target;
    this.#env = env;
    this.#told = options.told;
    this.client = new ZkClient({
      env,
      servers: target.servers,
      random: new SeededRandom(Math.floor(env.random.float() * 2 ** 32)),
      sessionTimeoutMs: options.sessionTimeoutMs,
      readOnly: options.readOnly,
      opTimeoutMs: OP_TIMEOUT_MS,
      observer: {
        session: (change) => this.#changed(change),
        watch: (type, path, zxid) => this.#watched(type, path, zxid),
      },
    });
    this.zk = new Chroot(this.client, target.chroot);
    this.client.connect();
  }

  get state(): ConnectionState {
    switch (this.client.state) {
      case "idle":
      case "connecting":
        return "CONNECTING";
      case "connected":
        return this.client.readOnly ? "CONNECTEDREADONLY" : "CONNECTED";
      case "closing":
      case "closed":
        return "CLOSED";
    }
  }

  /** Waits until there is a session; false when there is none within `patienceMs`, or none any more. */
  async connected(patienceMs: number): Promise<boolean> {
    if (this.state === "CONNECTING") {
      await new Promise<void>((resolve) => {
        const timer = this.#env.timers.after(patienceMs, resolve);
        this.#settled.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    return this.client.connected;
  }

  /**
   * Ends the session on its server, or leaves it to run out when no server answers within 2 s. One that
   * is just being opened holds nothing: it is left, too.
   */
  async close(): Promise<void> {
    if (this.state === "CLOSED") return;
    if (this.client.session === "0x0") this.client.abandon();
    else await this.#closeSession();
    this.#wake();
  }

  async #closeSession(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#env.timers.after(CLOSE_MS, () => {
        this.client.abandon();
        resolve();
      });
      void this.client.close().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #changed({ event }: SessionChange): void {
    this.#wake();
    const readOnly = this.state === "CONNECTEDREADONLY";
    const state = readOnly ? "ConnectedReadOnly" : SESSION_STATES[event];
    this.#told({ state, type: "None", path: null, zxid: -1 });
  }

  #watched(type: WatchEventType, realPath: string, zxid: number): void {
    const path = this.zk.seenPath(realPath) ?? realPath;
    const state = this.client.readOnly ? "ConnectedReadOnly" : "SyncConnected";
    this.#told({ state, type: EVENT_TYPES[type], path, zxid });
  }

  #wake(): void {
    for (const wake of this.#settled.splice(0)) wake();
  }
}
