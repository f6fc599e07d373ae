/** The OpenAPI 3.1 document of what is served, made of the very table that it is served from. */
import { json } from "./answer.ts";
import type { Method, Operation, Resource, SchemaName, Success } from "./operation.ts";
import type { Parameters } from "./parameters.ts";
import { SESSION, SESSIONS } from "./sessions.ts";
import { ZNODES } from "./znodes.ts";

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: "string" };
const WHOLE: Schema = { type: "integer" };

const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  Path: record({ path: TEXT, uri: TEXT }),
  Znode: record(
    {
      path: TEXT,
      uri: TEXT,
      encoding: { type: "string", enum: ["base64", "utf8"] },
      data: { type: ["string", "null"], description: "Null: the znode has none." },
      stat: record({
        czxid: WHOLE,
        mzxid: WHOLE,
        ctime: WHOLE,
        mtime: WHOLE,
        version: WHOLE,
        cversion: WHOLE,
        aversion: WHOLE,
        ephemeralOwner: {
          type: "number",
          format: "int64",
          description: "A whole number of up to 64 bits: more than a double keeps.",
        },
        datalength: WHOLE,
        numChildren: WHOLE,
        pzxid: WHOLE,
      }),
    },
    ["encoding", "data"],
  ),
  Children: record({
    path: TEXT,
    uri: TEXT,
    child_uri_template: {
      type: "string",
      description: "Put a name, percent-encoded, for {child}.",
    },
    children: { type: "array", items: TEXT, description: "Names, in no order." },
  }),
  Session: record({
    id: TEXT,
    uri: TEXT,
    expire: { type: "number", description: "Seconds, as they were negotiated." },
  }),
  Refusal: record({
    request: { type: "string", description: "Method and target." },
    message: { type: "string", description: "What is wrong, and what would be right." },
    error: {
      type: ["string", "null"],
      description: "ZooKeeper's name of the error, if it has one.",
    },
    definite: {
      type: "boolean",
      description: "True: nothing was changed. False: it may have happened all the same.",
    },
  }),
  Document: { type: "object" },
};

const STATUS: Readonly<Record<number, string>> = {
  400: "The request is wrong: the message names what, and what is expected",
  401: "Nobody in particular may do this, or the session is over",
  403: "This user may not do this, or the request comes from a page in a browser",
  404: "There is no such thing",
  405: "Not with this method: see Allow",
  406: "It cannot be had in any of the types in Accept",
  408: "The request did not come to its end in time",
  409: "It is in the way of something that is there, or its parent is not",
  412: "The znode has another version",
  413: "The body is too large",
  415: "The body is not application/octet-stream",
  431: "The headers are too large",
  500: "The gateway has an error",
  501: "There is no such method",
  502: "Another error of ZooKeeper",
  503: "This server does not serve now, or has too much to do: see Retry-After",
  504: "No answer came in time",
};
/** What any request may be refused with. */
const ALWAYS = [400, 401, 403, 406, 408, 431, 500, 503];

const DOCUMENT: Operation = {
  method: "GET",
  id: "getDocument",
  summary: "This document",
  query: {},
  takes: null,
  success: { 200: { description: "OpenAPI 3.1", json: ["Document"] } },
  refusals: [],
  run: () => Promise.resolve(json(200, openApi())),
};

/** All that there is. */
export const RESOURCES: readonly Resource[] = [
  ZNODES,
  SESSIONS,
  SESSION,
  {
    path: "/openapi.json",
    description: "What this document describes.",
    prefix: ["openapi.json"],
    rest: null,
    operations: [DOCUMENT],
  },
];

/** The document. */
export function openApi(): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "Znodes over HTTP",
      version: "1",
      description: "Znodes and sessions as resources, with the shape of ZooKeeper's REST gateway.",
    },
    security: [{}, { password: [] }],
    paths: Object.fromEntries(RESOURCES.map((resource) => [resource.path, pathItem(resource)])),
    components: {
      securitySchemes: {
        password: {
          type: "http",
          scheme: "basic",
          description: "The identity digest:user:base64(sha1(user:password)) of ZooKeeper.",
        },
      },
      schemas: SCHEMAS,
      responses: Object.fromEntries(
        Object.entries(STATUS).map(([status, description]) => [
          status,
          { description, content: { "application/json": { schema: reference("Refusal") } } },
        ]),
      ),
    },
  };
}

function pathItem({ description, rest, operations }: Resource): object {
  const item: Record<string, unknown> = { description };
  if (rest !== null) {
    const { name } = rest;
    const of = { description: rest.description, schema: TEXT };
    item["parameters"] = [{ name, in: "path", required: true, ...of }];
  }
  for (const operation of operations) item[operation.method.toLowerCase()] = described(operation);
  return item;
}

function described(operation: Operation): object {
  const { id, summary, query, takes, success, refusals, method } = operation;
  const responses: Record<string, unknown> = {};
  for (const [status, is] of Object.entries(success)) responses[status] = succeeded(is);
  for (const status of new Set([...ALWAYS, ...refusals]))
    responses[status] = { $ref: `#/components/responses/${status}` };
  const content = { "application/octet-stream": {} };
  return {
    operationId: id,
    summary,
    parameters: parameters(query),
    ...(takes === null ? {} : { requestBody: { description: takes, content } }),
    responses: method === "HEAD" ? withoutBodies(responses) : responses,
  };
}

function parameters(query: Parameters): object[] {
  return Object.entries(query).map(([name, { description, schema, required }]) => ({
    name,
    in: "query",
    required: required ?? false,
    description,
    schema,
  }));
}

function succeeded({ description, json: names, bytes }: Success): object {
  const content: Record<string, unknown> = {};
  const [first] = names;
  if (first !== undefined)
    content["application/json"] = {
      schema: names.length === 1 ? reference(first) : { oneOf: names.map(reference) },
    };
  if (bytes) content["application/octet-stream"] = {};
  return Object.keys(content).length === 0 ? { description } : { description, content };
}

/** An answer to HEAD has no body, whatever it says. */
function withoutBodies(responses: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const description = STATUS[Number(status)];
      return [status, description === undefined ? response : { description }];
    }),
  );
}

function reference(name: SchemaName): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function record(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

/** Where a request goes, or why it goes nowhere. */
export type Route =
  | { readonly kind: "found"; readonly operation: Operation; readonly rest: readonly string[] }
  | { readonly kind: "unknownPath" }
  | { readonly kind: "wrongMethod"; readonly allowed: readonly Method[] };

/** Finds the operation of a request. */
export function route(method: string, segments: readonly string[]): Route {
  const resource = RESOURCES.find((one) => isAt(one, segments));
  if (resource === undefined) return { kind: "unknownPath" };
  const operation = resource.operations.find((one) => one.method === method);
  const allowed = resource.operations.map((one) => one.method);
  if (operation === undefined) return { kind: "wrongMethod", allowed };
  return { kind: "found", operation, rest: segments.slice(resource.prefix.length) };
}

function isAt({ prefix, rest }: Resource, segments: readonly string[]): boolean {
  if (!prefix.every((segment, index) => segments[index] === segment)) return false;
  const more = segments.length - prefix.length;
  if (rest === null) return more === 0;
  return rest.isPath || more === 1;
}
