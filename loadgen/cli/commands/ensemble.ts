/** Commands about the ensemble: config, reconfig, sync, version. */
import { readFileSync } from "node:fs";
import { ErrorCode } from "../../../server/errors.ts";
import { clientAddresses, serverLines } from "../config-text.ts";
import type { Arguments } from "../arguments.ts";
import type { Command } from "../command.ts";
import { UsageError, checked, done } from "../errors.ts";
import { statLines } from "../stat-text.ts";
import { pathOf } from "./read.ts";
import type { ConfigChange } from "../../client/request-methods.ts";

const CONFIG_PATH = "/zookeeper/config";
const VERSION_MAX_DIGITS = 13;
const VERSION = (
  JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;

export const CONFIG: Command = {
  name: "config",
  usage: "[-c] [-w] [-s]",
  flags: { s: "flag", w: "flag", c: "flag" },
  operands: [0, 0],
  async run(args, { connection, out }) {
    // Not below the chroot: it is the ensemble's.
    const path = CONFIG_PATH;
    const { data, stat } = await done(connection.client.getData(path, args.has("w")), path);
    const text = data?.toString() ?? "null";
    out(...(args.has("c") ? clientAddresses(text) : text).split("\n"));
    if (args.has("s") && stat !== null) out(...statLines(stat));
  },
};

export const RECONFIG: Command = {
  name: "reconfig",
  usage:
    "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | " +
    "[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
  flags: {
    s: "flag",
    v: "value",
    file: "value",
    members: "value",
    add: "value",
    remove: "value",
  },
  operands: [0, 0],
  async run(args, { connection, out }) {
    const change = changeOf(args);
    const result = await connection.client.reconfig(change, fromVersion(args));
    const { data, stat } = checked(result, subjectOf(result.code));
    out("Committed new configuration:", ...(data?.toString() ?? "").split("\n"));
    if (args.has("s") && stat !== null) out(...statLines(stat));
  },
};

export const SYNC: Command = {
  name: "sync",
  usage: "path",
  flags: {},
  operands: [1, 1],
  async run(args, { connection, out }) {
    const path = pathOf(args);
    await done(connection.zk.sync(path), path);
    out("Sync is OK");
  },
};

export const VERSION_COMMAND: Command = {
  name: "version",
  usage: "",
  flags: {},
  operands: [0, 0],
  run(_args, { out }) {
    out(`ZooKeeper CLI version: quorum-lab ${VERSION}`);
    return Promise.resolve();
  },
};

/** Throws a `UsageError` when it says nothing, or both what to change and what there shall be. */
function changeOf(args: Arguments): ConfigChange {
  const value = (flag: string): string | null => args.value(flag)?.toLowerCase() ?? null;
  const file = args.value("file");
  const [joiningServers, leavingServers] = [value("add"), value("remove")];
  const incremental = joiningServers !== null || leavingServers !== null;
  if (!incremental && file === null && !args.has("members")) {
    throw new UsageError("expected -add or -remove, or one of -members and -file");
  }
  if (incremental && (file !== null || args.has("members"))) {
    throw new UsageError("-add and -remove cannot be combined with -members or -file");
  }
  if (file !== null && args.has("members")) {
    throw new UsageError("-members and -file cannot be combined");
  }
  if (incremental) return { joiningServers, leavingServers };
  return { newMembers: file === null ? value("members") : membersIn(file) };
}

/** What an error of a reconfiguration is about: the configuration's znode, where it is one of a znode. */
function subjectOf(code: number): string {
  return code === ErrorCode.BadVersion || code === ErrorCode.NoAuth ? CONFIG_PATH : "";
}

function membersIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`-file ${file}: ${(error as Error).message}`);
  }
  const lines = serverLines(text);
  if (lines.length > 0) return lines.join("\n");
  throw new UsageError(`-file ${file}: expected lines server.N=…, found none`);
}

function fromVersion(args: Arguments): number {
  const text = args.value("v");
  if (text === null) return -1;
  if (/^[0-9a-f]+$/i.test(text) && text.length <= VERSION_MAX_DIGITS) return parseInt(text, 16);
  throw new UsageError(`-v ${text}: expected the version of a configuration, hexadecimal`);
}
