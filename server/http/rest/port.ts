/**
 * The REST port: znodes over HTTP. Bounded in everything that a stranger could send or hold open: header
 * and body sizes, connections in all and from one address, requests that come before earlier ones are
 * answered, and the time that each takes. On one connection, requests are done one after the other.
 */
import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Log, NetAddress } from "../../env.ts";
import { closeAll, listenOn } from "../listen.ts";
import { Admission } from "../../net/admission.ts";
import type { ClientEntrance } from "../../net/client-entrance.ts";
import { ClientGone } from "./body.ts";
import { Clients } from "./clients.ts";
import { type Answered, exchange, type Gateway, refused } from "./exchange.ts";
import { Refusal } from "./refusal.ts";

export interface RestOptions {
  readonly address: NetAddress;
  /** maxClientCnxns: connections from one address, counted for this port alone; 0 is no limit. */
  readonly maxConnectionsPerAddress: number;
  readonly maxConnections?: number;
  /** How long the head of a request may take, and how long the whole. */
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface RestPort {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: NetAddress;
  /** Closes the port and every connection to it; sessions are left to their timeouts. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 256;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUTS_MS = 500;
const IDLE_TIMEOUT_MS = 30_000;
/** A client that takes nothing of its answer for so long is cut off. */
const SILENCE_TIMEOUT_MS = 60_000;
/** Requests of one connection that are not answered. */
const MAX_PIPELINED = 64;

/** Rejects with an error that names the address and the key to change when it cannot listen there. */
export async function startRestPort(
  entrance: ClientEntrance,
  options: RestOptions,
  clock: Clock,
  log: Log,
): Promise<RestPort> {
  const clients = new Clients(entrance);
  const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(headersTimeout, CHECK_TIMEOUTS_MS),
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    // This port says itself what is missing.
    requireHostHeader: false,
  });
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  server.timeout = SILENCE_TIMEOUT_MS;
  admit(server, options.maxConnectionsPerAddress, clock, log);
  serve(server, { entrance, clients, log });
  const names = { port: "the REST port", keys: "rest" };
  const address = await listenOn(server, options.address, names, log);
  return {
    address,
    close() {
      clients.stop();
      return closeAll(server);
    },
  };
}

function admit(server: Server, perAddress: number, clock: Clock, log: Log): void {
  const admission = new Admission({ perAddress, total: 0 }, clock, log);
  server.on("connection", (socket) => {
    const remote = `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
    if (admission.enter(remote)) socket.once("close", () => admission.leave(remote));
    else socket.destroy();
  });
}

/** What is under way on a connection. */
interface Lane {
  last: Promise<void>;
  waiting: number;
  isOver: boolean;
  /** Of which the body may still be on its way. */
  newest: IncomingMessage | null;
  /** Ends the wait for it. */
  readonly broken: AbortController;
}

function serve(server: Server, gateway: Gateway): void {
  const lanes = new WeakMap<object, Lane>();
  const laneOf = (socket: object): Lane => {
    const lane = lanes.get(socket) ?? {
      last: Promise.resolve(),
      waiting: 0,
      isOver: false,
      newest: null,
      broken: new AbortController(),
    };
    lanes.set(socket, lane);
    return lane;
  };
  const answer = (
    request: IncomingMessage,
    response: ServerResponse,
    mayContinue: boolean,
  ): void => {
    const lane = laneOf(request.socket);
    // Behind the last answer of a connection nothing counts.
    if (lane.isOver) return;
    const isTooMuch = lane.waiting >= MAX_PIPELINED;
    if (isTooMuch) lane.isOver = true;
    lane.waiting++;
    lane.newest = request;
    lane.last = lane.last.then(async () => {
      try {
        const said = isTooMuch
          ? tooMuch()
          : await answered(gateway, request, response, mayContinue, lane);
        // Whoever wants to speak another protocol may try that elsewhere: this one is not gone on with.
        const isLast = said.isLast || request.headers.upgrade !== undefined;
        if (isLast) lane.isOver = true;
        await send(request, response, { ...said, isLast });
      } catch (error) {
        lane.isOver = true;
        request.socket.destroy();
        if (!(error instanceof ClientGone))
          gateway.log.error({ err: error }, "the REST port could not send an answer");
      } finally {
        lane.waiting--;
      }
    });
  };
  server.on("request", (request, response) => answer(request, response, false));
  server.on("checkContinue", (request, response) => answer(request, response, true));
  server.on("checkExpectation", (request, response) => answer(request, response, false));
  server.on("connect", (request, socket) => {
    // It is not the HTTP server's any more: nobody else takes its errors.
    socket.on("error", () => socket.destroy());
    const refusal = new Refusal(501, "method CONNECT: this is no proxy");
    last(socket as Socket, laneOf(socket), refused(refusal, `CONNECT ${request.url ?? ""}`, true));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const lane = laneOf(socket);
    const refusal = refusalOfGarbage(error);
    // What is broken is the rest of a request that was begun: this is its answer.
    if (lane.waiting > 0 && lane.newest?.complete === false) lane.broken.abort(refusal);
    else last(socket as Socket, lane, refused(refusal, "", true));
  });
}

async function answered(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  mayContinue: boolean,
  lane: Lane,
): Promise<Answered> {
  if (request.socket.destroyed) throw new ClientGone();
  const begun = (): void => {
    if (mayContinue) response.writeContinue();
  };
  return await exchange(gateway, request, begun, lane.broken.signal);
}

function tooMuch(): Answered {
  const reason = `more than ${MAX_PIPELINED} requests without an answer on one connection`;
  return refused(new Refusal(503, reason), "", true);
}

/** Resolves when the system has taken all of it, or the client is gone: no second answer waits for it. */
function send(request: IncomingMessage, response: ServerResponse, said: Answered): Promise<void> {
  const headers: Record<string, string | number> = { ...COMMON, ...said.headers };
  const body = request.method === "HEAD" ? null : said.body;
  if (request.method !== "HEAD" && said.status !== 204)
    headers["Content-Length"] = body?.length ?? 0;
  if (said.isLast) headers["Connection"] = "close";
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.writeHead(said.status, headers);
    response.end(body ?? undefined);
  });
}

const COMMON = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

/** The answer to what is no request, behind those to all requests before it. */
function last(socket: Socket, lane: Lane, { status, headers, body }: Answered): void {
  if (lane.isOver) return;
  lane.isOver = true;
  void lane.last.then(() => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const all = { ...COMMON, ...headers, Connection: "close", "Content-Length": body?.length ?? 0 };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body?.toString() ?? ""}`,
    );
    // Whoever goes on sending, or takes no answer, does not hold the connection open.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.resume();
  });
}

const LINGER_MS = 1_000;

function refusalOfGarbage({ code, message }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal(431, `the headers are over ${MAX_HEADER_BYTES} bytes`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal(408, "the request did not come to its end in time");
    case "HPE_INVALID_METHOD":
      return new Refusal(
        501,
        "this begins with no method of HTTP, expected GET, HEAD, PUT, POST or DELETE",
      );
    default:
      return new Refusal(400, `this is no HTTP request: ${message}`);
  }
}
