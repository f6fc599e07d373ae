/** Commands about quotas: setquota, listquota, delquota. They are the ensemble's: a chroot's too. */
import type { Arguments } from "../arguments.ts";
import { wholeNumber } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { Connection } from "../connection.ts";
import { CommandError, UsageError } from "../errors.ts";
import { formatLimits, formatUsage, NO_LIMITS } from "../quota-limits.ts";
import type { QuotaLimits, QuotaName } from "../quota-limits.ts";
import {
  checkNoOtherQuota,
  limitPath,
  QUOTA_ROOT,
  readQuota,
  removeQuota,
  writeLimits,
} from "../quota-znodes.ts";
import { pathOf } from "./read.ts";

/** The flag of each limit, with the least that it may be. */
const LIMITS: readonly [flag: string, name: QuotaName, min: number][] = [
  ["n", "count", 1],
  ["b", "bytes", 0],
  ["N", "countHardLimit", 1],
  ["B", "byteHardLimit", 0],
];

export const SET_QUOTA: Command = {
  name: "setquota",
  usage: "-n|-b|-N|-B val path",
  flags: { n: "value", b: "value", N: "value", B: "value" },
  operands: [1, 1],
  async run(args, { connection, signal, out }) {
    const [[flag, name, min]] = limitsGiven(args, "setquota");
    const max = name.startsWith("count") ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
    const value = wholeNumber(args.value(flag) ?? "", `-${flag}`, min, max);
    const path = quotaPathOf(args, connection);
    const { client } = connection;
    if ((await client.exists(path)).stat === null)
      throw new CommandError(`${path} does not exist.`);
    await checkNoOtherQuota(client, path, signal);
    const before = await readQuota(client, path);
    const limits = { ...(before?.limits ?? NO_LIMITS), [name]: value };
    await writeLimits(client, path, limits);
    const used = (await readQuota(client, path))?.used;
    if (used !== undefined) out(...warnings(limits, used));
  },
};

export const LIST_QUOTA: Command = {
  name: "listquota",
  usage: "path",
  flags: {},
  operands: [1, 1],
  async run(args, { connection, out, warn }) {
    const path = quotaPathOf(args, connection);
    warn(`absolute path is ${limitPath(path)}`);
    const quota = await readQuota(connection.client, path);
    if (quota === null) throw new CommandError(`quota for ${path} does not exist.`);
    out(`Output quota for ${path} ${formatLimits(quota.limits)}`);
    out(`Output stat for ${path} ${formatUsage(quota.used)}`);
  },
};

export const DEL_QUOTA: Command = {
  name: "delquota",
  usage: "[-n|-b|-N|-B] path",
  flags: { n: "flag", b: "flag", N: "flag", B: "flag" },
  operands: [1, 1],
  async run(args, { connection }) {
    const path = quotaPathOf(args, connection);
    const { client } = connection;
    const quota = await readQuota(client, path);
    if (quota === null) throw new CommandError(`Quota does not exist for ${path}`);
    if (LIMITS.every(([flag]) => !args.has(flag))) return removeQuota(client, path);
    const [[, name]] = limitsGiven(args, "delquota");
    await writeLimits(client, path, { ...quota.limits, [name]: -1 });
  },
};

type Limit = (typeof LIMITS)[number];

/** Throws a `UsageError` unless it is exactly one. */
function limitsGiven(args: Arguments, command: string): [Limit] {
  const [first, ...more] = LIMITS.filter(([flag]) => args.has(flag));
  if (first === undefined || more.length > 0) {
    throw new UsageError(`${command}: expected exactly one of -n, -b, -N and -B`);
  }
  return [first];
}

/** The real path. Throws a `UsageError` for a znode that cannot have a quota. */
function quotaPathOf(args: Arguments, { zk }: Connection): string {
  const path = zk.realPath(pathOf(args));
  if (path === "/") throw new UsageError("/ cannot have a quota: expected a znode below it");
  if (path === QUOTA_ROOT || path.startsWith(`${QUOTA_ROOT}/`)) {
    throw new UsageError(`cannot set a quota under the path: ${QUOTA_ROOT}`);
  }
  return path;
}

function warnings(limits: QuotaLimits, used: QuotaLimits): string[] {
  const below = (limit: number, use: number): boolean => limit > -1 && limit < use;
  const lines: string[] = [];
  const said = "[Warning]: the";
  if (below(limits.count, used.count) || below(limits.countHardLimit, used.count)) {
    lines.push(`${said} count quota you create is less than the existing count:${used.count}`);
  }
  if (below(limits.bytes, used.bytes) || below(limits.byteHardLimit, used.bytes)) {
    lines.push(`${said} bytes quota you create is less than the existing bytes:${used.bytes}`);
  }
  return lines;
}
