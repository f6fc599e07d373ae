/** Commands that change znodes: create, set, delete, deleteall. */
import { CreateFlag } from "../../../server/wire/opcodes.ts";
import type { MultiOp } from "../../../server/wire/request-types.ts";
import type { OpResult } from "../../client/request-op.ts";
import { OPEN_ACL } from "../../client/request-op.ts";
import { parseAcl } from "../acl-words.ts";
import { type Arguments, versionOf, wholeNumber } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { CommandError, UsageError, done } from "../errors.ts";
import { checkPath } from "../path-check.ts";
import { statLines } from "../stat-text.ts";
import { subtree } from "../subtree.ts";
import { pathOf } from "./read.ts";

/** What a znode can hold of its time to live: 40 bits. */
const TTL_MAX_MS = 0xff_ffff_ffff;
const BATCH_DEFAULT = 1000;
/** Batches of deleteall that are under way at once. */
const BATCHES_AT_ONCE = 10;

export const CREATE: Command = {
  name: "create",
  usage: "[-s] [-e] [-c] [-t ttl] path [data] [acl]",
  flags: { s: "flag", e: "flag", c: "flag", t: "value" },
  operands: [1, 3],
  async run(args, { connection, out }) {
    const [path = "", text, aclText] = args.operands;
    const { flags, ttl } = kindOf(args);
    checkPath(path, args.has("s"));
    const data = text === undefined ? null : Buffer.from(text);
    const acl = aclText === undefined ? OPEN_ACL : parseAcl(aclText);
    const made = { path, data, acl, flags };
    const asked =
      ttl === null
        ? connection.zk.ask({ type: args.has("c") ? "createContainer" : "create", ...made })
        : connection.zk.ask({ type: "createTTL", ttl: BigInt(ttl), ...made });
    out(`Created ${(await done(asked, path)).path}`);
  },
};

export const SET: Command = {
  name: "set",
  usage: "path data [-s] [-v version] [-b]",
  flags: { s: "flag", v: "value", b: "flag" },
  operands: [2, 2],
  async run(args, { connection, out }) {
    const path = pathOf(args);
    const data = dataOf(args.operands[1] ?? "", args.has("b"));
    const { stat } = await done(connection.zk.setData(path, data, versionOf(args)), path);
    if (args.has("s") && stat !== null) out(...statLines(stat));
  },
};

export const DELETE: Command = {
  name: "delete",
  usage: "[-v version] path",
  flags: { v: "value" },
  operands: [1, 2],
  async run(args, { connection, warn }) {
    const path = pathOf(args);
    const old = args.operands[1];
    let version = versionOf(args);
    if (old !== undefined) {
      warn(
        "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead.",
      );
      version = wholeNumber(old, "version", -(2 ** 31), 2 ** 31 - 1);
    }
    await done(connection.zk.delete(path, version), path);
  },
};

export const DELETE_ALL: Command = {
  name: "deleteall",
  usage: "path [-b batch size]",
  flags: { b: "value" },
  operands: [1, 1],
  async run(args, context) {
    const path = pathOf(args);
    const size = args.value("b");
    const batch = size === null ? BATCH_DEFAULT : wholeNumber(size, "-b", 0, 2 ** 31 - 1);
    const { zk } = context.connection;
    // Leaves first: every znode comes after its parent in the list.
    const paths = (await subtree(zk, path, context.signal)).toReversed();
    if (batch > 0) return deleteInBatches(paths, batch, context);
    for (const each of paths) {
      context.signal.throwIfAborted();
      await done(zk.delete(each), each);
    }
  },
};

interface Kind {
  readonly flags: number;
  /** Milliseconds; null: the znode stays. */
  readonly ttl: number | null;
}

/** Throws a `UsageError` for kinds of znodes that there are not. */
function kindOf(args: Arguments): Kind {
  const [sequential, ephemeral, container] = [args.has("s"), args.has("e"), args.has("c")];
  const ttlText = args.value("t");
  if (container && (ephemeral || sequential)) {
    throw new UsageError("-c cannot be combined with -s or -e: a container is neither");
  }
  if (ttlText === null) {
    if (container) return { flags: CreateFlag.container, ttl: null };
    if (!ephemeral) {
      return { flags: sequential ? CreateFlag.persistentSequential : 0, ttl: null };
    }
    return { flags: sequential ? CreateFlag.ephemeralSequential : CreateFlag.ephemeral, ttl: null };
  }
  if (ephemeral) throw new UsageError("TTLs cannot be used with Ephemeral znodes");
  if (container) throw new UsageError("TTLs cannot be used with Container znodes");
  const { persistentWithTtl, persistentSequentialWithTtl } = CreateFlag;
  return {
    flags: sequential ? persistentSequentialWithTtl : persistentWithTtl,
    ttl: wholeNumber(ttlText, "-t", 1, TTL_MAX_MS),
  };
}

function dataOf(text: string, base64: boolean): Buffer {
  if (!base64) return Buffer.from(text);
  const data = Buffer.from(text, "base64");
  if (data.toString("base64") === text) return data;
  throw new UsageError(`-b ${text.slice(0, 40)}: expected data in base64, padded`);
}

/** Several at once; after the first that fails no more are begun. */
async function deleteInBatches(
  paths: readonly string[],
  size: number,
  { connection, signal }: CommandContext,
): Promise<void> {
  let failed: OpResult | null = null;
  const pending = new Set<Promise<void>>();
  for (let at = 0; at < paths.length && failed === null; at += size) {
    signal.throwIfAborted();
    const ops = paths
      .slice(at, at + size)
      .map((path): MultiOp => ({ type: "delete", path, version: -1 }));
    const batch = connection.zk.multi(...ops).then((result) => {
      if (result.outcome !== "ok") failed ??= result;
      pending.delete(batch);
    });
    pending.add(batch);
    if (pending.size >= BATCHES_AT_ONCE) await Promise.race(pending);
  }
  await Promise.all(pending);
  if (failed !== null) throw new CommandError("Failed to delete some node(s) in the subtree!");
}
