/**
 * An ensemble for tests whose servers come and go: real servers in this process, each with a zoo.cfg of
 * its own making, on ports that are known before they start.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CapturedLog } from "./captured-log.ts";
import { RawClient, type RawReply } from "./raw-client.ts";
import { getData } from "./requests.ts";
import { StorageError } from "../storage/storage.ts";
import { freePorts, type RunningServer, startServer } from "./running-servers.ts";

const POLL_MS = 5;
const IDS_MAX = 9;

export interface ReconfigWish {
  readonly join?: readonly string[];
  readonly leave?: readonly number[];
  readonly members?: readonly string[];
  readonly version?: bigint;
}

export interface MemberPorts {
  readonly link: number;
  readonly client: number;
}

export class ChangingEnsemble {
  readonly directory: string;
  readonly #ports: readonly number[];
  readonly #settings: Readonly<Record<string, string>>;
  readonly #running = new Map<number, RunningServer>();
  readonly #clients = new Set<RawClient>();

  private constructor(ports: readonly number[], settings: Readonly<Record<string, string>>) {
    this.directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
    this.#ports = ports;
    this.#settings = {
      tickTime: "100",
      initLimit: "50",
      syncLimit: "10",
      maxClientCnxns: "0",
      reconfigEnabled: "true",
      standaloneEnabled: "false",
      skipACL: "yes",
      ...settings,
    };
  }

  /** Starts these servers, all of them voters, and resolves when they serve. */
  static async start(
    ids: readonly number[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ChangingEnsemble> {
    const ensemble = new ChangingEnsemble(await freePorts(2 * IDS_MAX), settings);
    try {
      await Promise.all(ids.map((id) => ensemble.run(id, ids)));
      await ensemble.serve(ids);
    } catch (error) {
      ensemble.stop();
      throw error;
    }
    return ensemble;
  }

  ports(id: number): MemberPorts {
    return { link: this.#ports[2 * id - 2] as number, client: this.#ports[2 * id - 1] as number };
  }

  /** `server.N=…` as a client asks for it. */
  line(id: number, role: "participant" | "observer" = "participant"): string {
    const { link, client } = this.ports(id);
    return `server.${id}=127.0.0.1:${link}:${link - 1}:${role};127.0.0.1:${client}`;
  }

  /**
   * Starts a server whose file knows these voters and observers; one that is neither is an observer in
   * its own file, as ZooKeeper's documentation has it for those that are to join.
   */
  async run(
    id: number,
    voters: readonly number[],
    observers: readonly number[] = [],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RunningServer> {
    const learners = voters.includes(id) ? observers : [...new Set([...observers, id])];
    const lines = [
      ...voters.map((voter) => this.line(voter)),
      ...learners.map((learner) => this.line(learner, "observer")),
    ].map((text) => text.split("=") as [string, string]);
    return await this.runWith(id, { ...Object.fromEntries(lines), ...settings });
  }

  /** Starts a server with these keys. */
  async runWith(id: number, settings: Readonly<Record<string, string>>): Promise<RunningServer> {
    const clientPort = `${this.ports(id).client}`;
    const all = { ...this.#settings, clientPort, ...settings };
    for (;;) {
      try {
        const running = await startServer(id, this.dataDir(id), all);
        this.#running.set(id, running);
        return running;
      } catch (error) {
        // Its predecessor in this process has stopped, and finishes what it was writing.
        if (!(error instanceof StorageError) || !error.message.includes("in use")) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  dataDir(id: number): string {
    return join(this.directory, `${id}`);
  }

  get(id: number): RunningServer {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error(`server ${id} does not run`);
    return running;
  }
  log(id: number): CapturedLog {
    return this.get(id).log;
  }
  get ids(): readonly number[] {
    return [...this.#running.keys()];
  }

  /** The server that leads and serves; null: there is none now. */
  get leader(): number | null {
    for (const [id, { server }] of this.#running) {
      const { state, serving } = server.status();
      if (state === "LEADING" && serving) return id;
    }
    return null;
  }

  end(id: number): void {
    this.get(id).stop();
    this.#running.delete(id);
  }

  /** Resolves when these servers (by default all that run) serve under one leader. */
  async serve(ids: readonly number[] = this.ids): Promise<void> {
    await until(`servers ${ids.join(", ")} serve`, () => {
      const { leader } = this;
      return ids.every((id) => {
        const status = this.get(id).server.status();
        return leader !== null && status.serving && status.leader === leader;
      });
    });
  }

  /** Resolves when these servers have the same members in force. */
  async agree(ids: readonly number[], voters: readonly number[]): Promise<void> {
    await until(`servers ${ids.join(", ")} have the voters ${voters.join(", ")}`, () =>
      ids.every((id) => String(this.get(id).server.status().ensemble.voters) === String(voters)),
    );
  }

  /** Resolves when these servers hold the same state, byte for byte. */
  async converge(ids: readonly number[] = this.ids): Promise<void> {
    await until("all have applied the same", () => {
      const applied = ids.map((id) => this.get(id).server.status().appliedZxid);
      return new Set(applied).size === 1;
    });
    const digests = ids.map((id) => this.get(id).server.finalState().treeDigest);
    if (new Set(digests).size > 1) throw new Error(`the trees differ: ${digests.join(", ")}`);
  }

  /** A session at this server. */
  async client(id: number): Promise<RawClient> {
    const { client } = await RawClient.open(this.ports(id).client);
    this.#clients.add(client);
    return client;
  }

  /** Asks for a reconfiguration over a new session at this server. */
  async reconfig(id: number, wish: ReconfigWish): Promise<RawReply> {
    const client = await this.client(id);
    try {
      return await client.call({
        type: "reconfig",
        joiningServers: wish.join?.join(",") ?? null,
        leavingServers: wish.leave?.join(",") ?? null,
        newMembers: wish.members?.join(",") ?? null,
        curConfigId: wish.version ?? -1n,
      });
    } finally {
      client.destroy();
    }
  }

  /** The text of /zookeeper/config as a client of this server reads it. */
  async configText(id: number): Promise<string> {
    const client = await this.client(id);
    try {
      const { body } = await client.call(getData("/zookeeper/config"));
      return body.readBuffer()?.toString() ?? "";
    } finally {
      client.destroy();
    }
  }

  /** Stops all servers and clients, and removes the files. */
  stop(): void {
    for (const client of this.#clients) client.destroy();
    for (const id of this.ids) this.end(id);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Polls; the test's own time limit ends it, and then the error says what for. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
