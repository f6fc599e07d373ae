/**
 * `node server/main.ts ZOO.CFG [--exit-with-parent]`: one server, until SIGTERM or SIGINT.
 *
 * Exit codes: 0 stopped as asked; 1 the server had to stop (the log says why); 2 the configuration or
 * the data directory cannot be used as it is.
 */
import { Command } from "commander";
import { ConfigError } from "./config.ts";
import type { ServerConfig } from "./config.ts";
import { type AdminServer, startAdminServer } from "./http/admin.ts";
import { type RestPort, startRestPort } from "./http/rest/port.ts";
import { createLog, createNodeEnv } from "./node-env.ts";
import { DRAIN_LIMIT_MS, Server } from "./server.ts";
import { createStorage } from "./storage/file-storage.ts";
import { StorageError } from "./storage/storage.ts";
import { loadZooCfg } from "./zoo-cfg.ts";

const EXIT_FATAL = 1;
const EXIT_USAGE = 2;
const LOG_FILE_MAX_BYTES = 64 * 1024 * 1024;

function readConfig(fileName: string): ServerConfig {
  try {
    return loadZooCfg(fileName);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) console.error(problem);
    process.exit(EXIT_USAGE);
  }
}

/** Why the data directory cannot be used; null: something else went wrong. */
function storageProblem(error: unknown): string | null {
  if (error instanceof StorageError) return error.message;
  // The system's own (no permission, not a directory, no space), which names the path.
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return null;
  return `${error.message}; make it readable and writable, with space left, or choose another one`;
}

async function run(fileName: string, options: { exitWithParent?: boolean }): Promise<void> {
  const config = readConfig(fileName);
  const log = createLog({ level: "info", name: `server-${config.serverId}` });
  for (const warning of config.warnings) log.warn({}, warning);
  process.on("uncaughtException", (error) => {
    log.error({ err: error }, "stopping: an error that nothing here has foreseen");
    process.exit(EXIT_FATAL);
  });
  const env = createNodeEnv({ log });
  const storageOptions = {
    sid: config.serverId,
    dataDir: config.dataDir,
    dataLogDir: config.dataLogDir,
    logFileMaxBytes: LOG_FILE_MAX_BYTES,
  };
  let server: Server;
  try {
    server = new Server(
      env,
      config,
      (observer) => createStorage(env, storageOptions, observer),
      () => process.exit(EXIT_FATAL),
    );
  } catch (error) {
    const reason = storageProblem(error);
    if (reason === null) throw error;
    const { dataDir, dataLogDir, fileName } = config;
    log.error({ dataDir, dataLogDir }, `${fileName}: dataDir or dataLogDir: ${reason}`);
    process.exit(EXIT_USAGE);
  }
  let admin: AdminServer | null = null;
  let rest: RestPort | null = null;
  let stopping = false;
  const end = (): void => {
    const closed = Promise.all([admin?.close(), rest?.close()]);
    void closed.finally(() => process.exit(0));
  };
  const stop = (signal: string): void => {
    log.info({ signal }, stopping ? "stopping at once" : "stopping");
    if (stopping) end();
    else server.drain(DRAIN_LIMIT_MS, end);
    stopping = true;
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (options.exitWithParent) {
    // The parent holds the other end of stdin: when it is gone, however it died, so are we.
    process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0));
    process.stdin.resume();
  }
  try {
    if (config.adminEnabled)
      admin = await startAdminServer(server, config.adminAddress, log, server.words);
    await new Promise<void>((resolve, reject) =>
      server.start((error) => (error ? reject(error) : resolve())),
    );
    if (config.restAddress !== null) {
      const { restAddress: address, maxConnectionsPerAddress } = config;
      rest = await startRestPort(
        server.entrance,
        { address, maxConnectionsPerAddress },
        env.clock,
        log,
      );
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({}, `${config.fileName}: ${reason}`);
    process.exit(EXIT_USAGE);
  }
  const { clientAddress } = server.status();
  const where = { clientAddress, admin: admin?.address ?? null, rest: rest?.address ?? null };
  log.info({ ...where, dataDir: config.dataDir }, "listening");
}

await new Command("server")
  .description("One coordination server, configured as ZooKeeper is.")
  .argument("<zoo.cfg>", "the configuration file")
  .option("--exit-with-parent", "exit when stdin is closed")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .action(run)
  .parseAsync();
