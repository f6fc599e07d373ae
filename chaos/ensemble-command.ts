/**
 * What `npm run ensemble` does: a local ensemble with direct links, until it is told to end.
 */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { ConfigError } from "../server/config.ts";
import type { CrashRecord } from "../results/history.ts";
import { startLocalEnsemble } from "./engines/local.ts";
import type { LocalEnsemble, LocalEnsembleOptions } from "./engines/local.ts";
import { SERVERS_MAX } from "./engines/local/options.ts";
import { PortInUseError } from "./engines/local/ports.ts";

/** design.md §5: usage and configuration errors are 2. */
const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Levels of the servers' log lines that a person is not shown. */
const QUIET_LEVELS: ReadonlySet<string> = new Set(["trace", "debug", "info"]);

export interface EnsembleIo {
  /** Writes a line. */
  out(line: string): void;
  err(line: string): void;
  /** Aborted when the ensemble is to end (SIGINT, SIGTERM). */
  readonly end: AbortSignal;
  /** The program that is run for each server. */
  readonly serverMain?: string;
}

interface Flags {
  readonly servers: number;
  readonly observers: number;
  readonly clientPort: number;
  readonly data?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly json: boolean;
}

/** Runs the command and resolves with its exit code when nothing of the ensemble is left. */
export async function runEnsemble(args: readonly string[], io: EnsembleIo): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(args, io);
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    throw error;
  }
  const everyServerEnded = new AbortController();
  let ensemble: LocalEnsemble | null = null;
  const crashed = (crash: CrashRecord): void => {
    // During the start the ends of servers are in the error that it throws.
    if (ensemble === null) return;
    for (const line of crashLines(crash)) io.err(line);
    if (ensemble.servers.every((server) => server.pid === null)) everyServerEnded.abort();
  };
  try {
    const count = flags.servers + flags.observers;
    if (!flags.json) io.err(`Starting ${count === 1 ? "a server" : `${count} servers`} …`);
    ensemble = await startLocalEnsemble(ensembleOptions(flags, io, crashed));
    await announce(ensemble, flags, io);
    await untilAborted(AbortSignal.any([io.end, everyServerEnded.signal]));
    if (!everyServerEnded.signal.aborted) return EXIT_OK;
    io.err("All servers have ended.");
    return EXIT_FAILED;
  } catch (error) {
    if (io.end.aborted) return EXIT_OK;
    return tellError(error as Error, io);
  } finally {
    if (ensemble !== null) {
      await ensemble.stop();
      if (!flags.json) io.err("Stopped.");
    }
  }
}

function ensembleOptions(
  flags: Flags,
  io: EnsembleIo,
  crashed: (crash: CrashRecord) => void,
): LocalEnsembleOptions {
  return {
    servers: flags.servers,
    observers: flags.observers,
    proxied: false,
    config: flags.set,
    clientPort: flags.clientPort,
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
    ...(io.serverMain === undefined ? {} : { serverMain: io.serverMain }),
    log: (server, line) => {
      if (flags.json || isWarning(line)) io.err(`server ${server}: ${line}`);
    },
    crashed,
    signal: io.end,
  };
}

function parseFlags(args: readonly string[], io: EnsembleIo): Flags {
  const command = new Command("npm run ensemble --")
    .description("Runs a local ensemble of reference servers until SIGINT or SIGTERM.")
    .option(
      "--servers <n>",
      `how many voting servers, 1 to ${SERVERS_MAX}`,
      wholeNumber(1, SERVERS_MAX),
      3,
    )
    .option(
      "--observers <n>",
      "how many observers besides: servers that follow without a vote",
      wholeNumber(0, SERVERS_MAX - 1),
      0,
    )
    .option(
      "--client-port <port>",
      "client port of server 1; the next servers get the next ports",
      wholeNumber(1, 65_535),
      2181,
    )
    .option("--data <dir>", "keeps the data there and starts from it; without it, none is kept")
    .option("--set <key=value>", "gives every server a zoo.cfg key; may be repeated", setting, {})
    .option("--json", "one line of JSON on stdout once it serves, all logs on stderr", false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
    .parse([...args], { from: "user" });
  const flags = command.opts<Flags>();
  const count = flags.servers + flags.observers;
  if (count > SERVERS_MAX) {
    command.error(
      `error: --servers ${flags.servers} and --observers ${flags.observers} make ${count}, ` +
        `expected at most ${SERVERS_MAX} together`,
    );
  }
  const lastPort = flags.clientPort + count - 1;
  if (lastPort > 65_535) {
    command.error(
      `error: --client-port ${flags.clientPort} gives server ${count} port ${lastPort}, ` +
        `expected at most ${65_536 - count}`,
    );
  }
  return flags;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function setting(text: string, earlier: Flags["set"]): Flags["set"] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new InvalidArgumentError("Expected KEY=VALUE, as in tickTime=2000.");
  const key = text.slice(0, equals).trim();
  if (Object.hasOwn(earlier, key)) throw new InvalidArgumentError(`${key} is set twice.`);
  return { ...earlier, [key]: text.slice(equals + 1).trim() };
}

async function announce(ensemble: LocalEnsemble, flags: Flags, io: EnsembleIo): Promise<void> {
  const leader = await ensemble.leader();
  const servers = ensemble.servers.map(({ id, pid, clientAddress, admin, role }) => {
    return { id, pid, client: clientAddress, admin, role };
  });
  if (flags.json) {
    io.out(JSON.stringify({ servers, leader }));
    return;
  }
  const connectString = servers.map((server) => server.client).join(",");
  const { length } = servers;
  io.out(`${length === 1 ? "One server serves" : `${length} servers serve`}; ${leader} leads.`);
  io.out("");
  for (const { id, client, admin, pid, role } of servers) {
    const part = role === "observer" ? "  observer" : "";
    io.out(
      `  server ${id}  clients ${client}  admin http://${admin}/commands/status  pid ${pid}${part}`,
    );
  }
  io.out("");
  io.out(`Connect any ZooKeeper client to  ${connectString}`);
  io.out(`  npm run cli -- -server ${connectString}`);
  io.out(`  zkCli.sh -server ${connectString}`);
  io.out(
    `  python3 -c 'from kazoo.client import KazooClient; KazooClient("${connectString}").start()'`,
  );
  io.out("");
  const kept = flags.data === undefined ? "removed at the end" : "kept";
  io.out(`Data and logs are in ${ensemble.directory} (${kept}). Ctrl-C ends the ensemble.`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function tellError(error: Error, io: EnsembleIo): number {
  const usage = error instanceof ConfigError || error instanceof PortInUseError;
  for (const line of error.message.split("\n")) io.err(line);
  return usage ? EXIT_USAGE : EXIT_FAILED;
}

function crashLines({ server, exit, lastLines }: CrashRecord): readonly string[] {
  return [`server ${server} ended: ${exit}`, ...lastLines.map((line) => `  ${line}`)];
}

/** A log line at warn or above, or one that is no JSON: then it is a runtime's last words. */
function isWarning(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    return typeof level !== "string" || !QUIET_LEVELS.has(level);
  } catch {
    return true;
  }
}
