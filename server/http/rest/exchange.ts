/** One request over HTTP: read, judged, asked, answered. */
import type { IncomingMessage } from "node:http";
import type { Log } from "../../env.ts";
import type { ClientEntrance } from "../../net/client-entrance.ts";
import { type Answer, json, type MediaType } from "./answer.ts";
import { ClientGone, readBody, refusedUnread } from "./body.ts";
import type { Clients } from "./clients.ts";
import { identify } from "./identity.ts";
import { route } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { Query } from "./parameters.ts";
import { CodeError, Refusal, refusalOf } from "./refusal.ts";
import { parseTarget } from "./target.ts";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "POST", "DELETE"]);
const BYTES = "application/octet-stream";
const JSON_TYPE = "application/json";
const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;
const MAX_SHOWN_CHARS = 1_024;

export interface Gateway {
  readonly entrance: ClientEntrance;
  readonly clients: Clients;
  readonly log: Log;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: Buffer | null;
  /** What else comes on the connection is not worth reading. */
  readonly isLast: boolean;
}

/**
 * Does what is asked. `begun` is called when nothing speaks against it so far, and the body may be sent;
 * `broken` says, by its reason, that no more of the body can come. Never rejects but with `ClientGone`.
 */
export async function exchange(
  gateway: Gateway,
  request: IncomingMessage,
  begun: () => void,
  broken: AbortSignal,
): Promise<Answered> {
  let operation: Operation | null = null;
  let isAuthenticated = false;
  try {
    const asking = begin(gateway, request);
    ({ operation, isAuthenticated } = asking);
    begun();
    const body = await readBody(
      request,
      operation.takes === null ? 0 : gateway.entrance.maxFrameBytes,
      broken,
    );
    return accepted(await operation.run({ ...asking, body }));
  } catch (error) {
    if (error instanceof ClientGone) throw error;
    const attempt = { isCreate: operation?.id === "createZnode", isAuthenticated };
    const refusal = refusalFrom(gateway, request, error, attempt);
    // With some of the body unread, it would be taken for the next request.
    return refused(refusal, shown(request), !request.complete);
  }
}

/** Everything that shows without the body. */
function begin(gateway: Gateway, request: IncomingMessage) {
  const { method = "", url = "", headers, socket } = request;
  if (!METHODS.has(method))
    throw new Refusal(501, `method ${method}: expected ${[...METHODS].join(", ")}`);
  if (headers.origin !== undefined)
    throw new Refusal(403, "Origin: pages in browsers are not served here");
  if (headers.host === undefined && request.httpVersionMinor > 0)
    throw new Refusal(400, "Host: missing");
  const target = parseTarget(url);
  const found = route(method, target.segments);
  if (found.kind === "unknownPath")
    throw new Refusal(
      404,
      "unknown path, expected one of /openapi.json: /znodes/v1/PATH, /sessions/v1",
    );
  if (found.kind === "wrongMethod") {
    const allow = found.allowed.join(", ");
    throw new Refusal(405, `method ${method}: expected ${allow}`, { headers: { Allow: allow } });
  }
  const { operation, rest } = found;
  if (operation.takes !== null)
    checkContentType(headers["content-type"], headers["content-encoding"]);
  const unread = refusedUnread(
    request,
    operation.takes === null ? 0 : gateway.entrance.maxFrameBytes,
  );
  if (unread !== null) throw unread;
  const { authIds, isAuthenticated } = identify(
    socket.remoteAddress ?? "",
    socket.remotePort ?? 0,
    headers.authorization,
    gateway.entrance.access,
  );
  const query = new Query(operation.query, target.query);
  const wants = wanted(headers.accept);
  const { clients } = gateway;
  return {
    operation,
    clients,
    authIds,
    isAuthenticated,
    rest,
    query,
    wants,
    base: baseOf(request),
  };
}

function checkContentType(type: string | undefined, encoding: string | undefined): void {
  const isBytes = type === undefined || /^application\/octet-stream\s*(;|$)/i.test(type);
  if (!isBytes) throw new Refusal(415, `Content-Type: found ${quoted(type)}, expected ${BYTES}`);
  if (encoding !== undefined && encoding !== "identity")
    throw new Refusal(415, `Content-Encoding: found ${quoted(encoding)}, expected none`);
}

/** The type of the answer: the first in `Accept`, the most wanted first, that there is. */
function wanted(accept: string | undefined): MediaType {
  if (accept === undefined) return JSON_TYPE;
  const ranges = accept.split(",").map((part) => {
    const [type = "", ...parameters] = part.split(";").map((word) => word.trim().toLowerCase());
    const quality = parameters.find((one) => one.startsWith("q="));
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
  });
  const usable = ranges.filter(({ quality }) => quality > 0);
  for (const { type } of usable.sort((a, b) => b.quality - a.quality)) {
    if (type === JSON_TYPE || type === "application/*" || type === "*/*") return JSON_TYPE;
    if (type === BYTES) return BYTES;
  }
  throw new Refusal(406, `Accept: found ${quoted(accept)}, expected ${JSON_TYPE} or ${BYTES}`);
}

function baseOf({ headers, socket }: IncomingMessage): string {
  const { host } = headers;
  if (host !== undefined && AUTHORITY.test(host)) return `http://${host}`;
  const address = socket.localAddress ?? "127.0.0.1";
  return `http://${address.includes(":") ? `[${address}]` : address}:${socket.localPort ?? 0}`;
}

function refusalFrom(
  { log }: Gateway,
  request: IncomingMessage,
  error: unknown,
  attempt: Parameters<typeof refusalOf>[1],
): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof CodeError) return refusalOf(error, attempt);
  log.error({ err: error, request: shown(request) }, "the REST port could not answer a request");
  return new Refusal(500, "the gateway has an error, see the server's log", { definite: false });
}

function accepted({ status, headers, body, type }: Answer): Answered {
  const typed = body === null ? {} : { "Content-Type": type };
  return { status, headers: { ...typed, ...headers }, body, isLast: false };
}

/** The answer that says no. `request` is how the request is called in it. */
export function refused(refusal: Refusal, request: string, isLast: boolean): Answered {
  const { body } = json(200, refusal.body(request));
  const headers = { "Content-Type": JSON_TYPE, ...refusal.headers };
  return { status: refusal.status, headers, body, isLast };
}

function shown({ method = "", url = "" }: IncomingMessage): string {
  return `${method} ${url}`.slice(0, MAX_SHOWN_CHARS);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
