import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../server/env.ts";
import type { ServerAddress } from "../client/server-rotation.ts";
import { freePorts } from "./free-ports.ts";
import { awaitServing } from "./serving.ts";
import type { RunningTarget } from "./target.ts";

const HOST = "127.0.0.1";
/** A server that was asked to end gets so long before it is killed. */
const STOP_MS = 3_000;
/** What a server says last is kept for the message of its failure. */
const OUTPUT_KEPT = 4_000;

export interface LocalEnsembleOptions {
  readonly env: Env;
  readonly name: string;
  readonly servers: number;
  /** Lines of zoo.cfg besides those for addresses, directories and peers. */
  readonly settings: readonly string[];
  /** The command that runs one server with this configuration file. */
  command(cfgFile: string, directory: string): { file: string; args: readonly string[] };
  /** Written into each server's directory before it is started, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

interface Member {
  readonly address: ServerAddress;
  readonly child: ChildProcess;
  /** Fulfilled with a sentence when the process has ended. */
  readonly ended: Promise<string>;
  output: string;
}

/** Starts servers as processes of this machine, in temporary directories, with ZooKeeper's zoo.cfg. */
export async function startLocalEnsemble(options: LocalEnsembleOptions): Promise<RunningTarget> {
  const root = await mkdtemp(join(tmpdir(), `quorum-bench-${options.name}-`));
  const members: Member[] = [];
  // However this process ends, the servers must not outlive it.
  const killAll = (): void => {
    for (const { child } of members) child.kill("SIGKILL");
  };
  process.on("exit", killAll);
  const stop = async (): Promise<void> => {
    await Promise.all(members.map(stopMember));
    process.off("exit", killAll);
    await rm(root, { recursive: true, force: true });
  };
  try {
    const ports = await freePorts(4 * options.servers);
    for (let id = 1; id <= options.servers; id++) {
      members.push(await startMember(options, root, id, ports));
    }
    const servers = members.map((member) => member.address);
    const failed = members.map(async (member) => {
      throw new Error(`${await member.ended}\n${member.output.trimEnd()}`);
    });
    const serving = awaitServing(options.env, servers);
    await Promise.race([serving, ...failed]);
    // From here on an end is noticed by whoever loads the server.
    for (const failure of failed) failure.catch(() => {});
    return { servers, pids: members.map(({ child }) => child.pid as number), stop };
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.name}: ${reason}`, { cause: error });
  }
}

async function startMember(
  options: LocalEnsembleOptions,
  root: string,
  id: number,
  ports: readonly number[],
): Promise<Member> {
  const directory = join(root, `server-${id}`);
  await mkdir(join(directory, "data"), { recursive: true });
  const port = (server: number, which: number): number => ports[4 * (server - 1) + which] as number;
  const lines = [
    ...options.settings,
    `dataDir=${join(directory, "data")}`,
    `clientPortAddress=${HOST}`,
    `clientPort=${port(id, 0)}`,
    `admin.serverPort=${port(id, 1)}`,
  ];
  for (let peer = 1; peer <= options.servers; peer++) {
    lines.push(`server.${peer}=${HOST}:${port(peer, 2)}:${port(peer, 3)}`);
  }
  const cfgFile = join(directory, "zoo.cfg");
  await writeFile(cfgFile, `${lines.join("\n")}\n`);
  await writeFile(join(directory, "data", "myid"), `${id}\n`);
  for (const [name, content] of Object.entries(options.files ?? {})) {
    await writeFile(join(directory, name), content);
  }
  const { file, args } = options.command(cfgFile, directory);
  const child = spawn(file, args, { cwd: directory, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`server ${id} could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(`server ${id} ended (${signal ?? `exit code ${code}`})`),
    );
  });
  const member = { address: { id, host: HOST, port: port(id, 0) }, child, ended, output: "" };
  const keep = (chunk: Buffer): void => {
    member.output = (member.output + chunk.toString()).slice(-OUTPUT_KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return member;
}

async function stopMember({ child, ended }: Member): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
