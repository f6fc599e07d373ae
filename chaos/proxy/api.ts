import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { ApiError } from "./api-error.ts";
import type { ProxyCollection } from "./proxy-collection.ts";
import { readProxy, readProxyList, readToxic } from "./request-body.ts";
import { toxicJson } from "./toxic.ts";
import { VERSION } from "./version.ts";

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Handler = (request: IncomingMessage, proxy: string, toxic: string) => Promise<Reply>;

interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
}

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** Toxiproxy 2.12's HTTP API over the collection. */
export function createApi(collection: ProxyCollection, metrics: Registry): RequestListener {
  const routes = createRoutes(collection, metrics);
  return (request, response) => {
    answer(routes, request).then(
      (reply) => send(response, reply),
      // A request whose client went away in the middle has nobody left to tell.
      () => response.destroy(),
    );
  };
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  const route = routes.find((candidate) => candidate.path.test(path));
  if (route === undefined) return { status: 404, type: TEXT_TYPE, body: "404 page not found\n" };
  const handler = route.methods[request.method ?? ""];
  if (handler === undefined) return { status: 405, type: TEXT_TYPE, body: "" };
  // A page in a browser on this machine must not be able to command the proxy.
  if (request.headers["user-agent"]?.startsWith("Mozilla/") === true) {
    return { status: 403, type: TEXT_TYPE, body: "User agent not allowed\n" };
  }
  const [, proxy = "", toxic = ""] = route.path.exec(path) ?? [];
  try {
    return await handler(request, decode(proxy), decode(toxic));
  } catch (error) {
    return errorReply(error);
  }
}

function createRoutes(collection: ProxyCollection, metrics: Registry): Route[] {
  const updateProxy: Handler = async (request, name) => {
    collection.get(name);
    return json(200, (await collection.update(name, await readProxy(request))).json());
  };
  const updateToxic: Handler = async (request, name, toxic) => {
    collection.get(name).toxic(toxic);
    const input = await readToxic(request);
    const updated = await collection.changeToxics(name, (proxy) => proxy.updateToxic(toxic, input));
    return json(200, toxicJson(updated));
  };
  return [
    {
      path: /^\/proxies$/,
      methods: {
        GET: async () =>
          json(200, Object.fromEntries(collection.all().map((p) => [p.name, p.json()]))),
        POST: async (request) =>
          json(201, (await collection.create(await readProxy(request))).json()),
      },
    },
    {
      path: /^\/proxies\/([^/]+)$/,
      methods: {
        GET: async (_request, name) => json(200, collection.get(name).json()),
        POST: updateProxy,
        PATCH: updateProxy,
        DELETE: async (_request, name) => {
          await collection.remove(name);
          return noContent();
        },
      },
    },
    {
      path: /^\/proxies\/([^/]+)\/toxics$/,
      methods: {
        GET: async (_request, name) => json(200, collection.get(name).toxics.map(toxicJson)),
        POST: async (request, name) => {
          collection.get(name);
          const input = await readToxic(request);
          const toxic = await collection.changeToxics(name, (proxy) => proxy.addToxic(input));
          return json(200, toxicJson(toxic));
        },
      },
    },
    {
      path: /^\/proxies\/([^/]+)\/toxics\/([^/]+)$/,
      methods: {
        GET: async (_request, name, toxic) =>
          json(200, toxicJson(collection.get(name).toxic(toxic))),
        POST: updateToxic,
        PATCH: updateToxic,
        DELETE: async (_request, name, toxic) => {
          await collection.changeToxics(name, (proxy) => proxy.removeToxic(toxic));
          return noContent();
        },
      },
    },
    { path: /^\/populate$/, methods: { POST: (request) => populate(collection, request) } },
    {
      path: /^\/reset$/,
      methods: {
        POST: async () => {
          await collection.reset();
          return noContent();
        },
      },
    },
    { path: /^\/version$/, methods: { GET: async () => json(200, { version: VERSION }) } },
    {
      path: /^\/metrics$/,
      methods: {
        GET: async () => ({
          status: 200,
          type: metrics.contentType,
          body: await metrics.metrics(),
        }),
      },
    },
  ];
}

/** Unlike the others it tells an error together with what was done before it. */
async function populate(collection: ProxyCollection, request: IncomingMessage): Promise<Reply> {
  try {
    const { proxies, error } = await collection.populate(await readProxyList(request));
    const shown = proxies.length === 0 ? null : proxies.map((proxy) => proxy.json());
    if (error === null) return json(201, { proxies: shown });
    return json(error.status, { error: error.message, status: error.status, proxies: shown });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return json(error.status, { error: error.message, status: error.status, proxies: null });
  }
}

function json(status: number, value: unknown): Reply {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

function noContent(): Reply {
  return { status: 204, type: "", body: "" };
}

function errorReply(error: unknown): Reply {
  const status = error instanceof ApiError ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  // Toxiproxy labels its JSON errors as text.
  return { status, type: TEXT_TYPE, body: `${JSON.stringify({ error: message, status })}\n` };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.type !== "") response.setHeader("Content-Type", reply.type);
  response.writeHead(reply.status);
  response.end(reply.body);
}

/** A name in a path as it was given; one with broken escapes is taken literally. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
