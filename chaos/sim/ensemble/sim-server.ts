/**
 * One server of a simulated ensemble: the real `Server` with the real storage, on a host and a disk that
 * can fail. It is started, killed and started again on what its disk has kept.
 */
import type { CrashRecord } from "../../../results/history.ts";
import type { ServerConfig } from "../../../server/config.ts";
import { DRAIN_LIMIT_MS, Server } from "../../../server/server.ts";
import { FaultDisk } from "../../../server/storage/fault-disk.ts";
import type { DiskStep, StepFate } from "../../../server/storage/fault-steps.ts";
import { createStorage } from "../../../server/storage/file-storage.ts";
import { StorageError } from "../../../server/storage/storage.ts";
import { parseZooCfg } from "../../../server/zoo-cfg.ts";
import type { TraceEvent } from "../trace.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";

export interface SimServerOptions {
  readonly id: number;
  /** The text of its zoo.cfg. */
  readonly zooCfg: string;
  /** What quorum.auth.secretFile would hold; null: links are open. */
  readonly linkSecret: Buffer | null;
  readonly diskStepMs: readonly [min: number, max: number];
  readonly logFileMaxBytes: number;
}

/** It begins the paths in a stack trace, which the history is to have the same wherever it is made. */
const ROOT_URL = new URL("../../../", import.meta.url).href;

/** Decides about one step of the disk; null: it has no opinion. */
export type DiskRule = (step: DiskStep) => StepFate | null;

/** What a server says that stops because of its disk; a broken invariant is never the disk's fault. */
const DISK_ERROR = /^cannot .*(?:ENOSPC|EIO)/;

/** What a recovery did, by what its note says. */
const RECOVERY_PATHS: readonly (readonly [name: string, said: RegExp])[] = [
  ["torn tail cut", /torn tail/],
  ["unfinished file removed", /being written when the server stopped/],
  ["unfinished log file removed", /: removed/],
  ["damaged snapshot passed over", /: not used/],
  ["members of a reconfiguration", /by a reconfiguration/],
];

export class SimServer {
  readonly id: number;
  readonly host: Host;
  readonly disk: FaultDisk;
  readonly crashes: CrashRecord[] = [];
  /** Of those, the ones that its disk was to blame for: it had failed in the same life. */
  readonly diskCrashes = new Set<CrashRecord>();
  /** Told of each of them. */
  onDiskCrash: () => void = () => undefined;
  /** Faults of the disk that are in force, the latest last: the first that has an opinion counts. */
  readonly diskRules = new Set<DiskRule>();
  /** Added to every step of its disk, ms. */
  extraStepMs = 0;
  /** What all faults together make its clocks gain, millionths. */
  skewPpm = 0;
  readonly #world: World;
  readonly #options: SimServerOptions;
  readonly #config: ServerConfig;
  #server: Server | null = null;
  /** Of its disk, in this life. */
  #stepsUnderWay = 0;
  /** The last life in which a step of its disk failed; −1: none. */
  #diskFailedIn = -1;

  constructor(world: World, network: Network, options: SimServerOptions) {
    const { id, zooCfg, linkSecret } = options;
    this.id = id;
    this.#world = world;
    this.#options = options;
    this.host = new Host(world, network, { name: `s${id}`, index: id, address: serverAddress(id) });
    const config = parseZooCfg(zooCfg, `s${id}/zoo.cfg`, () => null);
    this.#config = { ...config, linkSecurity: { secret: linkSecret, tls: null } };
    const random = this.host.random.fork("disk");
    const [minMs, maxMs] = options.diskStepMs;
    this.disk = new FaultDisk({
      schedule: (run) => {
        const stepMs = minMs + (maxMs - minMs) * random.float() + this.extraStepMs * random.float();
        this.#stepsUnderWay++;
        world.after(stepMs, this.host, () => {
          this.#stepsUnderWay--;
          run();
        });
      },
      random: () => random.float(),
      fate: (step) => this.#fate(step),
    });
  }

  /** The process runs; null: it does not. */
  get server(): Server | null {
    return this.#server;
  }

  /** Its disk has done all that it was asked for. */
  get hasWritten(): boolean {
    if (this.#stepsUnderWay > 0) return false;
    // What found no room on a full disk waits for the next try.
    const status = this.#server?.status();
    return status === undefined || status.loggedZxid >= status.appliedZxid;
  }

  /** Harmless when it runs. A server that refuses to start on what its disk has is a crash record. */
  start(): void {
    if (this.#server !== null) return;
    const env = this.host.boot(this.disk);
    this.#record("start", "");
    const { dataDir, dataLogDir, serverId: sid } = this.#config;
    const storage = { sid, dataDir, dataLogDir, logFileMaxBytes: this.#options.logFileMaxBytes };
    try {
      const server = new Server(
        env,
        this.#config,
        (observer) => createStorage(env, storage, observer),
        (reason) => this.#fatal(reason),
      );
      this.#server = server;
      this.#countRecovery(server);
      server.start((error) => {
        if (error !== null) this.#fatal(error.message);
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // It refuses what its disk has, or what it made of it does not fit together: its process ends.
      const isRefusal = error instanceof StorageError;
      this.#fatal(isRefusal ? `refused to start: ${error.message}` : `cannot start: ${error}`);
    }
  }

  /** As SIGTERM does: it answers what it has under way and then ends; `ended` is called if it came to that. */
  stop(ended: () => void): void {
    const server = this.#server;
    if (server === null) return;
    this.#record("stop", "");
    server.drain(DRAIN_LIMIT_MS, () => {
      if (this.#server !== server) return;
      this.#gone(() => this.host.kill());
      this.disk.restart(false);
      ended();
    });
  }

  /** SIGKILL: files keep what was written. */
  kill(): void {
    if (this.#server === null) return;
    this.#record("kill", "");
    this.#gone(() => this.host.kill());
    this.disk.restart(false);
  }

  /** What was not durable is kept or lost by chance. Also when the process does not run. */
  cutPower(): void {
    this.#record("power-cut", "");
    this.#gone(() => this.host.cutPower());
    this.disk.restart(true);
  }

  pause(): void {
    this.#record("pause", "");
    this.host.pause();
  }
  resume(): void {
    if (!this.host.paused) return;
    this.#record("resume", "");
    this.host.resume();
  }

  #fate(step: DiskStep): StepFate {
    let fate: StepFate = { type: "done" };
    for (const rule of this.diskRules) {
      const ruled = rule(step);
      if (ruled === null) continue;
      fate = ruled;
      break;
    }
    this.#world.hash.text(step.path);
    this.#world.hash.word(step.bytes);
    if (fate.type === "fail") this.#diskFailedIn = this.host.life;
    if (fate.type !== "done")
      this.#world.count(`disk: ${step.type} ${fate.type === "fail" ? fate.code : "crash"}`);
    if (this.#world.isTraced) {
      const { type: what, path, bytes } = step;
      const failed = fate.type === "done" ? null : fate.type === "fail" ? fate.code : "crash";
      const atMs = this.#world.nowMs;
      this.#world.record({ kind: "disk", atMs, host: this.host.name, what, path, bytes, failed });
    }
    // The machine stops at this very step; it is off when the step has been taken.
    if (fate.type === "crash") this.#world.atTurnEnd(null, () => this.cutPower());
    return fate;
  }

  #fatal(reason: string): void {
    const exit = reason.replaceAll(ROOT_URL, "");
    const [headline = ""] = exit.split("\n");
    this.#record("fatal", headline);
    const { life } = this.host;
    const atMs = this.#world.nowMs;
    const crash: CrashRecord = { server: this.id, atMs, exit, lastLines: [] };
    this.crashes.push(crash);
    if (this.#diskFailedIn === life && DISK_ERROR.test(reason)) {
      this.diskCrashes.add(crash);
      this.onDiskCrash();
    }
    // The process exits when what it is doing has come to its end.
    this.#world.atTurnEnd(null, () => {
      if (this.host.life !== life) return;
      this.#gone(() => this.host.kill());
      this.disk.restart(false);
    });
  }

  /** Counts what the life that is going on did: synchronizations, expiries. Once, at its end. */
  countLife(): void {
    const stats = this.#server?.stats;
    if (stats === undefined) return;
    const world = this.#world;
    for (const [kind, times] of Object.entries(stats.syncs)) world.count(`sync: ${kind}`, times);
    world.count("session: expired by the leader", stats.sessionsExpired);
  }

  #gone(end: () => void): void {
    this.countLife();
    this.#server = null;
    this.#stepsUnderWay = 0;
    end();
  }

  #countRecovery(server: Server): void {
    const { lastZxid, notes } = server.status().recovery;
    if (lastZxid > 0) this.#world.count("recovery: of what was on disk");
    for (const note of notes) {
      const path = RECOVERY_PATHS.find(([, said]) => said.test(note));
      this.#world.count(`recovery: ${path?.[0] ?? "another note"}`);
    }
  }

  #record(what: Extract<TraceEvent, { kind: "process" }>["what"], text: string): void {
    const { nowMs: atMs } = this.#world;
    this.#world.hash.text(`${this.host.name} ${what}`);
    if (this.#world.isTraced) {
      this.#world.record({ kind: "process", atMs, host: this.host.name, what, text });
    }
  }
}

/** Where a server is: links at 2888, clients at 2181. */
export function serverAddress(id: number): string {
  return `10.0.0.${id}`;
}
