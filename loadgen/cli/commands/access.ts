/** Commands about who may do what: getAcl, setAcl, addauth, whoami. */
import { ErrorCode } from "../../../server/errors.ts";
import { aclLines, parseAcl } from "../acl-words.ts";
import { versionOf } from "../arguments.ts";
import type { Command } from "../command.ts";
import { done, operationError } from "../errors.ts";
import { statLines } from "../stat-text.ts";
import { walk } from "../subtree.ts";
import { pathOf } from "./read.ts";

export const GET_ACL: Command = {
  name: "getAcl",
  usage: "[-s] path",
  flags: { s: "flag" },
  operands: [1, 1],
  async run(args, { connection, out }) {
    const path = pathOf(args);
    const { acl, stat } = await done(connection.zk.getACL(path), path);
    for (const entry of acl ?? []) out(...aclLines(entry));
    if (args.has("s") && stat !== null) out(...statLines(stat));
  },
};

export const SET_ACL: Command = {
  name: "setAcl",
  usage: "[-s] [-v version] [-R] path acl",
  flags: { s: "flag", v: "value", R: "flag" },
  operands: [2, 2],
  async run(args, { connection, signal, out }) {
    const path = pathOf(args);
    const acl = parseAcl(args.operands[1] ?? "");
    const version = versionOf(args);
    const { zk } = connection;
    if (args.has("R")) {
      for await (const each of walk(zk, path, false, signal)) {
        await done(zk.setACL(each, acl, version), each);
      }
      return;
    }
    const { stat } = await done(zk.setACL(path, acl, version), path);
    if (args.has("s") && stat !== null) out(...statLines(stat));
  },
};

export const ADD_AUTH: Command = {
  name: "addauth",
  usage: "scheme auth",
  flags: {},
  operands: [1, 2],
  async run(args, { connection }) {
    const [scheme = "", auth] = args.operands;
    const code = await connection.client.addAuth(
      scheme,
      auth === undefined ? null : Buffer.from(auth),
    );
    if (code !== ErrorCode.Ok) throw operationError({ code, outcome: "fail" }, `scheme ${scheme}`);
  },
};

export const WHO_AM_I: Command = {
  name: "whoami",
  usage: "",
  flags: {},
  operands: [0, 0],
  async run(_args, { connection, out }) {
    const { identities } = await done(connection.zk.whoAmI(), "");
    out("Auth scheme: User");
    for (const { authScheme, user } of identities ?? []) out(`${authScheme}: ${user}`);
  },
};
