/** The parameters that requests for znodes share. */
import type { Acl } from "../../wire/acl.ts";
import type { Parameters } from "./parameters.ts";
import { TOKEN_PATTERN } from "./session-token.ts";

const ALL = 31;
const READ = 1;

/** ZooKeeper's predefined lists (ZooDefs.Ids), by the name that the parameter has for them. */
export const ACLS: Readonly<Record<string, readonly Acl[]>> = {
  open: [{ perms: ALL, scheme: "world", id: "anyone" }],
  creator: [{ perms: ALL, scheme: "auth", id: "" }],
  read: [{ perms: READ, scheme: "world", id: "anyone" }],
};

export const SESSION: Parameters = {
  session: {
    description: "The session that asks; without it the gateway's own does.",
    schema: { type: "string", pattern: TOKEN_PATTERN },
  },
};
export const VERSION: Parameters = {
  version: {
    description: "The version that the znode must have; -1 for any.",
    schema: { type: "integer", minimum: -0x8000_0000, maximum: 0x7fff_ffff, default: -1 },
  },
};
export const FORMAT: Parameters = {
  dataformat: {
    description: "How data is written in JSON. Data that is no UTF-8 cannot be had as such.",
    schema: { type: "string", enum: ["base64", "utf8"], default: "base64" },
  },
};
export const NO_FORMAT: Parameters = {
  dataformat: {
    description: "Says nothing here: the body is the data as it is, and the answer has none.",
    schema: { type: "string", enum: ["base64", "utf8"], default: "base64" },
  },
};
export const NULL: Parameters = {
  null: {
    description: "The znode gets no data at all, which is not the same as empty data.",
    schema: { type: "boolean", default: false },
  },
};
