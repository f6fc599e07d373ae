/**
 * Znodes over HTTP: resources in the shape of ZooKeeper's REST contrib. Every request runs as a client's,
 * with its rights and limits; what a stranger can send is bounded. Off unless rest.enabled; who may reach
 * it is a matter of rest.serverAddress (loopback by default).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log, NetAddress } from "../../env.ts";
import { type Answer, refused, RETRY } from "./answer.ts";
import { type AcceptClient, NotServedError } from "./inner-client.ts";
import { OPENAPI } from "./openapi.ts";
import { type Asker, SessionPool, TooManySessionsError } from "./session-pool.ts";
import {
  createZnode,
  deleteZnode,
  getZnode,
  setZnode,
  type ZnodeRequest,
  ZNODES,
} from "./znodes.ts";

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_EXPIRE_S = 3_600;

const SESSIONS = "/sessions/v1";
const OPENAPI_PATH = "/openapi.json";

export interface RestGateway {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: NetAddress;
  /** Closes the port, every connection to it, and the sessions that it has opened. */
  close(): Promise<void>;
}

export interface RestOptions {
  readonly address: NetAddress;
  /** The longest body, in bytes. */
  readonly maxBodyBytes: number;
}

/** Rejects with an error that names the address and the key to change when the port cannot be had. */
export async function startRestGateway(
  accept: AcceptClient,
  { address, maxBodyBytes }: RestOptions,
  log: Log,
): Promise<RestGateway> {
  const sessions = new SessionPool(accept, () => performance.now());
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("request", (request, response) => {
    answer(sessions, maxBodyBytes, request)
      .catch((error: unknown) => answerTo(error, request, log))
      .then((answered) => send(request, response, answered))
      .catch(() => response.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(address.port, address.host, resolve);
    });
  } catch (error) {
    sessions.close();
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "the port is in use" : message;
    throw new Error(
      `znodes over HTTP cannot listen on ${address.host}:${address.port}: ${reason}; set ` +
        "rest.serverPort (0: any free one) and rest.serverAddress",
      { cause: error },
    );
  }
  server.on("error", (error) => log.error({ err: error }, "the HTTP port of znodes has a problem"));
  return {
    address: { host: address.host, port: (server.address() as AddressInfo).port },
    close() {
      sessions.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function answer(
  sessions: SessionPool,
  maxBodyBytes: number,
  request: IncomingMessage,
): Promise<Answer> {
  const url = URL.parse(request.url ?? "", "http://znodes");
  const pathname = url === null ? null : decodedPath(url.pathname);
  if (url === null || pathname === null) return refused(400, "the request's target is not a path");
  const { method = "GET" } = request;
  if (pathname === OPENAPI_PATH) {
    return method === "GET" ? { status: 200, body: OPENAPI } : notAllowed(method, "GET");
  }
  const asker = askerOf(request);
  if (asker === null) {
    return refused(400, "Authorization: expected Basic, with base64 of user:password");
  }
  const body = await bodyOf(request, maxBodyBytes);
  if (body === null) return refused(413, `the body: expected ${maxBodyBytes} bytes at most`);
  const query = url.searchParams;
  if (pathname === SESSIONS || pathname.startsWith(`${SESSIONS}/`)) {
    const id = pathname.slice(SESSIONS.length + 1);
    return await answerSession(sessions, asker, method, id, query, originOf(request));
  }
  if (pathname !== ZNODES && !pathname.startsWith(`${ZNODES}/`)) {
    return refused(404, `expected ${ZNODES}/PATH, ${SESSIONS}/ID or ${OPENAPI_PATH}`);
  }
  const znode = {
    path: pathname.slice(ZNODES.length).replace(/(.)\/$/, "$1") || "/",
    query,
    body,
    origin: originOf(request),
    isKnown: asker.digest !== null,
  };
  return await answerZnode(sessions, asker, method, znode);
}

async function answerZnode(
  sessions: SessionPool,
  asker: Asker,
  method: string,
  request: ZnodeRequest,
): Promise<Answer> {
  const id = request.query.get("session");
  const ephemeral = request.query.get("ephemeral") === "true";
  if (ephemeral && id === null) return refused(400, "ephemeral: expected a session, too");
  if (!["GET", "HEAD", "PUT", "POST", "DELETE"].includes(method)) {
    return notAllowed(method, "GET, HEAD, PUT, POST, DELETE");
  }
  const client = id === null ? await sessions.of(asker) : sessions.named(id);
  if (client === null) return refused(410, "session: it is over, or never was");
  switch (method) {
    case "PUT":
      return await setZnode(client, request);
    case "POST":
      return await createZnode(client, request, ephemeral);
    case "DELETE":
      return await deleteZnode(client, request);
    default:
      return await getZnode(client, request);
  }
}

async function answerSession(
  sessions: SessionPool,
  asker: Asker,
  method: string,
  id: string,
  query: URLSearchParams,
  origin: string,
): Promise<Answer> {
  if (id === "") {
    if (method !== "POST") return notAllowed(method, "POST");
    if (query.get("op") !== "create") return refused(400, "op: expected create");
    const seconds = Number(query.get("expire") ?? "");
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_EXPIRE_S) {
      return refused(400, `expire: expected whole seconds from 1 to ${MAX_EXPIRE_S}`);
    }
    const begun = await sessions.begin(asker, seconds * 1_000);
    const uri = `${origin}${SESSIONS}/${begun}`;
    return { status: 201, body: { id: begun, uri }, headers: { Location: uri } };
  }
  const over = refused(404, "session: it is over, or never was");
  if (method === "PUT") return sessions.named(id) === null ? over : { status: 200, body: { id } };
  if (method === "DELETE") return (await sessions.end(id)) ? { status: 204, body: null } : over;
  return notAllowed(method, "PUT, DELETE");
}

function notAllowed(method: string, allowed: string): Answer {
  return refused(405, `${method} is not allowed, expected ${allowed}`, { Allow: allowed });
}

function answerTo(error: unknown, request: IncomingMessage, log: Log): Answer {
  if (error instanceof NotServedError) return refused(503, error.message, RETRY);
  if (error instanceof TooManySessionsError) return refused(503, error.message, RETRY);
  log.error({ err: error, method: request.method }, "a request for a znode could not be answered");
  return refused(500, "internal error, see the log");
}

/** Null: it is longer than that. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Null: it claims to be somebody in a way that is not understood. */
function askerOf({ headers, socket }: IncomingMessage): Asker | null {
  const { remoteAddress = "", remotePort = 0 } = socket;
  const host = remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress;
  const remote = `${host}:${remotePort}`;
  if (headers.authorization === undefined) return { remote, digest: null };
  const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(headers.authorization)?.[1];
  const digest = basic === undefined ? "" : Buffer.from(basic, "base64").toString("utf8");
  return digest.includes(":") ? { remote, digest } : null;
}

function decodedPath(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function originOf({ headers, socket }: IncomingMessage): string {
  const { localAddress = "", localPort = 0 } = socket;
  const host = headers.host ?? (localAddress.includes(":") ? `[${localAddress}]` : localAddress);
  return `http://${/^[\w.:[\]-]+$/.test(host) ? host : `localhost:${localPort}`}`;
}

function send(request: IncomingMessage, response: ServerResponse, answered: Answer): void {
  const text = answered.body === null ? "" : `${JSON.stringify(answered.body)}\n`;
  const body = Buffer.from(text);
  // What was not read of a body would be taken for the next request.
  if (!request.complete) response.setHeader("Connection", "close");
  response.writeHead(answered.status, {
    ...(answered.body === null ? {} : { "Content-Type": "application/json; charset=utf-8" }),
    ...(answered.status === 204 ? {} : { "Content-Length": body.length }),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...answered.headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
