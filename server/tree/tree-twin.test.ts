/**
 * The tree and the preparer against a naive twin: one map, changed at once by every request, without
 * anything in flight, children found by looking through all paths, changes counted one by one. The
 * leader's transactions are applied late, at random moments: no answer may show it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import type { SessionId } from "../ids.ts";
import { DataTree } from "./data-tree.ts";
import type { PrepareRequest } from "./prepare.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";
import type { TxnBody } from "./txn.ts";

interface TwinNode {
  data: string | null;
  version: number;
  childChanges: number;
  childCreations: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  owner: bigint;
}

class Twin {
  readonly nodes = new Map<string, TwinNode>();
  readonly sessions = new Set<bigint>();

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      this.nodes.set(path, this.#born(null, 0, 0n));
    }
  }

  childrenOf(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()].filter(
      (other) =>
        other.startsWith(prefix) && other !== "/" && !other.slice(prefix.length).includes("/"),
    );
  }

  /** The error code, or what was created, or the paths that a close has removed, or 0. */
  run(request: PrepareRequest, session: bigint, zxid: number): number | string | string[] {
    if (request.type === "createSession") {
      if (this.sessions.has(session)) return ErrorCode.BadArguments;
      this.sessions.add(session);
      return 0;
    }
    if (!this.sessions.has(session)) return ErrorCode.SessionExpired;
    if (request.type === "closeSession") {
      this.sessions.delete(session);
      const own = [...this.nodes.keys()].filter((path) => this.nodes.get(path)?.owner === session);
      for (const path of own.sort()) this.#remove(path, zxid);
      return own;
    }
    if (request.type === "create") return this.#create(request, session, zxid);
    const node = this.nodes.get(request.path);
    if (node === undefined) return ErrorCode.NoNode;
    if (request.version !== -1 && request.version !== node.version) return ErrorCode.BadVersion;
    if (request.type === "setData") {
      node.data = request.data === null ? null : request.data.toString();
      node.version++;
      node.mzxid = zxid;
      return 0;
    }
    if (this.childrenOf(request.path).length > 0) return ErrorCode.NotEmpty;
    this.#remove(request.path, zxid);
    return 0;
  }

  #create(
    request: Extract<PrepareRequest, { type: "create" }>,
    session: bigint,
    zxid: number,
  ): number | string {
    const parentPath = request.path.slice(0, request.path.lastIndexOf("/")) || "/";
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return ErrorCode.NoNode;
    const number = String(parent.childCreations).padStart(10, "0");
    const path = request.flags >= 2 ? request.path + number : request.path;
    if (this.nodes.has(path)) return ErrorCode.NodeExists;
    if (parent.owner !== 0n) return ErrorCode.NoChildrenForEphemerals;
    parent.childCreations++;
    parent.childChanges++;
    parent.pzxid = zxid;
    const data = request.data === null ? null : request.data.toString();
    this.nodes.set(path, this.#born(data, zxid, request.flags % 2 === 1 ? session : 0n));
    return path;
  }

  #remove(path: string, zxid: number): void {
    this.nodes.delete(path);
    const parent = this.nodes.get(path.slice(0, path.lastIndexOf("/")) || "/");
    if (parent === undefined) throw new Error(`${path} without a parent`);
    parent.childChanges++;
    parent.pzxid = zxid;
  }

  #born(data: string | null, zxid: number, owner: bigint): TwinNode {
    const counters = { version: 0, childChanges: 0, childCreations: 0 };
    return { data, ...counters, czxid: zxid, mzxid: zxid, pzxid: zxid, owner };
  }
}

/** What a transaction says in the twin's words. */
function said(body: TxnBody): number | string | string[] {
  switch (body.type) {
    case "error":
      return body.code;
    case "create":
      return body.path;
    case "closeSession":
      return [...body.paths];
    case "delete":
    case "setData":
    case "setACL":
    case "multi":
    case "reconfig":
    case "createSession":
      return 0;
  }
}

/** Both trees as plain data; the znodes of the system start with cversions below zero. */
function stateOf(leader: TestLeader): unknown {
  const state: Record<string, unknown> = {};
  const visit = (path: string): void => {
    const node = leader.tree.get(path);
    if (node === undefined) throw new Error(`no ${path}`);
    const names = [...node.children].sort();
    const system = path === "/" ? 1 : path === "/zookeeper" ? 2 : 0;
    state[path] = {
      data: path.startsWith("/zookeeper") || path === "/" ? null : (node.data?.toString() ?? null),
      version: node.version,
      cversion: node.cversion + system,
      zxids: [node.czxid, node.mzxid, node.pzxid],
      owner: node.ephemeralOwner,
      mtime: node.mzxid === 0 || node.mtime === leader.timeMs(node.mzxid),
      children: names,
    };
    for (const name of names) visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  visit("/");
  return { state, sessions: new Set(leader.tree.sessions.keys()) };
}

function stateOfTwin(twin: Twin): unknown {
  const state: Record<string, unknown> = {};
  for (const [path, node] of twin.nodes) {
    state[path] = {
      data: node.data,
      version: node.version,
      cversion: node.childChanges,
      zxids: [node.czxid, node.mzxid, node.pzxid],
      owner: node.owner,
      mtime: true,
      children: twin
        .childrenOf(path)
        .map((child) => child.slice(child.lastIndexOf("/") + 1))
        .sort(),
    };
  }
  return { state, sessions: twin.sessions };
}

const path = fc.constantFrom("/a", "/b", "/a/x", "/a/y", "/a/x/z", "/b/x");
const sequentialPath = fc.constantFrom("/n-", "/a/n-", "/a/", "/a/x/");
const data = fc.constantFrom("0", "1", null);
const version = fc.constantFrom(-1, -1, 0, 1, 2);
const request: fc.Arbitrary<PrepareRequest> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(path, fc.constantFrom(0, 0, 1), data).map((a) => create(...a)) },
  {
    weight: 2,
    arbitrary: fc.tuple(sequentialPath, fc.constantFrom(2, 3), data).map((a) => create(...a)),
  },
  { weight: 3, arbitrary: fc.tuple(path, version).map((a) => remove(...a)) },
  { weight: 3, arbitrary: fc.tuple(path, data, version).map((a) => setData(...a)) },
  { weight: 1, arbitrary: fc.constant<PrepareRequest>({ type: "closeSession" }) },
  {
    weight: 1,
    arbitrary: fc.constant<PrepareRequest>({
      type: "createSession",
      timeoutMs: 5,
      password: Buffer.alloc(16),
    }),
  },
);
const step = fc.record({
  request,
  session: fc.constantFrom(1n, 2n, 3n) as fc.Arbitrary<SessionId>,
  // Mostly none, so that much is in flight; now and then some, or all.
  applied: fc.constantFrom(0, 0, 0, 0, 1, 2, 5, 100),
});

test("whatever is asked, and however late it is applied, the naive twin agrees", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const leader = new TestLeader();
      const twin = new Twin();
      twin.sessions.add(leader.tree.sessions.keys().next().value ?? 0n);
      for (const id of [1n, 2n] as SessionId[]) {
        leader.openSession(id);
        twin.sessions.add(id);
      }
      for (const { request: asked, session, applied } of steps) {
        const body = leader.propose(asked, session);
        expect(said(body)).toEqual(twin.run(asked, session, leader.zxid));
        for (let i = 0; i < applied; i++) leader.applyOne();
      }
      while (leader.applyOne() !== undefined);
      expect(stateOf(leader)).toEqual(stateOfTwin(twin));
      expect(leader.preparer.outstandingChanges).toBe(0);

      const bytes = Buffer.concat(leader.tree.serialize());
      const copy = DataTree.restore(bytes);
      expect(Buffer.concat(copy.serialize()).equals(bytes)).toBe(true);
      expect(copy.ephemeralCount).toBe(leader.tree.ephemeralCount);
      expect(copy.approximateDataBytes).toBe(leader.tree.approximateDataBytes);
    }),
    { numRuns: 200 },
  );
});
