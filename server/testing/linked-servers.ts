/**
 * Three servers in this process whose zoo.cfg each says something of its own, and a relay that hears what
 * goes over a link.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../env.ts";
import { freePorts, type RunningServer, startServer } from "./running-servers.ts";

type Keys = Readonly<Record<string, string>>;

export class LinkedServers {
  readonly directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  readonly ports: readonly number[];
  readonly servers = new Map<number, RunningServer>();
  readonly #keys: Keys;
  #lives = 0;

  private constructor(ports: readonly number[], keys: Keys) {
    this.ports = ports;
    this.#keys = keys;
  }

  /** None of them runs yet; `keys` are for all of them. */
  static async of(keys: Keys = {}): Promise<LinkedServers> {
    return new LinkedServers(await freePorts(3), keys);
  }

  /** Starts server `id`; one that was stopped begins anew, without data. `keys` are its own. */
  async start(id: number, keys: Keys = {}, wrap?: (env: Env) => Env): Promise<RunningServer> {
    const lines = this.ports.map((port, index) => [`server.${index + 1}`, `127.0.0.1:${port}`]);
    const settings = {
      tickTime: "100",
      initLimit: "50",
      syncLimit: "10",
      ...Object.fromEntries(lines),
      ...this.#keys,
      ...keys,
    };
    const dataDir = join(this.directory, `data-${++this.#lives}`);
    const server = await startServer(id, dataDir, settings, wrap);
    this.servers.set(id, server);
    return server;
  }

  /** Writes a file into the directory; gives its path. Only its owner can read it. */
  write(name: string, content: string | Buffer, mode = 0o600): string {
    const path = join(this.directory, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** Stops all servers and removes their files. */
  stop(): void {
    for (const server of this.servers.values()) server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What went over one connection through a relay. */
export interface Recording {
  readonly ofDialler: Buffer[];
  readonly ofListener: Buffer[];
}

/** Leads connections on to a port, and keeps what goes through. */
export class Relay {
  readonly recordings: Recording[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      const recording: Recording = { ofDialler: [], ofListener: [] };
      this.recordings.push(recording);
      for (const [from, to, list] of [
        [near, far, recording.ofDialler],
        [far, near, recording.ofListener],
      ] as const) {
        this.#sockets.add(from);
        from.on("data", (chunk: Buffer) => {
          list.push(chunk);
          to.write(chunk);
        });
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
      }
    });
  }

  static to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    return new Promise((resolve) => relay.#server.listen(0, "127.0.0.1", () => resolve(relay)));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks the connections that go through it, and takes no more. */
  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
