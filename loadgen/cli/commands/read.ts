/** Commands that read znodes: ls, get, stat, getEphemerals, getAllChildrenNumber. */
import type { Arguments } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { done } from "../errors.ts";
import { hexDump } from "../hex-dump.ts";
import { checkPath } from "../path-check.ts";
import { statLines } from "../stat-text.ts";
import { walk } from "../subtree.ts";

export const LS: Command = {
  name: "ls",
  usage: "[-s] [-w] [-R] path",
  flags: { s: "flag", w: "flag", R: "flag" },
  operands: [1, 2],
  async run(args, context) {
    const path = pathOf(args);
    const watch = watches("ls", args, context);
    const { zk } = context.connection;
    if (args.has("R")) {
      for await (const each of walk(zk, path, watch, context.signal)) context.out(each);
      return;
    }
    const { children, stat } = await done(zk.getChildren(path, watch), path);
    context.out(listText((children ?? []).toSorted()));
    if (args.has("s") && stat !== null) context.out(...statLines(stat));
  },
};

export const GET: Command = {
  name: "get",
  usage: "[-s] [-w] [-b] [-x] path",
  flags: { s: "flag", w: "flag", b: "flag", x: "flag" },
  operands: [1, 2],
  async run(args, context) {
    const path = pathOf(args);
    const watch = watches("get", args, context);
    const result = await done(context.connection.zk.getData(path, watch), path);
    const data = result.data ?? Buffer.from("null");
    if (args.has("x")) context.out(...hexDump(data));
    else if (args.has("b")) context.out(data.toString("base64"));
    else context.data(data);
    if (args.has("s") && result.stat !== null) context.out(...statLines(result.stat));
  },
};

export const STAT: Command = {
  name: "stat",
  usage: "[-w] path",
  flags: { w: "flag" },
  operands: [1, 2],
  async run(args, context) {
    const path = pathOf(args);
    const watch = watches("stat", args, context);
    const { stat } = await done(context.connection.zk.exists(path, watch), path);
    if (stat !== null) context.out(...statLines(stat));
  },
};

export const GET_EPHEMERALS: Command = {
  name: "getEphemerals",
  usage: "[path]",
  flags: {},
  operands: [0, 1],
  async run(args, { connection, out }) {
    const path = args.operands[0] ?? "/";
    checkPath(path);
    const { children } = await done(connection.zk.getEphemerals(path), path);
    out(listText(children ?? []));
  },
};

export const GET_ALL_CHILDREN_NUMBER: Command = {
  name: "getAllChildrenNumber",
  usage: "path",
  flags: {},
  operands: [1, 1],
  async run(args, { connection, out }) {
    const path = pathOf(args);
    const { count } = await done(connection.zk.getAllChildrenNumber(path), path);
    out(`${count}`);
  },
};

/** The first operand. Throws a `UsageError` for what cannot be a path. */
export function pathOf(args: Arguments): string {
  const path = args.operands[0] ?? "";
  checkPath(path);
  return path;
}

/** A second operand asks for a watch, as it did in old versions of zkCli. */
function watches(name: string, args: Arguments, { warn }: CommandContext): boolean {
  if (args.operands.length === 1) return args.has("w");
  const flags = name === "get" ? "[-s] [-w]" : "[-w]";
  warn(`'${name} path [watch]' has been deprecated. Please use '${name} ${flags} path' instead.`);
  return true;
}

function listText(names: readonly string[]): string {
  return `[${names.join(", ")}]`;
}
