import { once } from "node:events";
import { connect } from "node:net";
import { Toxiproxy } from "toxiproxy-node-client";
import type { Proxy, Toxic, ToxicDirection } from "toxiproxy-node-client";
import { afterAll, afterEach, beforeAll } from "vitest";
import { parseHostPort } from "../host-port.ts";
import type { ServerProcess } from "../server-process.ts";
import type { ToxicAttributes, ToxicType } from "../toxic.ts";
import { Endpoint, Upstream } from "./endpoint.ts";

/** One server that claims to be a Toxiproxy, and the points in which it is allowed to differ. */
export interface Implementation {
  readonly name: string;
  start(): Promise<ServerProcess>;
  /** How a client learns that the upstream server reset its connection. */
  readonly upstreamResetArrivesAs: "fin" | "reset";
}

/** What the HTTP API answered; an empty body is null. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** A proxy that nobody connects to. */
export const NEW_PROXY = { name: "p", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" };

/** Both ends of a connection through a proxy. */
export interface Pair {
  readonly proxy: Proxy;
  readonly client: Endpoint;
  readonly server: Endpoint;
}

/** What the contract's tests work with; valid inside of them. */
export interface Fixture {
  readonly url: string;
  readonly api: Toxiproxy;
  readonly upstream: Upstream;
  /** A new proxy on a free port to `upstream` or another address. */
  makeProxy(upstreamAddress?: string): Promise<Proxy>;
  /** A client's connection to the address, which need not reach an upstream. */
  dial(listen: string): Promise<Endpoint>;
  /** A connection through the proxy that reached the upstream. */
  connect(proxy: Proxy): Promise<Pair>;
}

/** Starts the server before the tests of the calling `describe`, and leaves nothing after them. */
export function useFixture(implementation: Implementation): Fixture {
  let server: ServerProcess;
  let api: Toxiproxy;
  let upstream: Upstream;
  let proxiesMade = 0;
  const clients: Endpoint[] = [];

  beforeAll(async () => {
    server = await implementation.start();
    api = new Toxiproxy(server.url);
    upstream = await Upstream.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    for (const proxy of Object.values(await api.getAll())) await proxy.remove();
  });
  afterAll(async () => {
    await upstream.stop();
    await server.stop();
  });

  const dial = async (listen: string): Promise<Endpoint> => {
    const socket = connect({ ...parseHostPort(listen), noDelay: true });
    const endpoint = new Endpoint(socket);
    clients.push(endpoint);
    await once(socket, "connect");
    return endpoint;
  };
  return {
    get url() {
      return server.url;
    },
    get api() {
      return api;
    },
    get upstream() {
      return upstream;
    },
    makeProxy: (upstreamAddress = upstream.address) =>
      api.createProxy({
        name: `proxy-${proxiesMade++}`,
        listen: "127.0.0.1:0",
        upstream: upstreamAddress,
      }),
    dial,
    connect: async (proxy) => {
      const client = await dial(proxy.listen);
      return { proxy, client, server: await upstream.accept() };
    },
  };
}

/** Adds a toxic with Toxiproxy's default name, for all connections unless told otherwise. */
export async function addToxic<T extends ToxicType>(
  proxy: Proxy,
  type: T,
  stream: ToxicDirection,
  attributes: ToxicAttributes[T],
  toxicity = 1,
): Promise<Toxic<ToxicAttributes[T]>> {
  // The client's types leave out the noop toxic, which the server has.
  const known = type as Exclude<ToxicType, "noop">;
  return await proxy.addToxic({
    name: `${type}_${stream}`,
    type: known,
    stream,
    toxicity,
    attributes,
  });
}

/** Changes only the attributes. */
export async function updateToxic<T>(toxic: Toxic<T>, attributes: T): Promise<Toxic<T>> {
  const { name, type, stream, toxicity } = toxic;
  return await toxic.update({ name, type, stream, toxicity, attributes });
}

/** A request as it is; a body that is a string is sent without quotes. */
export async function callApi(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method, body: text ?? null });
  const answer = await response.text();
  return { status: response.status, json: answer === "" ? null : JSON.parse(answer) };
}
