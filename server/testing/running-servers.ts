/**
 * Real servers for tests: in this process, on real sockets and real files in a temporary directory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../env.ts";
import { createNodeEnv } from "../node-env.ts";
import { Server } from "../server.ts";
import { createStorage } from "../storage/file-storage.ts";
import { parseZooCfg } from "../zoo-cfg.ts";
import { CapturedLog } from "./captured-log.ts";

/** Short ticks: sessions may be as short as 200 ms, and silence is noticed after a second. */
const DEFAULTS: Readonly<Record<string, string>> = {
  tickTime: "100",
  initLimit: "50",
  syncLimit: "10",
  maxClientCnxns: "0",
};

const START_ATTEMPTS_MAX = 5;

export interface RunningServer {
  readonly id: number;
  readonly server: Server;
  readonly log: CapturedLog;
  /** Where clients connect, on 127.0.0.1. */
  readonly port: number;
  /** Where its peers connect; null when it has none. */
  readonly linkPort: number | null;
  readonly dataDir: string;
  /** Why it stopped by itself; null: it did not. */
  readonly fatal: () => string | null;
  stop(): void;
}

export interface Ensemble {
  readonly servers: readonly RunningServer[];
  readonly leader: RunningServer;
  readonly followers: readonly RunningServer[];
  /** Stops all servers and removes their files. */
  stop(): void;
}

export interface StartOptions {
  /** Keys of zoo.cfg. */
  readonly config?: Readonly<Record<string, string>>;
  /** Puts something between the server and the machine. */
  readonly env?: (env: Env) => Env;
}

/** Starts `count` servers, and resolves when all of them serve. */
export async function startServers(count: number, options: StartOptions = {}): Promise<Ensemble> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryServers(count, options);
    } catch (error) {
      // A port that was free a moment ago was given to somebody else meanwhile.
      if (attempt === START_ATTEMPTS_MAX || !String(error).includes("in use")) throw error;
    }
  }
}

async function tryServers(count: number, options: StartOptions): Promise<Ensemble> {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const linkPorts = count === 1 ? [] : await freePorts(count);
  const servers: RunningServer[] = [];
  const stop = (): void => {
    for (const running of servers) running.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (let id = 1; id <= count; id++) {
      const config: Record<string, string> = { ...DEFAULTS, ...options.config };
      linkPorts.forEach((port, index) => (config[`server.${index + 1}`] = `127.0.0.1:${port}`));
      servers.push(await startServer(id, join(directory, `${id}`), config, options.env));
    }
    await Promise.all(servers.map(({ log }) => log.waitFor("serving as")));
  } catch (error) {
    stop();
    throw error;
  }
  const leads = ({ server }: RunningServer): boolean => server.status().state === "LEADING";
  return {
    servers,
    get leader() {
      return servers.find(leads) as RunningServer;
    },
    get followers() {
      return servers.filter((running) => !leads(running));
    },
    stop,
  };
}

/** Starts one server on `dataDir`; resolves when its ports are open. */
export async function startServer(
  id: number,
  dataDir: string,
  settings: Readonly<Record<string, string>>,
  wrap: (env: Env) => Env = (env) => env,
): Promise<RunningServer> {
  const keys = { clientPort: "0", clientPortAddress: "127.0.0.1", ...settings, dataDir };
  const lines = Object.entries({ ...keys, myid: `${id}` }).map(([key, value]) => `${key}=${value}`);
  const config = parseZooCfg(lines.join("\n"), "zoo.cfg");
  const log = new CapturedLog();
  const env = wrap(createNodeEnv({ log }));
  let fatal: string | null = null;
  const storageOptions = {
    sid: config.serverId,
    dataDir: config.dataDir,
    dataLogDir: config.dataLogDir,
    logFileMaxBytes: 64 * 1024 * 1024,
  };
  const server = new Server(
    env,
    config,
    (observer) => createStorage(env, storageOptions, observer),
    (reason) => (fatal = reason),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      server.start((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    server.stop();
    throw error;
  }
  return {
    id,
    server,
    log,
    port: Number(server.status().clientAddress?.split(":").at(-1)),
    linkPort: config.linkListenAddress?.port ?? null,
    dataDir,
    fatal: () => fatal,
    stop: () => server.stop(),
  };
}

/** Ports that were free a moment ago: all are held until the last one is known. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    listeners.map(
      (listener) =>
        new Promise<number>((resolve) =>
          listener.listen(0, "127.0.0.1", () => {
            const address = listener.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          }),
        ),
    ),
  );
  await Promise.all(listeners.map((listener) => new Promise((done) => listener.close(done))));
  return ports;
}
