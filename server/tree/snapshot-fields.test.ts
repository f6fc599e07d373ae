/**
 * What a snapshot keeps, told field by field: two trees that are compared by their snapshots are equal
 * also in what no snapshot has.
 */
import { expect, test } from "vitest";
import type { SessionId } from "../ids.ts";
import { DataTree } from "./data-tree.ts";
import { create, setData, SESSION, TestLeader } from "./testing/leader.ts";
import type { Znode } from "./znode.ts";

const OTHER = 0x7_0000_0000_0009n as SessionId;
const OPTIONS = {
  skipAcl: false,
  extendedTypesEnabled: true,
  enforceQuota: true,
  x509: false,
} as const;

/** Every field of every znode has a value of its own: no two can be taken for each other. */
function leaderOfDifferences(): TestLeader {
  const leader = new TestLeader(OPTIONS);
  leader.openSession(OTHER);
  leader.run(create("/a", 0, "first"));
  for (let version = 1; version <= 3; version++) leader.run(setData("/a", `data ${version}`));
  for (const name of ["x", "y"]) leader.run(create(`/a/${name}`));
  leader.run(create("/a/s-", 2));
  leader.run({ type: "delete", path: "/a/x", version: -1 });
  const acl = [{ perms: 31, scheme: "ip", id: "127.0.0.1" }];
  for (let times = 0; times < 2; times++) {
    leader.run({ type: "setACL", path: "/a", acl, version: -1 });
  }
  leader.run(create("/mine", 1, null));
  leader.run(create("/other", 1, ""), OTHER);
  leader.run({ ...create("/box", 4), type: "createContainer" });
  leader.run({ ...create("/timed", 5), type: "createTTL", ttl: 86_400_000n });
  leader.run(create("/zookeeper/quota/a"));
  leader.run(create("/zookeeper/quota/a/zookeeper_limits", 0, "count=9,bytes=-1"));
  leader.run(create("/zookeeper/quota/a/zookeeper_stats", 0, "count=0,bytes=0"));
  return leader;
}

function told(node: Znode): Record<string, unknown> {
  return {
    data: node.data?.toString("latin1") ?? null,
    acl: node.acl,
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    owner: node.owner,
    ephemeralOwner: node.ephemeralOwner,
    childCreations: node.childCreations,
    children: [...node.children].toSorted(),
  };
}

function allOf(tree: DataTree, path = "/"): Record<string, unknown> {
  const node = tree.get(path);
  if (node === undefined) throw new Error(`no ${path}`);
  const all: Record<string, unknown> = { [path]: told(node) };
  for (const name of node.children) {
    Object.assign(all, allOf(tree, path === "/" ? `/${name}` : `${path}/${name}`));
  }
  return all;
}

test("a restored tree has every field of every znode, and all that is kept beside them", () => {
  const { tree } = leaderOfDifferences();
  const { czxid, mzxid, pzxid, ctime, mtime, ...rest } = told(tree.get("/a") as Znode);
  expect(new Set([czxid, mzxid, pzxid]).size).toBe(3);
  expect(mtime).not.toBe(ctime);
  expect(rest).toMatchObject({ version: 3, aversion: 2, childCreations: 3, cversion: 4 });
  const copy = DataTree.restore(Buffer.concat(tree.serialize()));
  expect(allOf(copy)).toEqual(allOf(tree));
  expect(copy.lastApplied).toBe(tree.lastApplied);
  expect(copy.sessions).toEqual(tree.sessions);
  for (const session of [SESSION, OTHER]) {
    expect(copy.ephemeralsOf(session)).toEqual(tree.ephemeralsOf(session));
  }
  expect(copy.removable).toEqual(tree.removable);
  expect([...copy.quotas.all]).toEqual([...tree.quotas.all]);
});
