/**
 * A client of the REST port for tests: every answer that it gets has to be one that the OpenAPI document
 * of the port itself promises for that request.
 */
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { z } from "zod";

export interface RestAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

export interface RestAsk {
  readonly body?: string | Buffer;
  readonly headers?: OutgoingHttpHeaders;
  /** `user:password`. */
  readonly user?: string;
  /** The address that the request comes from. */
  readonly from?: string;
}

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
  readonly responses: Readonly<Record<string, Response>>;
}
interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema?: z.core.JSONSchema.JSONSchema }>>;
}
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

export class RestClient {
  readonly port: number;
  /** The document, with all its references followed. */
  readonly document: OpenApi;
  /** `METHOD path status` of every answer so far. */
  readonly seen = new Set<string>();
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(port: number, document: OpenApi) {
    this.port = port;
    this.document = document;
  }

  static async open(port: number): Promise<RestClient> {
    const { body } = await send(port, undefined, "GET", "/openapi.json", {});
    const raw: unknown = JSON.parse(body.toString());
    return new RestClient(port, follow(raw, raw) as OpenApi);
  }

  /** Rejects when the answer is not as the document has it. */
  async call(method: string, target: string, ask: RestAsk = {}): Promise<RestAnswer> {
    const answer = await send(this.port, this.#agent, method, target, ask);
    this.#check(method, target, answer);
    return answer;
  }

  get(target: string, ask: RestAsk = {}): Promise<RestAnswer> {
    return this.call("GET", target, ask);
  }
  /** Creates a znode below `parent`. */
  create(parent: string, name: string, more = "", ask: RestAsk = {}): Promise<RestAnswer> {
    return this.call("POST", `/znodes/v1${parent}?op=create&name=${name}${more}`, ask);
  }

  close(): void {
    this.#agent.destroy();
  }

  #check(method: string, target: string, { status, headers, body }: RestAnswer): void {
    const path = Object.keys(this.document.paths).find((template) => fits(template, target));
    // What is not there, and methods that there are nowhere, cannot be described.
    if (path === undefined || status === 501 || status === 405) return;
    const operation = this.document.paths[path]?.[method.toLowerCase()];
    const response = operation?.responses[status];
    const what = `${method} ${path} ${status}`;
    if (response === undefined)
      throw new Error(`${what} is not in the document: ${body.toString()}`);
    this.seen.add(what);
    if (method === "HEAD" || response.content === undefined) {
      if (body.length > 0) throw new Error(`${what} has a body`);
      return;
    }
    const type = String(headers["content-type"]);
    const media = response.content[type];
    if (media === undefined && (body.length > 0 || status !== 200))
      throw new Error(`${what} is ${type}, expected ${Object.keys(response.content).join(" or ")}`);
    if (media?.schema === undefined) return;
    const result = z.fromJSONSchema(media.schema).safeParse(JSON.parse(body.toString()));
    if (!result.success)
      throw new Error(
        `${what}: ${result.error.message.slice(0, 300)}: ${body.toString().slice(0, 300)}`,
      );
  }
}

function fits(template: string, target: string): boolean {
  const path = new URL(target, "http://rest").pathname;
  if (template === "/znodes/v1/{path}") return /^\/znodes\/v1(\/|$)/.test(path);
  return new RegExp(`^${template.replace("{id}", "[^/]+")}$`).test(path);
}

function follow(part: unknown, root: unknown): unknown {
  if (Array.isArray(part)) return part.map((one) => follow(one, root));
  if (typeof part !== "object" || part === null) return part;
  if ("$ref" in part) {
    const names = String(part.$ref).slice(2).split("/");
    return follow(
      names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], root),
      root,
    );
  }
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, follow(one, root)]));
}

function send(
  port: number,
  agent: Agent | undefined,
  method: string,
  target: string,
  { body, headers = {}, user, from }: RestAsk,
): Promise<RestAnswer> {
  return new Promise((resolve, reject) => {
    const auth = user === undefined ? {} : { auth: user };
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const source = from === undefined ? {} : { localAddress: from };
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path: target,
        agent,
        headers: { ...length, ...headers },
        ...auth,
        ...source,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            get json() {
              return JSON.parse(whole.toString()) as Record<string, unknown>;
            },
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
