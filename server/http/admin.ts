/**
 * The admin port: commands as JSON and /metrics, over HTTP. It only reads, takes no body, and is
 * bounded in everything that a stranger could send. Who may reach it is a matter of the address it
 * listens on (admin.serverAddress, loopback by default).
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log, NetAddress } from "../env.ts";
import { COMMANDS } from "./commands.ts";
import { createMetricsPage } from "./metrics.ts";
import type { MetricsPage } from "./metrics.ts";
import type { ServerView } from "./view.ts";

const MAX_HEADER_BYTES = 8 * 1024;
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;

const PATHS: readonly string[] = [...Object.keys(COMMANDS), "/metrics"];

export interface AdminServer {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: NetAddress;
  /** Closes the port and every connection to it. */
  close(): Promise<void>;
}

/**
 * Listens on `address`. Rejects with an error that names the address and the key to change when that
 * is not possible.
 */
export async function startAdminServer(
  view: ServerView,
  address: NetAddress,
  log: Log,
): Promise<AdminServer> {
  const metrics = createMetricsPage(view);
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("request", (request, response) => {
    answer(view, metrics, request, response).catch((error: unknown) => {
      log.error({ err: error, url: request.url }, "the admin port could not answer a request");
      if (!response.headersSent) sendJson(response, 500, { error: "internal error, see the log" });
      else response.destroy();
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(address.port, address.host, resolve);
    });
  } catch (error) {
    metrics.close();
    throw listenError(address, error as NodeJS.ErrnoException);
  }
  server.on("error", (error) => log.error({ err: error }, "the admin port has a problem"));
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: address.host, port },
    close() {
      metrics.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function listenError({ host, port }: NetAddress, error: NodeJS.ErrnoException): Error {
  const reason =
    error.code === "EADDRINUSE"
      ? "the port is in use; set admin.serverPort to another one, or to 0 for any free one"
      : `${error.message}; see admin.serverAddress and admin.serverPort`;
  return new Error(`the admin port cannot listen on ${host}:${port}: ${reason}`, { cause: error });
}

async function answer(
  view: ServerView,
  metrics: MetricsPage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    refuse(response, 405, `${request.method} is not allowed, expected GET or HEAD`);
    return;
  }
  if (hasBody(request)) {
    refuse(response, 413, "a request has no body here");
    return;
  }
  const url = URL.parse(request.url ?? "/", "http://admin");
  if (url === null) {
    refuse(response, 400, "the request's target is not a path");
    return;
  }
  if (url.pathname === "/metrics") {
    const page = await metrics.render();
    send(response, 200, metrics.contentType, page);
    return;
  }
  const command = Object.hasOwn(COMMANDS, url.pathname) ? COMMANDS[url.pathname] : undefined;
  if (command === undefined) {
    sendJson(response, 404, { error: "unknown path", paths: PATHS });
    return;
  }
  const result = command(view, url.searchParams);
  if (result.ok) sendJson(response, 200, result.body);
  else sendJson(response, 400, { error: result.error });
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || Number(length ?? 0) > 0;
}

/** Says no and ends the connection: what else comes on it is not worth reading. */
function refuse(response: ServerResponse, status: number, error: string): void {
  response.setHeader("Connection", "close");
  sendJson(response, status, { error });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, "application/json; charset=utf-8", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}
