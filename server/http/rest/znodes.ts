/** Znodes as resources: /znodes/v1/PATH. */
import { ErrorCode } from "../../errors.ts";
import { OPEN_ACL } from "../../tree/acl.ts";
import { CreateFlag } from "../../wire/opcodes.ts";
import {
  decodeChildren,
  decodeData,
  decodePath,
  decodeStat,
  type Stat,
} from "../../wire/replies.ts";
import { type Answer, refused, refusedBy } from "./answer.ts";
import type { InnerClient, InnerReply } from "./inner-client.ts";

export interface ZnodeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** `http://host:port`, before the paths of answers. */
  readonly origin: string;
  /** Who asks has shown to be somebody. */
  readonly isKnown: boolean;
}

export const ZNODES = "/znodes/v1";

/** GET: data or children, with the Stat; HEAD asks for the same. */
export async function getZnode(client: InnerClient, request: ZnodeRequest): Promise<Answer> {
  const { path, query, isKnown } = request;
  const view = query.get("view") ?? "data";
  const format = query.get("dataformat") ?? "base64";
  if (view !== "data" && view !== "children") {
    return refused(400, `view=${view.slice(0, 60)}: expected data or children`);
  }
  if (format !== "base64" && format !== "utf8") {
    return refused(400, `dataformat=${format.slice(0, 60)}: expected base64 or utf8`);
  }
  const type = view === "children" ? "getChildren2" : "getData";
  const { code, body } = await client.call({ type, path, watch: false });
  if (code !== ErrorCode.Ok) return refusedBy(code, path, isKnown);
  const uri = uriOf(request, path);
  if (view === "children") {
    const children = decodeChildren(body).toSorted();
    const child_uri_template = `${uri === `${request.origin}${ZNODES}/` ? uri.slice(0, -1) : uri}/{child}`;
    return {
      status: 200,
      body: { path, uri, child_uri_template, children, stat: shown(decodeStat(body)) },
    };
  }
  const { data, stat } = decodeData(body);
  const text = data === null ? null : data.toString(format);
  const content = format === "utf8" ? { dataUtf8: text } : { data64: text };
  return { status: 200, body: { path, uri, ...content, stat: shown(stat) } };
}

/** PUT: new data, which are the body; `null=true`: none. */
export async function setZnode(client: InnerClient, request: ZnodeRequest): Promise<Answer> {
  const { path, query, isKnown } = request;
  const version = versionOf(query);
  if (typeof version !== "number") return version;
  const data = query.get("null") === "true" ? null : request.body;
  const { code, body } = await client.call({ type: "setData", path, data, version });
  if (code !== ErrorCode.Ok) return refusedBy(code, path, isKnown);
  const stat = shown(decodeStat(body));
  return { status: 200, body: { path, uri: uriOf(request, path), stat } };
}

/** POST: creates a child. */
export async function createZnode(
  client: InnerClient,
  request: ZnodeRequest,
  ephemeral: boolean,
): Promise<Answer> {
  const { path, query, isKnown } = request;
  const op = query.get("op");
  if (op !== "create") return refused(400, `op=${op?.slice(0, 60) ?? ""}: expected create`);
  const sequence = query.get("sequence") === "true";
  const name = query.get("name") ?? "";
  if (name.includes("/") || (name === "" && !sequence)) {
    return refused(400, "name: expected that of the new znode, without a slash");
  }
  const child = `${path === "/" ? "" : path}/${name}`;
  const flags =
    (sequence ? CreateFlag.persistentSequential : 0) + (ephemeral ? CreateFlag.ephemeral : 0);
  const data = query.get("null") === "true" ? null : request.body;
  const reply = await client.call({ type: "create", path: child, data, acl: OPEN_ACL, flags });
  if (reply.code !== ErrorCode.Ok) return refusedBy(reply.code, child, isKnown);
  const created = decodePath(reply.body);
  const uri = uriOf(request, created);
  return { status: 201, body: { path: created, uri }, headers: { Location: uri } };
}

/** DELETE, with `version` as a precondition. */
export async function deleteZnode(client: InnerClient, request: ZnodeRequest): Promise<Answer> {
  const { path, query, isKnown } = request;
  const version = versionOf(query);
  if (typeof version !== "number") return version;
  const { code }: InnerReply = await client.call({ type: "delete", path, version });
  return code === ErrorCode.Ok ? { status: 204, body: null } : refusedBy(code, path, isKnown);
}

function versionOf(query: URLSearchParams): number | Answer {
  const text = query.get("version") ?? "-1";
  const version = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (version >= -1 && version < 2 ** 31) return version;
  return refused(400, `version=${text.slice(0, 60)}: expected a whole number from -1 (any)`);
}

function uriOf({ origin }: ZnodeRequest, path: string): string {
  return origin + ZNODES + path.split("/").map(encodeURIComponent).join("/");
}

/** As JSON: what has 64 bits and no exact number there is a text. */
function shown(stat: Stat): object {
  return { ...stat, ephemeralOwner: `0x${BigInt.asUintN(64, stat.ephemeralOwner).toString(16)}` };
}
