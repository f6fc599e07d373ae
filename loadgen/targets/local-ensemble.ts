import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env, NetAddress } from "../../server/env.ts";
import type { ServerAddress } from "../client/server-rotation.ts";
import { freePorts } from "./free-ports.ts";
import { ServerProcess, type ServerCommand } from "./server-process.ts";
import { awaitServing } from "./serving.ts";
import type { RunningTarget } from "./target.ts";

const HOST = "127.0.0.1";
/** A dying server may still be making a file while its directory is emptied. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

export interface LocalEnsembleOptions {
  readonly env: Env;
  readonly name: string;
  readonly servers: number;
  /** After those, in the order of ids; they have no vote. Default 0. */
  readonly observers?: number;
  /** Lines of zoo.cfg besides those for addresses, directories and peers. */
  readonly settings: readonly string[];
  /** Each server line names the client port too: `server.1=host:port:port:participant;host:port`. */
  readonly clientInServerLines?: boolean;
  /** The command that runs one server with this configuration file. */
  command(cfgFile: string, directory: string): ServerCommand;
  /** Whether this server says of itself that it leads and serves. Must not throw. */
  leads(member: MemberPlace): Promise<boolean>;
  /** The servers answer over HTTP on their admin ports. */
  readonly hasAdmin: boolean;
  /** Written into each server's directory before it is started, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Ends the start early. */
  readonly signal?: AbortSignal;
}

/** Where one server is, as long as the ensemble exists. */
export interface MemberPlace {
  readonly address: ServerAddress;
  readonly admin: NetAddress;
  readonly directory: string;
  readonly command: ServerCommand;
}

interface Member {
  readonly place: MemberPlace;
  process: ServerProcess;
}

/** A port that was free when it was chosen may be somebody's when it is used. */
const START_ATTEMPTS_MAX = 4;
const PORT_IN_USE = /\bin use\b|EADDRINUSE/;

/** Starts servers as processes of this machine, in temporary directories, with ZooKeeper's zoo.cfg. */
export async function startLocalEnsemble(options: LocalEnsembleOptions): Promise<RunningTarget> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      const retry = attempt < START_ATTEMPTS_MAX && !options.signal?.aborted;
      if (!retry || !PORT_IN_USE.test(String(error))) throw error;
    }
  }
}

async function startOnce(options: LocalEnsembleOptions): Promise<RunningTarget> {
  options.signal?.throwIfAborted();
  const ensemble = new LocalEnsemble(options);
  try {
    await ensemble.start(options.signal ?? new AbortController().signal);
    return ensemble;
  } catch (error) {
    await ensemble.stop();
    if (options.signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.name}: ${reason}`, { cause: error });
  }
}

class LocalEnsemble implements RunningTarget {
  readonly #options: LocalEnsembleOptions;
  readonly #root: string;
  readonly #members: Member[] = [];
  /** However this process ends, neither servers nor directories must outlive it. */
  readonly #atExit = (): void => {
    for (const { process: server } of this.#members) server.kill();
    rmSync(this.#root, REMOVE);
  };

  constructor(options: LocalEnsembleOptions) {
    this.#options = options;
    this.#root = mkdtempSync(join(tmpdir(), `quorum-bench-${options.name}-`));
    process.on("exit", this.#atExit);
  }

  get servers(): readonly ServerAddress[] {
    return this.#members.map(({ place }) => place.address);
  }
  get admin(): readonly NetAddress[] {
    return this.#options.hasAdmin ? this.#members.map(({ place }) => place.admin) : [];
  }
  get pids(): readonly number[] {
    return this.#members.map((member) => member.process.pid).filter((pid) => pid !== null);
  }

  async start(signal: AbortSignal): Promise<void> {
    const count = membersOf(this.#options);
    const ports = await freePorts(4 * count);
    for (let id = 1; id <= count; id++) {
      const place = await prepareMember(this.#options, this.#root, id, ports);
      signal.throwIfAborted();
      this.#members.push({ place, process: run(place) });
    }
    await this.#serving(this.#members, signal);
  }

  async leader(): Promise<number | null> {
    const leading = await Promise.all(
      this.#members.map(async ({ place, process: server }) =>
        server.pid !== null && (await this.#options.leads(place)) ? place.address.id : null,
      ),
    );
    const ids = leading.filter((id) => id !== null);
    return ids.length === 1 ? (ids[0] as number) : null;
  }

  async kill(server: number): Promise<void> {
    const member = this.#member(server);
    member.process.kill();
    await member.process.ended;
  }

  async end(server: number): Promise<void> {
    await this.#member(server).process.stop();
  }

  async wipe(server: number): Promise<void> {
    const { process: running, place } = this.#member(server);
    if (running.pid !== null) throw new Error(`server ${server} is running`);
    await prepareData(place.directory, server);
  }

  async restart(server: number, signal?: AbortSignal): Promise<void> {
    const member = this.#member(server);
    if (member.process.pid !== null) throw new Error(`server ${server} is running`);
    member.process = run(member.place);
    await this.#serving([member], signal ?? new AbortController().signal);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.process.stop()));
    process.off("exit", this.#atExit);
    await rm(this.#root, REMOVE);
  }

  #member(server: number): Member {
    const member = this.#members.find(({ place }) => place.address.id === server);
    if (member === undefined) throw new Error(`there is no server ${server}`);
    return member;
  }

  /** Throws what a server said last when it ends instead. */
  async #serving(members: readonly Member[], signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const failed = members.map(async ({ process: server }) => {
      const end = await server.ended;
      throw new Error(`${end}\n${server.output.trimEnd()}`);
    });
    // From the moment that all serve, an end is noticed by whoever loads the server.
    for (const failure of failed) failure.catch(() => undefined);
    const addresses = members.map(({ place }) => place.address);
    const either = AbortSignal.any([signal, over.signal]);
    const serving = awaitServing(this.#options.env, addresses, either);
    try {
      await Promise.race([serving, ...failed]);
    } finally {
      over.abort();
      // Its end is that of the race, or an abort that has just been said.
      await serving.catch(() => undefined);
    }
  }
}

function membersOf({ servers, observers = 0 }: LocalEnsembleOptions): number {
  return servers + observers;
}

function run({ address, command, directory }: MemberPlace): ServerProcess {
  return new ServerProcess(`server ${address.id}`, command, directory);
}

/** Writes what the server needs to start. `ports` are four for each server. */
async function prepareMember(
  options: LocalEnsembleOptions,
  root: string,
  id: number,
  ports: readonly number[],
): Promise<MemberPlace> {
  const directory = join(root, `server-${id}`);
  await prepareData(directory, id);
  const port = (server: number, which: number): number => ports[4 * (server - 1) + which] as number;
  const lines = [
    ...options.settings,
    `dataDir=${join(directory, "data")}`,
    `clientPortAddress=${HOST}`,
    `clientPort=${port(id, 0)}`,
    `admin.serverPort=${port(id, 1)}`,
  ];
  for (let peer = 1; peer <= membersOf(options); peer++) {
    const role = peer > options.servers ? "observer" : "participant";
    const client = options.clientInServerLines ? `;${HOST}:${port(peer, 0)}` : "";
    lines.push(`server.${peer}=${HOST}:${port(peer, 2)}:${port(peer, 3)}:${role}${client}`);
  }
  const cfgFile = join(directory, "zoo.cfg");
  await writeFile(cfgFile, `${lines.join("\n")}\n`);
  for (const [name, content] of Object.entries(options.files ?? {})) {
    await writeFile(join(directory, name), content);
  }
  return {
    address: { id, host: HOST, port: port(id, 0) },
    admin: { host: HOST, port: port(id, 1) },
    directory,
    command: options.command(cfgFile, directory),
  };
}

/** An empty disk with nothing but the server's number. */
async function prepareData(directory: string, id: number): Promise<void> {
  const data = join(directory, "data");
  await rm(data, REMOVE);
  await mkdir(data, { recursive: true });
  await writeFile(join(data, "myid"), `${id}\n`);
}
