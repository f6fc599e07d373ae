/**
 * The tree and the preparer against a naive twin. The leader's transactions are applied late, at random
 * moments: no answer may show it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_SESSION } from "../ids.ts";
import type { SessionId } from "../ids.ts";
import type { MultiOp } from "../wire/request-types.ts";
import { type AuthId, OPEN_ACL } from "./acl.ts";
import { DataTree } from "./data-tree.ts";
import { ownerKind, ttlMsOf } from "./ephemeral-owner.ts";
import type { PrepareRequest } from "./prepare.ts";
import { RemovalSweep } from "./removal-sweep.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";
import { type NaiveAnswer, type NaiveNode, NaiveTree } from "./testing/naive-tree.ts";
import type { Acl, TxnBody } from "./txn.ts";
import type { Znode } from "./znode.ts";

/** What a transaction says in the twin's words. */
function said(body: TxnBody): NaiveAnswer {
  switch (body.type) {
    case "error":
      return body.code;
    case "create":
      return body.path;
    case "closeSession":
      return body.paths ?? [];
    case "multi":
      return body.parts.map((part) => {
        if (part.type === "error") return part.code;
        return part.type === "create" ? part.path : 0;
      });
    case "delete":
    case "setData":
    case "setACL":
    case "reconfig":
    case "createSession":
      return 0;
  }
}

function ownerOf({ owner }: Znode): NaiveNode["owner"] {
  switch (ownerKind(owner)) {
    case "container":
      return "container";
    case "ttl":
      return { ttlMs: ttlMsOf(owner) };
    case "none":
    case "session":
      return owner;
  }
}

/** The tree as plain data; the znodes of the system start with cversions below zero. */
function stateOf(leader: TestLeader): unknown {
  const state: Record<string, unknown> = {};
  const visit = (path: string): void => {
    const node = leader.tree.get(path);
    if (node === undefined) throw new Error(`no ${path}`);
    const names = [...node.children].sort();
    const system = path === "/" ? 1 : path === "/zookeeper" ? 2 : 0;
    const owner = ownerOf(node);
    state[path] = {
      data: node.data?.toString() ?? null,
      versions: [node.version, node.aversion, node.cversion + system],
      zxids: [node.czxid, node.mzxid, node.pzxid],
      owner,
      shownOwner: node.ephemeralOwner,
      acl: node.acl,
      mtime: node.mzxid === 0 || node.mtime === leader.timeMs(node.mzxid),
      children: names,
    };
    for (const name of names) visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  visit("/");
  return { state, sessions: new Set(leader.tree.sessions.keys()) };
}

function stateOfTwin(twin: NaiveTree): unknown {
  const state: Record<string, unknown> = {};
  for (const [path, node] of twin.nodes) {
    const names = twin.childrenOf(path).map((child) => child.slice(child.lastIndexOf("/") + 1));
    state[path] = {
      data: node.data,
      versions: [node.version, node.aversion, node.childChanges],
      zxids: [node.czxid, node.mzxid, node.pzxid],
      owner: node.owner,
      shownOwner: typeof node.owner === "bigint" ? node.owner : NO_SESSION,
      acl: node.acl,
      mtime: true,
      children: names.sort(),
    };
  }
  return { state, sessions: twin.sessions };
}

/** What a sweep at this moment finds, and what the twin says that it should. */
function expectSameSweep(leader: TestLeader, twin: NaiveTree, wallMs: number): void {
  const swept: string[] = [];
  const sweep = new RemovalSweep(leader.tree, 30);
  for (let step = sweep.step(wallMs, 2); step.type !== "over"; step = sweep.step(wallMs, 2)) {
    if (step.type === "remove") swept.push(step.path);
  }
  const due = [...twin.nodes].filter(([path, node]) => {
    if (twin.childrenOf(path).length > 0 || typeof node.owner === "bigint") return false;
    const ageMs = wallMs - leader.timeMs(node.mzxid);
    return node.owner === "container"
      ? node.childChanges > 0 || ageMs > 30
      : ageMs > node.owner.ttlMs;
  });
  expect(swept.sort()).toEqual(due.map(([path]) => path).sort());
}

const IP: AuthId = { scheme: "ip", id: "127.0.0.1" };
const ANNE: AuthId = { scheme: "digest", id: "anne:h1" };
const BERT: AuthId = { scheme: "digest", id: "bert:h2" };
const SUPER: AuthId = { scheme: "super", id: "" };
const authIds = fc.constantFrom<(readonly AuthId[])[]>([IP], [IP, ANNE], [IP, BERT], [ANNE, SUPER]);

const path = fc.constantFrom("/a", "/b", "/a/x", "/a/y", "/a/x/z", "/b/x");
const sequentialPath = fc.constantFrom("/n-", "/a/n-", "/a/", "/a/x/");
const data = fc.constantFrom("0", "1", "", "longer", null);
const version = fc.constantFrom(-1, -1, -1, 0, 1, 2);
const acl = fc.oneof(
  { weight: 6, arbitrary: fc.constant(OPEN_ACL) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<(readonly Acl[])[]>(
      [{ perms: 1, scheme: "world", id: "anyone" }],
      [{ perms: 31, ...ANNE }],
      [
        { perms: 15, scheme: "world", id: "anyone" },
        { perms: 16, ...BERT },
      ],
      [{ perms: 31, scheme: "auth", id: "" }],
      [{ perms: 31, scheme: "nosuch", id: "x" }],
      [],
    ),
  },
);

const creation: fc.Arbitrary<[string, number, string | null]> = fc.oneof(
  fc.tuple(path, fc.constantFrom(0, 0, 1), data),
  fc.tuple(sequentialPath, fc.constantFrom(2, 3), data),
);
const plainCreate = fc
  .tuple(creation, acl, fc.boolean())
  .map(
    ([args, list, withStat]) =>
      ({ ...create(...args), acl: list, type: withStat ? "create2" : "create" }) as MultiOp,
  );
const removable = fc
  .tuple(path, fc.constantFrom(4, 5), data, fc.constantFrom(1n, 10n, 40n))
  .map(([at, flags, content, ttl]) => {
    const asked = { ...create(at, flags, content), acl: OPEN_ACL };
    return flags === 4
      ? ({ ...asked, type: "createContainer" } as MultiOp)
      : ({ ...asked, type: "createTTL", ttl } as MultiOp);
  });
const op: fc.Arbitrary<MultiOp> = fc.oneof(
  { weight: 5, arbitrary: plainCreate },
  { weight: 2, arbitrary: removable },
  { weight: 3, arbitrary: fc.tuple(path, version).map((args) => remove(...args) as MultiOp) },
  { weight: 3, arbitrary: fc.tuple(path, data, version).map((a) => setData(...a) as MultiOp) },
);
const check = fc
  .tuple(path, version)
  .map(([at, wanted]): MultiOp => ({ type: "check", path: at, version: wanted }));

const LIMITS = ["count=-1,bytes=-1=;countHardLimit=4", "count=1,bytes=1=;byteHardLimit=8", "x"];
const quotaZnode = fc.constantFrom(
  ...["/a", "/a/x"].flatMap((at) =>
    ["", "/zookeeper_limits", "/zookeeper_stats"].map((name) => `/zookeeper/quota${at}${name}`),
  ),
);
const quotaRequest = fc.oneof(
  fc.tuple(quotaZnode, fc.constantFrom(...LIMITS)).map(([at, text]) => create(at, 0, text)),
  fc.tuple(quotaZnode, fc.constantFrom(...LIMITS)).map(([at, text]) => setData(at, text)),
  quotaZnode.map((at) => remove(at)),
);

/** Those of the leader itself, and those about quotas, are prepared when nothing is in flight. */
interface Asked {
  readonly request: PrepareRequest;
  readonly alone?: true;
}
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 12, arbitrary: op.map((request) => ({ request })) },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.oneof(op, check), { maxLength: 4 })
      .map((ops) => ({ request: { type: "multi", ops } as const })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(path, acl, version).map(([at, list, wanted]) => ({
      request: { type: "setACL", path: at, acl: list, version: wanted } as const,
    })),
  },
  { weight: 1, arbitrary: fc.constant({ request: { type: "closeSession" } as const }) },
  {
    weight: 1,
    arbitrary: fc.constant({
      request: { type: "createSession", timeoutMs: 5, password: Buffer.alloc(16) } as const,
    }),
  },
  {
    weight: 1,
    arbitrary: data.map((text) => ({
      request: { type: "reconfig", data: Buffer.from(text ?? "") } as const,
      alone: true as const,
    })),
  },
  {
    weight: 2,
    arbitrary: path.map((at) => ({
      request: { type: "deleteContainer", path: at } as const,
      alone: true as const,
    })),
  },
  { weight: 3, arbitrary: quotaRequest.map((request) => ({ request, alone: true as const })) },
);
const step = fc.record({
  asked,
  session: fc.constantFrom(1n, 2n, 3n) as fc.Arbitrary<SessionId>,
  authIds,
  // Mostly none, so that much is in flight; now and then some, or all.
  applied: fc.constantFrom(0, 0, 0, 0, 1, 2, 5, 100),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
/** Some histories begin with a quota: it takes several requests to have one. */
const quotaFirst: readonly Step[] = [
  create("/a"),
  create("/zookeeper/quota/a", 0, null),
  create("/zookeeper/quota/a/zookeeper_limits", 0, LIMITS[0]),
  create("/zookeeper/quota/a/zookeeper_stats", 0, ""),
].map((request) => ({
  asked: { request, alone: true },
  session: 1n as SessionId,
  authIds: [IP],
  applied: 0,
}));
const history = fc
  .tuple(fc.constantFrom([], quotaFirst), fc.array(step, { maxLength: 80, size: "max" }))
  .map(([first, steps]) => [...first, ...steps]);

test("whatever is asked, and however late it is applied, the naive twin agrees", () => {
  fc.assert(
    fc.property(history, fc.nat({ max: 100 }), (steps, laterMs) => {
      const leader = new TestLeader({
        skipAcl: false,
        extendedTypesEnabled: true,
        enforceQuota: true,
      });
      const twin = new NaiveTree();
      twin.sessions.add(leader.tree.sessions.keys().next().value ?? 0n);
      for (const id of [1n, 2n] as SessionId[]) {
        leader.openSession(id);
        twin.sessions.add(id);
      }
      for (const { asked: next, session, authIds: ids, applied } of steps) {
        const { request, alone = false } = next;
        if (alone) while (leader.applyOne() !== undefined);
        leader.authIds = ids;
        const own = request.type === "reconfig" || request.type === "deleteContainer";
        const asker = own ? NO_SESSION : session;
        const body = leader.propose(request, asker);
        expect(said(body)).toEqual(
          twin.run(request, { session: asker, authIds: ids }, leader.zxid),
        );
        for (let i = 0; i < (alone ? 1 : applied); i++) leader.applyOne();
      }
      while (leader.applyOne() !== undefined);
      expect(stateOf(leader)).toEqual(stateOfTwin(twin));
      expect(leader.preparer.outstandingChanges).toBe(0);
      expectSameSweep(leader, twin, leader.timeMs(leader.zxid) + laterMs);

      const bytes = Buffer.concat(leader.tree.serialize());
      const copy = DataTree.restore(bytes);
      expect(Buffer.concat(copy.serialize()).equals(bytes)).toBe(true);
      expect(copy.ephemeralCount).toBe(leader.tree.ephemeralCount);
      expect(copy.approximateDataBytes).toBe(leader.tree.approximateDataBytes);
      expect(copy.quotas.all).toEqual(leader.tree.quotas.all);
      expect(copy.removable.containers).toEqual(leader.tree.removable.containers);
      expect(copy.removable.ttls).toEqual(leader.tree.removable.ttls);
    }),
    { numRuns: 400 },
  );
});
