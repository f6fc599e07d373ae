import { randomInt } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command, InvalidArgumentError } from "commander";
import { createApi } from "./api.ts";
import { createMetrics } from "./metrics.ts";
import { ProxyCollection } from "./proxy-collection.ts";
import { seededRandom } from "./seeded-random.ts";
import { VERSION } from "./version.ts";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly seed?: number;
  readonly json: boolean;
  readonly exitWithParent: boolean;
}

function integer(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${max}.`);
  };
}

const options = new Command("proxy")
  .description("A TCP fault proxy with Toxiproxy's HTTP API and toxics.")
  .option("--host <host>", "address of the HTTP API", "127.0.0.1")
  .option("--port <port>", "port of the HTTP API; 0 takes a free one", integer(65_535), 8474)
  .option("--seed <seed>", "makes toxicity, jitter and slices repeatable", integer(2 ** 32 - 1))
  .option("--json", 'print {"url"} on one line when it listens', false)
  .option("--exit-with-parent", "exit when standard input or the IPC channel closes", false)
  .version(VERSION)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
  .opts<Options>();

const seed = options.seed ?? randomInt(2 ** 32);
const collection = new ProxyCollection(seededRandom(seed));
const server = createServer(createApi(collection, createMetrics(collection)));

function shutDown(): void {
  // The system closes the listeners and connections; nothing else is ours to tidy up.
  process.exit(0);
}

process.on("SIGTERM", shutDown);
process.on("SIGINT", shutDown);
if (options.exitWithParent) {
  process.stdin.on("end", shutDown).on("close", shutDown).on("error", shutDown).resume();
  process.on("disconnect", shutDown);
}

server.on("error", (error: NodeJS.ErrnoException) => {
  const hint = error.code === "EADDRINUSE" ? "; choose another --port, or 0 for a free one" : "";
  console.error(`Cannot listen on ${options.host}:${options.port}: ${error.message}${hint}`);
  process.exit(2);
});
server.listen({ host: options.host, port: options.port }, () => {
  const { address, family, port } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  if (options.json) console.log(JSON.stringify({ url }));
  else console.log(`Fault proxy ${VERSION} listens on ${url}, seed ${seed}`);
});
