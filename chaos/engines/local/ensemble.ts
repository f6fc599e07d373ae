/**
 * One local ensemble from its start to its end.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CrashRecord, ServerSample } from "../../../results/history.ts";
import type { ProxyControl } from "../../proxy/control.ts";
import { startProxy } from "../../proxy/control.ts";
import { AdminClient } from "./admin-client.ts";
import { EnsembleLinks } from "./ensemble-links.ts";
import type { LinkFault } from "./ensemble-links.ts";
import { LogTail } from "./log-tail.ts";
import { Members } from "./members.ts";
import type { LocalEnsembleOptions, LocalServer } from "./options.ts";
import { Reaper } from "./reaper-handle.ts";
import { claimDirectory, releaseDirectory, serverFiles, writeServerFiles } from "./server-files.ts";
import type { EnsemblePorts, ServerPorts } from "./server-ports.ts";
import { reserveServerPorts } from "./server-ports.ts";
import { ServerProcess } from "./server-process.ts";

const SERVING_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 15_000;
const SERVER_MAIN = fileURLToPath(new URL("../../../server/main.ts", import.meta.url));

export class LocalEnsemble {
  /** All files of the ensemble are below it. */
  readonly directory: string;
  readonly #options: LocalEnsembleOptions;
  readonly #nowMs: () => number;
  readonly #members = new Members();
  #ports: EnsemblePorts | null = null;
  #reaper: Reaper | null = null;
  #proxy: ProxyControl | null = null;
  #links: EnsembleLinks | null = null;
  #claimed = false;
  #stopping: Promise<void> | null = null;

  /** Use `startLocalEnsemble`. */
  constructor(options: LocalEnsembleOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    const temporary = join(tmpdir(), `quorum-lab-${randomBytes(6).toString("hex")}`);
    this.directory = options.dataDir === undefined ? temporary : resolve(options.dataDir);
  }

  /** Ends of servers that nobody asked for, in the order of time. */
  get crashes(): readonly CrashRecord[] {
    return this.#members.crashes;
  }

  /** Called once. When it throws, `stop` cleans up. */
  async start(): Promise<void> {
    const { servers, observers = 0, clientPort = null, proxied, signal } = this.#options;
    const count = servers + observers;
    const reaper = await Reaper.start();
    this.#reaper = reaper;
    if (this.#options.dataDir === undefined) {
      reaper.addDirectory(this.directory);
      mkdirSync(this.directory, { mode: 0o700 });
    } else {
      claimDirectory(this.directory, count);
      this.#claimed = true;
    }
    this.#ports = await reserveServerPorts(count, clientPort);
    if (proxied) await this.#createLinks(this.#ports.servers);
    for (const own of this.#ports.servers) this.#addMember(own, this.#ports.servers, reaper);
    signal?.throwIfAborted();
    await this.#ports.release();
    await Promise.all(this.#members.all.map((member) => member.process.start()));
    await this.waitUntilServing();
  }

  /** As they are now, in the order of ids. */
  get servers(): readonly LocalServer[] {
    return this.#members.all.map(({ ports, process: { pid }, admin }) => {
      const files = serverFiles(this.directory, ports.id);
      const direct = `127.0.0.1:${ports.clientPort}`;
      return {
        id: ports.id,
        role: this.#roleOf(ports.id),
        pid,
        clientAddress: this.#links?.client(ports.id).listen ?? direct,
        directClientAddress: direct,
        admin: admin.address,
        dataDir: files.dataDir,
        logFile: files.logFile,
      };
    });
  }

  /** Which proxy the links go through, with its version; "none" for direct links. */
  get proxyName(): string {
    return this.#proxy === null ? "none" : `${this.#proxy.kind} ${this.#proxy.version}`;
  }

  /** Cuts, delays and heals of links. Throws when the links are direct. */
  get links(): EnsembleLinks {
    if (this.#links !== null) return this.#links;
    throw new Error("the links of this ensemble are direct; start it with proxied: true");
  }

  async partition(groups: readonly (readonly number[])[]): Promise<LinkFault> {
    return await this.links.partition(groups);
  }

  async cutOneWay(from: number, to: number): Promise<LinkFault> {
    return await this.links.cutOneWay(from, to);
  }

  async delay(from: number, to: number, delayMs: number, jitterMs = 0): Promise<LinkFault> {
    return await this.links.delay(from, to, delayMs, jitterMs);
  }

  /** Takes back all faults on links; paused and killed servers stay as they are. */
  async heal(): Promise<void> {
    await this.#links?.heal();
  }

  /** Resolves when the process is gone. Throws when the server does not run. */
  async kill(id: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#members.get(id).process.kill(signal);
  }

  /**
   * Starts a server again on its files, after killing it if it runs. Resolves when its admin port
   * answers; it may be far from serving (`waitUntilServing`). Throws with its last log lines if it ends
   * instead.
   */
  async restart(id: number): Promise<void> {
    const { process, admin } = this.#members.get(id);
    if (process.running) await process.kill("SIGKILL");
    await process.start();
    await this.#wait([id], ANSWER_TIMEOUT_MS, "answer on its admin port", async () => {
      await admin.status();
      return true;
    });
  }

  async pause(id: number): Promise<void> {
    await this.#members.get(id).process.pause();
  }

  async resume(id: number): Promise<void> {
    await this.#members.get(id).process.resume();
  }

  /** For all that a server can be asked. */
  admin(id: number): AdminClient {
    return this.#members.get(id).admin;
  }

  /** Rejects when the server does not answer within a second (killed, paused). */
  async status(id: number): Promise<ServerSample> {
    const sentMs = this.#nowMs();
    const status = await this.#members.get(id).admin.status();
    const { server, state, epoch, appliedZxid, committedZxid, serving } = status;
    const receivedMs = this.#nowMs();
    return { server, sentMs, receivedMs, state, epoch, appliedZxid, committedZxid, serving };
  }

  /** The server that leads and serves, in the highest epoch if several believe so; null if none. */
  async leader(): Promise<number | null> {
    const leaders = (await this.#members.statuses(this.#members.ids)).filter(
      (status) => status.state === "LEADING" && status.serving,
    );
    leaders.sort((a, b) => b.epoch - a.epoch);
    return leaders[0]?.server ?? null;
  }

  /**
   * Resolves when `ids` (by default all) serve, under one leader and in one epoch. Throws with the
   * servers' last log lines when one of them ends, or after `timeoutMs`.
   */
  async waitUntilServing(
    ids: readonly number[] = this.#members.ids,
    timeoutMs = SERVING_TIMEOUT_MS,
  ): Promise<void> {
    await this.#wait(ids, timeoutMs, "serve", () => this.#members.serveTogether(ids));
  }

  /**
   * Ends everything and removes what is temporary; data that is kept is left by a clean end of the
   * servers (SIGTERM first). May be called again: the calls share one end.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    try {
      await this.#members.end(this.#options.dataDir !== undefined);
      await this.#proxy?.stop();
    } finally {
      this.#members.closeLogs();
      await this.#ports?.release();
      if (this.#claimed) releaseDirectory(this.directory);
      // Whatever went wrong above, it kills and removes what there still is.
      await this.#reaper?.stop();
    }
  }

  async #createLinks(servers: readonly ServerPorts[]): Promise<void> {
    this.#proxy = await startProxy();
    const addresses = servers.map(({ id, clientPort, peerPort }) => ({
      id,
      clientAddress: `127.0.0.1:${clientPort}`,
      peerAddress: `127.0.0.1:${peerPort}`,
    }));
    this.#links = await EnsembleLinks.create(this.#proxy, addresses);
  }

  #addMember(own: ServerPorts, all: readonly ServerPorts[], reaper: Reaper): void {
    const { id } = own;
    const peers = all.map((peer) => ({
      id: peer.id,
      address: `127.0.0.1:${peer.peerPort}`,
      electionPort: peer.electionPort,
      client: `127.0.0.1:${peer.clientPort}`,
      role: this.#roleOf(peer.id),
      // The higher id opens the link: what lies between them is for it to go through.
      via: this.#links !== null && peer.id < id ? this.#links.pair(id, peer.id).listen : null,
    }));
    writeServerFiles(this.directory, own, peers, this.#settings());
    const { directory, configFile, logFile } = serverFiles(this.directory, id);
    const log = new LogTail(logFile, (line) => this.#options.log?.(id, line));
    const process = new ServerProcess({
      id,
      mainFile: this.#options.serverMain ?? SERVER_MAIN,
      configFile,
      directory,
      log,
      reaper,
      nowMs: this.#nowMs,
      crashed: (crash) => {
        this.#members.crashes.push(crash);
        this.#options.crashed?.(crash);
      },
    });
    const admin = new AdminClient(`127.0.0.1:${own.adminPort}`);
    this.#members.add({ ports: own, process, admin, log });
  }

  #roleOf(id: number): LocalServer["role"] {
    return id <= this.#options.servers ? "participant" : "observer";
  }

  #settings(): Readonly<Record<string, string>> {
    const { servers, observers = 0, config = {} } = this.#options;
    // One voter with observers is an ensemble, not a server that stands alone.
    return servers === 1 && observers > 0 ? { standaloneEnabled: "false", ...config } : config;
  }

  async #wait(
    ids: readonly number[],
    timeoutMs: number,
    goal: string,
    reached: () => Promise<boolean>,
  ): Promise<void> {
    const goOn = (): void => {
      this.#options.signal?.throwIfAborted();
      if (this.#stopping !== null) throw new Error("the ensemble was stopped");
    };
    await this.#members.wait({ ids, timeoutMs, goal, reached, goOn });
  }
}
