/**
 * The admin port: commands as JSON and /metrics, over HTTP. It takes no body, and is bounded in everything
 * that a stranger could send. Who may reach it is a matter of the address it listens on
 * (admin.serverAddress, loopback by default).
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log, NetAddress } from "../env.ts";
import type { WordSource } from "../net/four-letter/source.ts";
import { COMMANDS } from "./commands.ts";
import { closeAll, listenOn } from "./listen.ts";
import { createMetricsPage } from "./metrics.ts";
import type { MetricsPage } from "./metrics.ts";
import type { ServerView } from "./view.ts";
import { NOT_SERVING, PRIMARY_NAMES, zooKeeperAnswer } from "./zookeeper/registry.ts";
import {
  RESTORE_NAMES,
  RESTORE_REFUSAL,
  SNAPSHOT_NAMES,
  SnapshotCommand,
} from "./zookeeper/snapshot-command.ts";

const MAX_HEADER_BYTES = 8 * 1024;
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;

const COMMANDS_PREFIX = "/commands/";
const NAMES = [...PRIMARY_NAMES, "snapshot", "restore"].map((name) => COMMANDS_PREFIX + name);
const PATHS: readonly string[] = [...[...Object.keys(COMMANDS), ...NAMES].toSorted(), "/metrics"];

/** A link for each command, as ZooKeeper has it. */
const COMMANDS_PAGE = PATHS.map(
  (path) => `<a href="${path}">${path.split("/").at(-1)}</a>\n<br/>\n`,
).join("");

/** What requests are answered from. */
interface Sources {
  readonly view: ServerView;
  readonly words: WordSource | null;
  readonly snapshot: SnapshotCommand | null;
  readonly metrics: MetricsPage;
}

export interface AdminServer {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: NetAddress;
  /** Closes the port and every connection to it. */
  close(): Promise<void>;
}

/**
 * Listens on `address`. Rejects with an error that names the address and the key to change when that
 * is not possible. Without `words` ZooKeeper's commands say that nobody is served.
 */
export async function startAdminServer(
  view: ServerView,
  address: NetAddress,
  log: Log,
  words: WordSource | null = null,
): Promise<AdminServer> {
  const metrics = createMetricsPage(view);
  const snapshot = words && new SnapshotCommand(words, () => performance.now());
  const sources: Sources = { view, words, snapshot, metrics };
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("request", (request, response) => {
    answer(sources, request, response).catch((error: unknown) => {
      log.error({ err: error, url: request.url }, "the admin port could not answer a request");
      if (!response.headersSent) sendJson(response, 500, { error: "internal error, see the log" });
      else response.destroy();
    });
  });
  try {
    const names = { port: "the admin port", keys: "admin" };
    const listening = await listenOn(server, address, names, log);
    return {
      address: listening,
      close() {
        metrics.close();
        return closeAll(server);
      },
    };
  } catch (error) {
    metrics.close();
    throw error;
  }
}

async function answer(
  sources: Sources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://admin");
  const name = url === null ? "" : commandName(url.pathname);
  if (RESTORE_NAMES.has(name)) {
    refuse(response, 501, { command: "restore", error: RESTORE_REFUSAL });
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    refuse(response, 405, { error: `${request.method} is not allowed, expected GET or HEAD` });
    return;
  }
  if (hasBody(request)) {
    refuse(response, 413, { error: "a request has no body here" });
    return;
  }
  if (url === null) {
    refuse(response, 400, { error: "the request's target is not a path" });
    return;
  }
  if (url.pathname === "/metrics") {
    const { metrics } = sources;
    send(response, 200, metrics.contentType, await metrics.render());
  } else if (url.pathname === "/commands" || url.pathname === COMMANDS_PREFIX) {
    send(response, 200, "text/html; charset=utf-8", COMMANDS_PAGE);
  } else if (SNAPSHOT_NAMES.has(name)) await answerSnapshot(sources, url, request, response);
  else answerCommand(sources, url, name, response);
}

function answerCommand(
  { view, words }: Sources,
  { pathname, searchParams }: URL,
  name: string,
  response: ServerResponse,
): void {
  const own = Object.hasOwn(COMMANDS, pathname) ? COMMANDS[pathname] : undefined;
  if (own === undefined) {
    const body = zooKeeperAnswer(name, words, searchParams);
    if (body !== null) sendJson(response, 200, body);
    else if (name === "") sendJson(response, 404, { error: "unknown path", paths: PATHS });
    else {
      const error = `Unknown command: ${name.slice(0, 60)}`;
      sendJson(response, 404, { command: name.slice(0, 60), error, paths: PATHS });
    }
    return;
  }
  const result = own(view, searchParams);
  if (result.ok) sendJson(response, 200, result.body);
  else sendJson(response, 400, { error: result.error });
}

async function answerSnapshot(
  { snapshot }: Sources,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  const result = await snapshot?.run({
    query: url.searchParams,
    authorization: request.headers.authorization ?? null,
    remote: `${remoteAddress}:${remotePort}`,
  });
  if (result === undefined) {
    sendJson(response, 200, { command: "snapshot", error: NOT_SERVING });
    return;
  }
  for (const [header, value] of Object.entries(result.headers)) response.setHeader(header, value);
  if (result.file !== null) send(response, 200, "application/octet-stream", result.file);
  else sendJson(response, result.status, { command: "snapshot", error: result.error });
}

/** What comes behind `/commands/`; "" if the path is another one. */
function commandName(pathname: string): string {
  return pathname.startsWith(COMMANDS_PREFIX) ? pathname.slice(COMMANDS_PREFIX.length) : "";
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || Number(length ?? 0) > 0;
}

/** Says no and ends the connection: what else comes on it is not worth reading. */
function refuse(response: ServerResponse, status: number, body: object): void {
  response.setHeader("Connection", "close");
  sendJson(response, status, body);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, "application/json; charset=utf-8", `${JSON.stringify(body)}\n`);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  content: string | Buffer,
): void {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}
