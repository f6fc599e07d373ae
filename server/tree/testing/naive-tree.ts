/**
 * The naive twin of the tree and its preparer: one map, changed at once by every request, without
 * anything in flight; children found by looking through all paths, changes counted one by one, a multi
 * undone by taking back a copy of everything.
 */
import { ErrorCode } from "../../errors.ts";
import { fixAcl, type AuthId } from "../acl.ts";
import type { PrepareRequest } from "../prepare.ts";
import type { RequestOf } from "../prepare-request.ts";
import type { Acl } from "../txn.ts";

export interface NaiveNode {
  data: string | null;
  version: number;
  aversion: number;
  childChanges: number;
  childCreations: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  /** A session, "container", or a time to live. */
  owner: bigint | "container" | { ttlMs: number };
  acl: readonly Acl[];
}

/** The error code, or the path that was created, or the paths that a close has removed, or 0. */
export type NaiveAnswer = number | string | readonly (number | string)[];

type Create = RequestOf<"create" | "create2" | "createContainer" | "createTTL">;
interface Asker {
  readonly session: bigint;
  readonly authIds: readonly AuthId[];
}

const OPEN: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
const READ: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];
const SYSTEM = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

export class NaiveTree {
  nodes = new Map<string, NaiveNode>();
  readonly sessions = new Set<bigint>();

  constructor() {
    for (const path of SYSTEM) this.nodes.set(path, born("", 0, 0n, OPEN));
    const config = this.#get("/zookeeper/config");
    config.acl = READ;
    config.aversion = -1;
  }

  childrenOf(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()].filter(
      (other) =>
        other.startsWith(prefix) && other !== "/" && !other.slice(prefix.length).includes("/"),
    );
  }

  run(request: PrepareRequest, asker: Asker, zxid: number): NaiveAnswer {
    const { session } = asker;
    switch (request.type) {
      case "createSession":
        if (this.sessions.has(session)) return ErrorCode.BadArguments;
        this.sessions.add(session);
        return 0;
      case "closeSession": {
        if (!this.sessions.delete(session)) return ErrorCode.SessionExpired;
        const own = [...this.nodes].filter(([, node]) => node.owner === session);
        const paths = own.map(([path]) => path).sort();
        for (const path of paths) this.#remove(path, zxid);
        return paths;
      }
      case "reconfig":
        return this.#write("/zookeeper/config", request.data.toString(), -1, zxid);
      case "deleteContainer": {
        const node = this.nodes.get(request.path);
        if (node === undefined) return ErrorCode.NoNode;
        if (this.childrenOf(request.path).length > 0) return ErrorCode.NotEmpty;
        if (typeof node.owner === "bigint") return ErrorCode.BadVersion;
        this.#remove(request.path, zxid);
        return 0;
      }
      case "multi": {
        const before = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
        const answers = request.ops.map((op): number | string => this.#one(op, asker, zxid));
        const failed = answers.findIndex((answer) => typeof answer === "number" && answer !== 0);
        if (failed < 0) return answers;
        this.nodes = before;
        const after = ErrorCode.RuntimeInconsistency;
        return answers.map((answer, at) => (at < failed ? 0 : at > failed ? after : answer));
      }
      default:
        return this.#one(request, asker, zxid);
    }
  }

  #one(
    request: Create | RequestOf<"delete" | "setData" | "setACL" | "check">,
    asker: Asker,
    zxid: number,
  ): number | string {
    if (!this.sessions.has(asker.session)) return ErrorCode.SessionExpired;
    const { path } = request;
    const node = this.nodes.get(path);
    switch (request.type) {
      case "setACL": {
        const acl = fixAcl(request.acl, asker.authIds);
        if (acl === null) return ErrorCode.InvalidAcl;
        if (node === undefined) return ErrorCode.NoNode;
        if (!allowed(node.acl, 16, asker)) return ErrorCode.NoAuth;
        if (misses(request.version, node.aversion)) return ErrorCode.BadVersion;
        node.acl = acl;
        node.aversion++;
        return 0;
      }
      case "check":
        if (node === undefined) return ErrorCode.NoNode;
        if (!allowed(node.acl, 1, asker)) return ErrorCode.NoAuth;
        return misses(request.version, node.version) ? ErrorCode.BadVersion : 0;
      case "setData": {
        if (node === undefined) return ErrorCode.NoNode;
        if (!allowed(node.acl, 2, asker)) return ErrorCode.NoAuth;
        const data = request.data === null ? null : request.data.toString();
        const growth = (data?.length ?? 0) - (node.data?.length ?? 0);
        if (this.#isOverQuota(path, 0, growth)) return ErrorCode.QuotaExceeded;
        if (misses(request.version, node.version)) return ErrorCode.BadVersion;
        return this.#write(path, data, node.version + 1, zxid);
      }
      case "delete": {
        const parent = this.nodes.get(parentOf(path));
        if (parent === undefined) return ErrorCode.NoNode;
        if (!allowed(parent.acl, 8, asker)) return ErrorCode.NoAuth;
        if (node === undefined) return ErrorCode.NoNode;
        if (misses(request.version, node.version)) return ErrorCode.BadVersion;
        if (this.childrenOf(path).length > 0) return ErrorCode.NotEmpty;
        this.#remove(path, zxid);
        return 0;
      }
      default:
        return this.#create(request, asker, zxid);
    }
  }

  #create(request: Create, asker: Asker, zxid: number): number | string {
    const acl = fixAcl(request.acl, asker.authIds);
    if (acl === null) return ErrorCode.InvalidAcl;
    const parent = this.nodes.get(parentOf(request.path));
    if (parent === undefined) return ErrorCode.NoNode;
    if (!allowed(parent.acl, 4, asker)) return ErrorCode.NoAuth;
    const number = String(parent.childCreations).padStart(10, "0");
    const path = [2, 3, 6].includes(request.flags) ? request.path + number : request.path;
    if (this.nodes.has(path)) return ErrorCode.NodeExists;
    if (typeof parent.owner === "bigint" && parent.owner !== 0n) {
      return ErrorCode.NoChildrenForEphemerals;
    }
    const data = request.data === null ? null : request.data.toString();
    if (this.#isOverQuota(path, 1, data?.length ?? 0)) return ErrorCode.QuotaExceeded;
    parent.childCreations++;
    parent.childChanges++;
    parent.pzxid = zxid;
    let owner: NaiveNode["owner"] = request.flags % 2 === 1 ? asker.session : 0n;
    if (request.type === "createContainer") owner = "container";
    if (request.type === "createTTL") owner = { ttlMs: Number(request.ttl) };
    const node = born(data, zxid, owner, acl);
    this.nodes.set(path, node);
    const counted = /^\/zookeeper\/quota(\/.+)\/zookeeper_stats$/.exec(path)?.[1];
    if (counted !== undefined) node.data = this.#recount(counted);
    this.#use(path, 1, data?.length ?? 0);
    return path;
  }

  #write(path: string, data: string | null, version: number, zxid: number): 0 {
    const node = this.#get(path);
    const growth = (data?.length ?? 0) - (node.data?.length ?? 0);
    node.data = data;
    node.version = version;
    node.mzxid = zxid;
    this.#use(path, 0, growth);
    return 0;
  }

  #remove(path: string, zxid: number): void {
    const node = this.#get(path);
    this.nodes.delete(path);
    const parent = this.#get(parentOf(path));
    parent.childChanges++;
    parent.pzxid = zxid;
    this.#use(path, -1, -(node.data?.length ?? 0));
  }

  // --- quotas: looked up from the bottom at every step ---------------------------------------------

  #quotaOf(path: string): string | null {
    for (let at = path; at !== "/"; at = parentOf(at)) {
      if (this.nodes.has(`/zookeeper/quota${at}/zookeeper_limits`)) return at;
    }
    return null;
  }

  #use(path: string, count: number, bytes: number): void {
    const quota = this.#quotaOf(path);
    const stats = this.nodes.get(`/zookeeper/quota${quota}/zookeeper_stats`);
    if (quota === null || stats === undefined) return;
    const used = numbers(stats.data);
    const others = /=;.*$/.exec(stats.data ?? "")?.[0] ?? "";
    stats.data = `count=${used.count + count},bytes=${used.bytes + bytes}${others}`;
  }

  #recount(path: string): string {
    const below = [...this.nodes].filter(([at]) => at === path || at.startsWith(`${path}/`));
    const bytes = below.reduce((sum, [, node]) => sum + (node.data?.length ?? 0), 0);
    return `count=${below.length},bytes=${bytes}`;
  }

  #isOverQuota(path: string, count: number, bytes: number): boolean {
    const quota = this.#quotaOf(path);
    if (quota === null) return false;
    const stats = this.nodes.get(`/zookeeper/quota${quota}/zookeeper_stats`);
    if (stats === undefined) return false;
    const used = numbers(stats.data);
    const text = this.#get(`/zookeeper/quota${quota}/zookeeper_limits`).data ?? "";
    const hardCount = Number(/countHardLimit=(\d+)/.exec(text)?.[1] ?? Infinity);
    const hardBytes = Number(/byteHardLimit=(\d+)/.exec(text)?.[1] ?? Infinity);
    return (
      (count !== 0 && used.count + count > hardCount) ||
      (bytes !== 0 && used.bytes + bytes > hardBytes)
    );
  }

  #get(path: string): NaiveNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`the twin has no ${path}`);
    return node;
  }
}

function born(
  data: string | null,
  zxid: number,
  owner: NaiveNode["owner"],
  acl: readonly Acl[],
): NaiveNode {
  const counters = { version: 0, aversion: 0, childChanges: 0, childCreations: 0 };
  return { data, ...counters, czxid: zxid, mzxid: zxid, pzxid: zxid, owner, acl };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function misses(wanted: number, has: number): boolean {
  return wanted !== -1 && wanted !== has;
}

function allowed(acl: readonly Acl[], bit: number, { authIds }: Asker): boolean {
  if (authIds.some(({ scheme }) => scheme === "super")) return true;
  const names = [...authIds.map(({ scheme, id }) => `${scheme}:${id}`), "world:anyone"];
  return acl.some(({ perms, scheme, id }) => perms & bit && names.includes(`${scheme}:${id}`));
}

function numbers(text: string | null): { count: number; bytes: number } {
  const [, count, bytes] = /^count=(-?\d+),bytes=(-?\d+)/.exec(text ?? "") ?? [];
  return { count: Number(count ?? -1), bytes: Number(bytes ?? -1) };
}
