import { describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import { NO_SESSION } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import type { Stat } from "../wire/replies.ts";
import { OPEN_ACL } from "./acl.ts";
import { DataTree } from "./data-tree.ts";
import { InvariantError } from "../errors.ts";
import { create, remove, SESSION, setData, TestLeader } from "./testing/leader.ts";
import type { TxnBody, TxnHeader } from "./txn.ts";

/** A znode's Stat on one line, the times as the zxids that they belong to. */
function stat(leader: TestLeader, path: string): string {
  const node = leader.tree.get(path);
  if (node === undefined) return "none";
  const zero = leader.timeMs(0);
  return (
    `c${node.czxid} m${node.mzxid} p${node.pzxid} ` +
    `ctime ${node.ctime - zero} mtime ${node.mtime - zero} ` +
    `v${node.version} cv${node.cversion} av${node.aversion} ` +
    `${node.dataLength} bytes ${node.numChildren} children`
  );
}

function header(zxid: number, sessionId: SessionId = SESSION): TxnHeader {
  return { zxid: zxid as Zxid, timeMs: 0, sessionId, cxid: 0, originSid: 1, originRequest: 0 };
}

describe("a new tree", () => {
  /** As Apache ZooKeeper 3.8.0 shows them before the first write. */
  const SYSTEM: readonly [string, Partial<Stat>][] = [
    ["/", { cversion: -1, aversion: 0, numChildren: 1 }],
    ["/zookeeper", { cversion: -2, aversion: 0, numChildren: 2 }],
    ["/zookeeper/config", { cversion: 0, aversion: -1, numChildren: 0 }],
    ["/zookeeper/quota", { cversion: 0, aversion: 0, numChildren: 0 }],
  ];
  for (const [path, shown] of SYSTEM) {
    test(`has ${path}, which no transaction made`, () => {
      expect(new DataTree().get(path)).toMatchObject({
        czxid: 0,
        mzxid: 0,
        pzxid: 0,
        ctime: 0,
        mtime: 0,
        version: 0,
        dataLength: 0,
        ...shown,
      });
    });
  }
  test("has nothing else, and is at zxid 0", () => {
    const tree = new DataTree();
    expect(tree.nodeCount).toBe(4);
    expect(tree.lastApplied).toBe(0);
    expect([...(tree.children("/zookeeper") ?? [])].sort()).toEqual(["config", "quota"]);
  });
});

describe("the Stat", () => {
  test("goes from birth through data and children to rebirth as ZooKeeper's does", () => {
    const leader = new TestLeader();
    const steps: string[] = [];
    const step = (request: Parameters<TestLeader["run"]>[0]): void => {
      const { code } = leader.run(request);
      steps.push(`${leader.zxid}: ${code} ${stat(leader, "/a")}`);
    };
    step(create("/a", 0, "hello"));
    step(setData("/a", "hi"));
    step(create("/a/b"));
    step(create("/a/c-", 2));
    step(setData("/a/b", "z"));
    step(remove("/a"));
    step(remove("/a/b"));
    step(remove("/a/c-0000000001"));
    step(create("/a/c-", 2));
    step(remove("/a/c-0000000002"));
    step(setData("/a", null, 1));
    step(remove("/a", 2));
    step(create("/a", 0, null));
    expect(steps).toEqual([
      "2: 0 c2 m2 p2 ctime 2 mtime 2 v0 cv0 av0 5 bytes 0 children",
      "3: 0 c2 m3 p2 ctime 2 mtime 3 v1 cv0 av0 2 bytes 0 children",
      "4: 0 c2 m3 p4 ctime 2 mtime 3 v1 cv1 av0 2 bytes 1 children",
      "5: 0 c2 m3 p5 ctime 2 mtime 3 v1 cv2 av0 2 bytes 2 children",
      "6: 0 c2 m3 p5 ctime 2 mtime 3 v1 cv2 av0 2 bytes 2 children",
      "7: -111 c2 m3 p5 ctime 2 mtime 3 v1 cv2 av0 2 bytes 2 children",
      "8: 0 c2 m3 p8 ctime 2 mtime 3 v1 cv3 av0 2 bytes 1 children",
      "9: 0 c2 m3 p9 ctime 2 mtime 3 v1 cv4 av0 2 bytes 0 children",
      "10: 0 c2 m3 p10 ctime 2 mtime 3 v1 cv5 av0 2 bytes 1 children",
      "11: 0 c2 m3 p11 ctime 2 mtime 3 v1 cv6 av0 2 bytes 0 children",
      "12: 0 c2 m12 p11 ctime 2 mtime 12 v2 cv6 av0 0 bytes 0 children",
      "13: 0 none",
      "14: 0 c14 m14 p14 ctime 14 mtime 14 v0 cv0 av0 0 bytes 0 children",
    ]);
    expect(leader.tree.get("/a")?.data).toBeNull();
  });

  test("an ephemeral shows its owner", () => {
    const leader = new TestLeader();
    const { node } = leader.run(create("/e", 1));
    expect(node?.ephemeralOwner).toBe(SESSION);
    expect(leader.run(create("/p", 0)).node?.ephemeralOwner).toBe(NO_SESSION);
  });
});

describe("sessions", () => {
  test("the close of a session removes all its ephemerals, and nothing else, in one transaction", () => {
    const leader = new TestLeader();
    const other = 7n as SessionId;
    leader.openSession(other);
    leader.run(create("/p"));
    for (const path of ["/p/b", "/p/a", "/c"]) leader.run(create(path, 1));
    leader.run(create("/d", 1), other);
    const changes: string[] = [];
    leader.tree.onChange = (change, path, zxid) => changes.push(`${zxid} ${change} ${path}`);
    expect(leader.run({ type: "closeSession" }).code).toBe(0);
    const zxid = leader.zxid;
    expect(changes).toEqual(["/c", "/p/a", "/p/b"].map((path) => `${zxid} deleted ${path}`));
    expect([...leader.tree.sessions.keys()]).toEqual([other]);
    expect([...leader.tree.allEphemerals()]).toEqual([[other, new Set(["/d"])]]);
    expect(leader.tree.ephemeralsOf(SESSION)).toBeUndefined();
    expect(leader.tree.ephemeralCount).toBe(1);
    expect(leader.tree.get("/p")).toMatchObject({ numChildren: 0, pzxid: zxid, cversion: 4 });
  });

  test("the table holds timeout and password from creation to close", () => {
    const leader = new TestLeader();
    expect(leader.tree.sessions.get(SESSION)).toEqual({
      timeoutMs: 4000,
      password: Buffer.alloc(16, 1),
    });
    leader.run({ type: "closeSession" });
    expect(leader.tree.sessions.size).toBe(0);
  });
});

test("changes are told in order, when the tree already shows them", () => {
  const leader = new TestLeader();
  const seen: string[] = [];
  leader.tree.onChange = (change, path, zxid) => {
    seen.push(`${zxid} ${change} ${path} ${leader.tree.get(path)?.data?.toString() ?? "-"}`);
  };
  leader.run(create("/a", 0, "1"));
  leader.run(setData("/a", "2"));
  leader.run(setData("/a", "3", 99));
  leader.run(remove("/a"));
  expect(seen).toEqual(["2 created /a 1", "3 dataChanged /a 2", "5 deleted /a -"]);
});

test("an error transaction consumes its zxid and gives its code", () => {
  const leader = new TestLeader();
  expect(leader.run(remove("/none"))).toMatchObject({
    code: ErrorCode.NoNode,
    path: null,
    node: null,
  });
  expect(leader.tree.lastApplied).toBe(2);
});

test("data is the tree's own: the chunk that it came in may be reused", () => {
  const tree = new DataTree();
  const data = Buffer.from("abc");
  const body: TxnBody = {
    type: "create",
    path: "/a",
    data,
    acl: OPEN_ACL,
    ephemeralOwner: NO_SESSION,
    parentCversion: 1,
  };
  tree.apply({ header: header(1), body });
  data.fill(0);
  expect(tree.get("/a")?.data?.toString()).toBe("abc");
});

describe("a transaction that does not fit stops the server", () => {
  const made = { data: null, acl: OPEN_ACL, ephemeralOwner: NO_SESSION, parentCversion: 3 };
  const MISFITS: readonly [string, TxnBody][] = [
    ["creates what exists", { type: "create", path: "/a", ...made }],
    ["creates without a parent", { type: "create", path: "/x/y", ...made }],
    ["creates under an ephemeral", { type: "create", path: "/e/y", ...made, parentCversion: 1 }],
    ["skips a creation", { type: "create", path: "/b", ...made, parentCversion: 4 }],
    [
      "creates for no session",
      { type: "create", path: "/b", ...made, ephemeralOwner: 9n as SessionId },
    ],
    ["deletes what is not there", { type: "delete", path: "/b" }],
    ["deletes what has children", { type: "delete", path: "/zookeeper" }],
    ["deletes a znode of the system", { type: "delete", path: "/zookeeper/quota" }],
    ["sets what is not there", { type: "setData", path: "/b", data: null, version: 1 }],
    ["skips a version", { type: "setData", path: "/a", data: null, version: 2 }],
    ["opens a session twice", { type: "createSession", timeoutMs: 1, password: Buffer.alloc(16) }],
    ["closes with another's znode", { type: "closeSession", paths: ["/a"] }],
  ];
  for (const [name, body] of MISFITS) {
    test(`one that ${name}`, () => {
      const leader = new TestLeader();
      leader.run(create("/a"));
      leader.run(create("/e", 1));
      const act = (): unknown => leader.tree.apply({ header: header(4), body });
      expect(act).toThrow(InvariantError);
    });
  }

  test("one that closes an unknown session", () => {
    const body: TxnBody = { type: "closeSession", paths: [] };
    const act = (): unknown => new DataTree().apply({ header: header(1), body });
    expect(act).toThrow(InvariantError);
  });

  test("one whose zxid does not rise", () => {
    const leader = new TestLeader();
    const body: TxnBody = { type: "error", code: ErrorCode.NoNode };
    for (const zxid of [0, 1]) {
      expect(() => leader.tree.apply({ header: header(zxid), body })).toThrow(InvariantError);
    }
  });
});
