/** `/znodes/v1/PATH`: znodes, read and written as any client does it. */
import { validatePath } from "../../tree/path.ts";
import { decodeChildren, decodeData, decodePath, decodeStat } from "../../wire/replies.ts";
import { type Answer, bytes, empty, json, statOf } from "./answer.ts";
import type { Asked, Operation, Resource } from "./operation.ts";
import { Refusal } from "./refusal.ts";
import { ask } from "./znode-asking.ts";
import { ACLS, FORMAT, NO_FORMAT, NULL, SESSION, VERSION } from "./znode-parameters.ts";

const MAX_NAME_CHARS = 4_096;
const READ_REFUSALS = [404, 504];
const SET_REFUSALS = [404, 412, 413, 415, 502, 504];

const GET: Operation = {
  method: "GET",
  id: "getZnode",
  summary: "The data and the stat of a znode, or the names of its children",
  query: {
    view: {
      description: "What of the znode.",
      schema: { type: "string", enum: ["data", "children"], default: "data" },
    },
    ...FORMAT,
    ...SESSION,
  },
  takes: null,
  success: {
    200: { description: "What was asked for", json: ["Znode", "Children"], bytes: true },
    204: { description: "As bytes: the znode has no data (null)", json: [] },
  },
  refusals: READ_REFUSALS,
  run: (asked) => (asked.query.text("view") === "children" ? getChildren(asked) : getData(asked)),
};

const HEAD: Operation = {
  method: "HEAD",
  id: "existsZnode",
  summary: "Whether there is a znode",
  query: { ...GET.query },
  takes: null,
  success: {
    200: { description: "There is", json: [] },
    204: { description: "There is, for who accepts bytes alone", json: [] },
  },
  refusals: READ_REFUSALS,
  async run(asked) {
    await ask(asked, "reads", { type: "exists", path: pathOf(asked), watch: false }, decodeStat);
    return asked.wants === "application/json" ? json(200, {}) : empty(204);
  },
};

const PUT: Operation = {
  method: "PUT",
  id: "setZnode",
  summary: "Sets the data of a znode",
  query: { ...VERSION, ...NO_FORMAT, ...NULL, ...SESSION },
  takes: "The data",
  success: { 200: { description: "It is set. The stat, without the data", json: ["Znode"] } },
  refusals: SET_REFUSALS,
  async run(asked) {
    const path = pathOf(asked);
    const version = asked.query.integer("version");
    const set = { type: "setData", path, data: dataOf(asked), version } as const;
    const stat = await ask(asked, "writes", set, decodeStat);
    if (asked.wants !== "application/json") return empty(200);
    return json(200, { path, uri: uriOf(asked, path), stat: statOf(stat) });
  },
};

const POST: Operation = {
  method: "POST",
  id: "createZnode",
  summary: "Creates a child of a znode",
  query: {
    op: {
      description: "What to do.",
      schema: { type: "string", enum: ["create"], default: "create" },
    },
    name: {
      description: "The name of the child; with sequence, what comes before the number.",
      schema: { type: "string", maxLength: MAX_NAME_CHARS },
      required: true,
    },
    sequence: {
      description: "A number is appended that no sibling has.",
      schema: { type: "boolean", default: false },
    },
    ephemeral: {
      description: "It is gone when the session is over, which has to be named.",
      schema: { type: "boolean", default: false },
    },
    acl: {
      description:
        "Who may do what: anyone all, who authenticates as its creator all, anyone read.",
      schema: { type: "string", enum: Object.keys(ACLS), default: "open" },
    },
    ...NO_FORMAT,
    ...NULL,
    ...SESSION,
  },
  takes: "The data of the new znode",
  success: {
    201: { description: "It is created. Its path", json: ["Path"], bytes: true },
  },
  refusals: [409, 413, 415, 502, 504],
  run: create,
};

const DELETE: Operation = {
  method: "DELETE",
  id: "deleteZnode",
  summary: "Deletes a znode that has no children",
  query: { ...VERSION, ...SESSION },
  takes: null,
  success: { 200: { description: "It is deleted", json: [] } },
  refusals: [404, 409, 412, 502, 504],
  async run(asked) {
    const path = pathOf(asked);
    const version = asked.query.integer("version");
    await ask(asked, "writes", { type: "delete", path, version }, () => null);
    return empty(200);
  },
};

export const ZNODES: Resource = {
  path: "/znodes/v1/{path}",
  description: "A znode.",
  prefix: ["znodes", "v1"],
  rest: {
    name: "path",
    isPath: true,
    description:
      "The path without its first slash: names, percent-encoded, with slashes; empty: the root.",
  },
  operations: [GET, HEAD, PUT, POST, DELETE],
};

async function getData(asked: Asked): Promise<Answer> {
  const path = pathOf(asked);
  const read = { type: "getData", path, watch: false } as const;
  const { data, stat } = await ask(asked, "reads", read, (reader) => {
    const found = decodeData(reader);
    return { data: found.data === null ? null : Buffer.from(found.data), stat: found.stat };
  });
  if (asked.wants !== "application/json") return data === null ? empty(204) : bytes(200, data);
  const encoding = asked.query.text("dataformat") === "utf8" ? "utf8" : "base64";
  const text = data === null ? null : encoding === "utf8" ? utf8(data) : data.toString("base64");
  return json(200, { path, uri: uriOf(asked, path), encoding, data: text, stat: statOf(stat) });
}

async function getChildren(asked: Asked): Promise<Answer> {
  if (asked.wants !== "application/json")
    throw new Refusal(406, "Accept: children can be had as application/json");
  const path = pathOf(asked);
  const read = { type: "getChildren", path, watch: false } as const;
  const children = await ask(asked, "reads", read, decodeChildren);
  const uri = uriOf(asked, path);
  const child_uri_template = `${uri}${path === "/" ? "" : "/"}{child}`;
  return json(200, { path, uri, child_uri_template, children });
}

async function create(asked: Asked): Promise<Answer> {
  const { query } = asked;
  const parent = pathOf(asked);
  const name = query.text("name") ?? "";
  const sequence = query.flag("sequence");
  if (name.includes("/") || (name === "" && !sequence))
    throw new Refusal(400, "name: expected the name of a child, without slashes");
  const path = checked(`${parent === "/" ? "" : parent}/${name}`, "name: the path", sequence);
  const ephemeral = query.flag("ephemeral");
  if (ephemeral && query.text("session") === null)
    throw new Refusal(
      400,
      "session: missing, expected the session that the ephemeral znode lives with",
    );
  const flags = (ephemeral ? 1 : 0) + (sequence ? 2 : 0);
  const acl = ACLS[query.text("acl") ?? "open"] ?? [];
  const wanted = { type: "create", path, data: dataOf(asked), acl, flags } as const;
  const created = await ask(asked, "writes", wanted, decodePath);
  const uri = uriOf(asked, created);
  const headers = { Location: uri };
  if (asked.wants === "application/json") return json(201, { path: created, uri }, headers);
  return bytes(201, Buffer.from(created), headers);
}

function pathOf({ rest }: Asked): string {
  return checked(`/${rest.join("/")}`, "the path", false);
}

function checked(path: string, what: string, sequential: boolean): string {
  const reason = validatePath(path, sequential);
  if (reason === null) return path;
  throw new Refusal(400, `${what} ${JSON.stringify(path.slice(0, 200))} ${reason}`, {
    error: "BadArguments",
  });
}

function dataOf({ query, body }: Asked): Buffer | null {
  if (!query.flag("null")) return body;
  if (body.length > 0) throw new Refusal(400, "null: found true with a body, expected one of them");
  return null;
}

function uriOf({ base }: Asked, path: string): string {
  return `${base}/znodes/v1${path.split("/").map(encodeURIComponent).join("/")}`;
}

function utf8(data: Buffer): string {
  try {
    return new TextDecoder("utf8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Refusal(400, "dataformat: found utf8, but the data is no UTF-8; ask for base64");
  }
}
