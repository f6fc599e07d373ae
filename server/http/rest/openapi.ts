/** The gateway's description in OpenAPI 3.1, as it serves it at /openapi.json. */

const STAT = {
  type: "object",
  description: "The znode's Stat; zxids are exact numbers, times milliseconds since 1970.",
  properties: {
    ...Object.fromEntries(
      ["czxid", "mzxid", "pzxid", "ctime", "mtime", "version", "cversion", "aversion"].map(
        (name) => [name, { type: "integer" }],
      ),
    ),
    ephemeralOwner: { type: "string", description: "session, hexadecimal; 0x0: not ephemeral" },
    dataLength: { type: "integer" },
    numChildren: { type: "integer" },
  },
} as const;

function parameter(name: string, schema: object, description: string): object {
  return { name, in: "query", required: false, schema, description };
}

const BOOLEAN = { type: "boolean", default: false } as const;
const VERSION = parameter("version", { type: "integer", default: -1 }, "Precondition; -1: any.");
const NULL = parameter("null", BOOLEAN, "true: no data at all, whatever the body is");
const SESSION = parameter(
  "session",
  { type: "string" },
  "Runs in this session (POST /sessions/v1).",
);
const PATH = {
  name: "path",
  in: "path",
  required: true,
  schema: { type: "string" },
  description: "The znode's path without its first slash; slashes are not encoded.",
} as const;
const BODY = {
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
};

const ERROR = {
  content: {
    "application/json": { schema: { type: "object", properties: { error: { type: "string" } } } },
  },
} as const;
const REASONS: Readonly<Record<number, string>> = {
  400: "The request is not understood; `error` names the part and what was expected.",
  401: "The znode's ACL refuses it; it came without Authorization.",
  403: "The znode's ACL refuses it.",
  404: "There is no such znode, parent or session.",
  409: "There is such a znode, or it has children, or may have none.",
  410: "The session is over.",
  412: "The version is another one.",
  413: "The body is too long.",
  503: "This server serves nobody now, or has no room: try again (Retry-After).",
  507: "A quota is used up.",
};

function answers(done: Readonly<Record<number, object>>, ...refusals: number[]): object {
  const refused = [400, 401, 403, 404, 503, ...refusals].toSorted((a, b) => a - b);
  return {
    ...done,
    ...Object.fromEntries(refused.map((code) => [code, { description: REASONS[code], ...ERROR }])),
  };
}

function json(description: string, properties: object): object {
  return {
    description,
    content: { "application/json": { schema: { type: "object", properties } } },
  };
}

const LOCATED = { path: { type: "string" }, uri: { type: "string" } } as const;
const READ = {
  parameters: [
    PATH,
    parameter("view", { enum: ["data", "children"], default: "data" }, "What is wanted."),
    parameter("dataformat", { enum: ["base64", "utf8"], default: "base64" }, "How data are shown."),
    SESSION,
  ],
} as const;

export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "znodes over HTTP",
    version: "1",
    description:
      "Znodes as resources, in the shape of ZooKeeper's REST contrib. Authorization: Basic is the scheme " +
      "digest; the address of who asks is the scheme ip. New znodes are open to everybody.",
  },
  components: { securitySchemes: { digest: { type: "http", scheme: "basic" } } },
  security: [{}, { digest: [] }],
  paths: {
    "/znodes/v1/{path}": {
      get: {
        summary: "Data or children, with the Stat",
        ...READ,
        responses: answers(
          {
            200: json("The znode.", {
              ...LOCATED,
              data64: { type: ["string", "null"] },
              dataUtf8: { type: ["string", "null"] },
              children: { type: "array", items: { type: "string" } },
              child_uri_template: { type: "string" },
              stat: STAT,
            }),
          },
          410,
        ),
      },
      head: {
        summary: "Whether it is there",
        ...READ,
        responses: answers({ 200: { description: "It is." } }, 410),
      },
      put: {
        summary: "New data",
        parameters: [PATH, VERSION, NULL, SESSION],
        requestBody: BODY,
        responses: answers({ 200: json("Done.", { ...LOCATED, stat: STAT }) }, 410, 412, 413, 507),
      },
      post: {
        summary: "Creates a child",
        parameters: [
          PATH,
          parameter("op", { const: "create" }, "Must be given."),
          parameter("name", { type: "string" }, "Of the child, or what its number is appended to."),
          parameter("sequence", BOOLEAN, "A number is appended to the name."),
          parameter("ephemeral", BOOLEAN, "It lives with the session."),
          NULL,
          SESSION,
        ],
        requestBody: BODY,
        responses: answers({ 201: json("It is created.", LOCATED) }, 409, 410, 413, 507),
      },
      delete: {
        summary: "Deletes it",
        parameters: [PATH, VERSION, SESSION],
        responses: answers({ 204: { description: "It is gone." } }, 409, 410, 412),
      },
    },
    "/sessions/v1": {
      post: {
        summary: "Begins a session",
        parameters: [
          parameter("op", { const: "create" }, "Must be given."),
          parameter(
            "expire",
            { type: "integer", minimum: 1, maximum: 3600 },
            "Seconds without a heartbeat after which it ends. Must be given.",
          ),
        ],
        responses: answers({
          201: json("It is there.", { id: { type: "string" }, uri: { type: "string" } }),
        }),
      },
    },
    "/sessions/v1/{id}": {
      put: {
        summary: "A heartbeat",
        parameters: [{ ...PATH, name: "id", description: "The session's id, a secret." }],
        responses: answers({ 200: json("It lives.", { id: { type: "string" } }) }),
      },
      delete: {
        summary: "Ends it, with its ephemerals",
        parameters: [{ ...PATH, name: "id", description: "The session's id, a secret." }],
        responses: answers({ 204: { description: "It is over." } }),
      },
    },
  },
} as const;
