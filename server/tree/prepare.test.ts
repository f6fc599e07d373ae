import { describe, expect, test } from "vitest";
import { errorName } from "../errors.ts";
import type { SessionId } from "../ids.ts";
import { InvariantError } from "../errors.ts";
import type { PrepareRequest } from "./prepare.ts";
import { sequenceSuffix } from "./sequence.ts";
import { create, remove, SESSION, setData, TestLeader } from "./testing/leader.ts";
import type { Acl, TxnBody } from "./txn.ts";
import { nextVersion } from "./version.ts";

/** A transaction in a few words: its paths, or its error. */
function shown(body: TxnBody): string {
  switch (body.type) {
    case "error":
      return errorName(body.code);
    case "closeSession":
      return `close ${(body.paths ?? []).join(" ")}`.trim();
    case "createSession":
      return `open ${body.timeoutMs}`;
    case "setData":
      return `set ${body.path} v${body.version}`;
    case "create":
      return `create ${body.path} #${body.parentCversion}`;
    case "delete":
      return `delete ${body.path}`;
    case "setACL":
      return `acl ${body.path} v${body.version}`;
    case "reconfig":
      return `reconfig v${body.version}`;
    case "multi":
      return `multi ${body.parts.length}`;
  }
}

function createWith(path: string, acl: readonly Acl[], flags: number = 0): PrepareRequest {
  return { type: "create", path, data: null, acl, flags };
}

/** Paths, and what Apache ZooKeeper 3.8.0 answered: create without ACL, create, delete, setData. */
const PATHS: readonly [string, string, string, string, string][] = [
  ["", "BadArguments", "BadArguments", "BadArguments", "BadArguments"],
  ["x", "BadArguments", "BadArguments", "BadArguments", "BadArguments"],
  ["a/b", "InvalidAcl", "NoNode", "NoNode", "BadArguments"],
  ["//", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/a//b", "InvalidAcl", "NoNode", "NoNode", "BadArguments"],
  ["/a/./b", "InvalidAcl", "NoNode", "NoNode", "BadArguments"],
  ["/a/../b", "InvalidAcl", "NoNode", "NoNode", "BadArguments"],
  ["/a/", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/.", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/..", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/a\0b", "BadArguments", "BadArguments", "BadArguments", "BadArguments"],
  ["/a\u0001", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/\ue000", "InvalidAcl", "BadArguments", "NoNode", "BadArguments"],
  ["/", "InvalidAcl", "NodeExists", "BadArguments", "set / v1"],
  ["/nope/x", "InvalidAcl", "NoNode", "NoNode", "NoNode"],
  ["/zookeeper", "InvalidAcl", "NodeExists", "BadArguments", "set /zookeeper v1"],
  ["/zookeeper/config", "InvalidAcl", "NodeExists", "BadArguments", "NoAuth"],
  ["/zookeeper/config/q", "InvalidAcl", "NoAuth", "NoAuth", "NoNode"],
  ["/zookeeper/quota", "InvalidAcl", "NodeExists", "BadArguments", "set /zookeeper/quota v1"],
];

describe("a path is answered as by ZooKeeper", () => {
  for (const [path, withoutAcl, created, removed, set] of PATHS) {
    test(`${JSON.stringify(path)}`, () => {
      const leader = new TestLeader();
      leader.run(create("/a"));
      const requests = [createWith(path, []), create(path), remove(path), setData(path, "y")];
      const answers = requests.map((request) => shown(leader.propose(request)));
      expect(answers).toEqual([withoutAcl, created, removed, set]);
    });
  }
});

describe("the flags of a create", () => {
  const FLAGS: readonly [number, string][] = [
    [-1, "BadArguments"],
    [5, "Unimplemented"],
    [6, "Unimplemented"],
    [7, "BadArguments"],
  ];
  for (const [flags, answer] of FLAGS) {
    test(`${flags} are answered ${answer}, before anything else is looked at`, () => {
      expect(shown(new TestLeader().propose(createWith("x", [], flags)))).toBe(answer);
    });
  }
});

describe("the order of checks shows", () => {
  test("under an ephemeral: ACL, then the parent, then that it may have no children", () => {
    const leader = new TestLeader();
    leader.run(create("/e", 1));
    expect(shown(leader.propose(createWith("/e/x", [])))).toBe("InvalidAcl");
    expect(shown(leader.propose(create("/e//")))).toBe("NoNode");
    expect(shown(leader.propose(create("/e/x")))).toBe("NoChildrenForEphemerals");
  });

  test("under a znode that may be read only: ACL, permission, path", () => {
    const leader = new TestLeader();
    leader.run(createWith("/ro", [{ perms: 1, scheme: "world", id: "anyone" }]));
    expect(shown(leader.propose(createWith("/ro/x", [])))).toBe("InvalidAcl");
    expect(shown(leader.propose(create("/ro/")))).toBe("NoAuth");
    expect(shown(leader.propose(remove("/ro/x")))).toBe("NoAuth");
    expect(shown(leader.propose(setData("/ro", "y", 7)))).toBe("NoAuth");
    expect(shown(leader.propose(remove("/ro", 3)))).toBe("BadVersion");
  });

  test.each([
    [4, "create /p/new #2", "NoAuth"],
    [8, "NoAuth", "delete /p/c"],
    [31 - 4, "NoAuth", "delete /p/c"],
    [31 - 8, "create /p/new #2", "NoAuth"],
  ])(
    "under a parent that gives %i: create and delete need bits of their own",
    (perms, made, removed) => {
      const leader = new TestLeader();
      leader.run(create("/p"));
      leader.run(create("/p/c"));
      const acl = [{ perms, scheme: "world", id: "anyone" }];
      leader.run({ type: "setACL", path: "/p", acl, version: -1 });
      expect(shown(leader.propose(create("/p/new")))).toBe(made);
      expect(shown(leader.propose(remove("/p/c")))).toBe(removed);
    },
  );

  test("of a parent: its version before its children", () => {
    const leader = new TestLeader();
    leader.run(create("/p"));
    leader.run(create("/p/c"));
    expect(shown(leader.propose(remove("/p", 5)))).toBe("BadVersion");
    expect(shown(leader.propose(remove("/p")))).toBe("NotEmpty");
    expect(shown(leader.propose(setData("/p", "y", -2)))).toBe("BadVersion");
  });

  test("of a closed session: it is refused before its path is looked at", () => {
    const leader = new TestLeader();
    const gone = 77n as SessionId;
    for (const request of [create("x"), remove("x"), setData("x", "y")]) {
      expect(shown(leader.propose(request, gone))).toBe("SessionExpired");
    }
  });
});

describe("what is in flight counts as done", () => {
  test("create, set, delete and create again, without one of them applied", () => {
    const leader = new TestLeader();
    const answers = [
      create("/a"),
      create("/a"),
      setData("/a", "1", 0),
      setData("/a", "2", 0),
      remove("/a", 0),
      remove("/a", 1),
      setData("/a", "3"),
      remove("/a"),
      create("/a"),
      setData("/a", "4", 0),
    ].map((request) => shown(leader.propose(request)));
    expect(answers).toEqual([
      "create /a #1",
      "NodeExists",
      "set /a v1",
      "BadVersion",
      "BadVersion",
      "delete /a",
      "NoNode",
      "NoNode",
      "create /a #2",
      "set /a v1",
    ]);
    leader.applyAll();
    expect(leader.tree.get("/a")).toMatchObject({ version: 1, czxid: 10 });
    expect(leader.preparer.outstandingChanges).toBe(0);
  });

  test("a child in flight keeps its parent, and its delete in flight frees it", () => {
    const leader = new TestLeader();
    leader.run(create("/p"));
    leader.propose(create("/p/c"));
    expect(shown(leader.propose(remove("/p")))).toBe("NotEmpty");
    leader.propose(remove("/p/c"));
    expect(shown(leader.propose(remove("/p")))).toBe("delete /p");
    expect(shown(leader.propose(create("/p/d")))).toBe("NoNode");
    leader.applyAll();
    expect(leader.tree.get("/p")).toBeUndefined();
  });

  test("sequential names go on from what is in flight, and a refused create takes no number", () => {
    const leader = new TestLeader();
    leader.run(create("/q"));
    const names = [
      create("/q/n-", 2),
      create("/q/x"),
      create("/q/x"),
      remove("/q/x"),
      create("/q/n-", 3),
      create("/q/", 2),
    ].map((request) => shown(leader.propose(request)));
    expect(names).toEqual([
      "create /q/n-0000000000 #1",
      "create /q/x #2",
      "NodeExists",
      "delete /q/x",
      "create /q/n-0000000002 #3",
      "create /q/0000000003 #4",
    ]);
    leader.applyAll();
  });

  test("a part of it is applied while the rest is still in flight", () => {
    const leader = new TestLeader();
    for (const request of [create("/a"), setData("/a", "1"), setData("/a", "2")]) {
      leader.propose(request);
    }
    leader.applyOne();
    leader.applyOne();
    expect(shown(leader.propose(setData("/a", "3", 2)))).toBe("set /a v3");
    leader.applyAll();
    expect(leader.tree.get("/a")?.data?.toString()).toBe("3");
  });

  test("a new leadership forgets it", () => {
    const leader = new TestLeader();
    leader.propose(create("/a"));
    leader.propose({ type: "closeSession" });
    leader.preparer.reset();
    expect(shown(leader.propose(create("/a")))).toBe("create /a #1");
    expect(leader.preparer.outstandingChanges).toBe(2);
  });
});

describe("the close of a session", () => {
  test("takes ephemerals whose creation is in flight, and leaves those whose delete is", () => {
    const leader = new TestLeader();
    leader.run(create("/old", 1));
    leader.run(create("/gone", 1));
    leader.propose(create("/new", 1));
    leader.propose(create("/persistent"));
    leader.propose(remove("/gone"));
    leader.propose(setData("/old", "y"));
    expect(shown(leader.propose({ type: "closeSession" }))).toBe("close /new /old");
    leader.applyAll();
    expect(leader.tree.ephemeralCount).toBe(0);
    expect(leader.tree.get("/persistent")).toBeDefined();
  });

  test("takes one that is created, deleted and created again in flight, once", () => {
    const leader = new TestLeader();
    for (const request of [create("/e", 1), remove("/e"), create("/e", 1)]) leader.propose(request);
    leader.applyOne();
    leader.applyOne();
    expect(shown(leader.propose({ type: "closeSession" }))).toBe("close /e");
    leader.applyAll();
    expect(leader.tree.nodeCount).toBe(4);
  });

  test("does not take what another session has created in the place of its own", () => {
    const leader = new TestLeader();
    const other = 9n as SessionId;
    leader.openSession(other);
    leader.run(create("/lock", 1));
    leader.propose(remove("/lock"), other);
    leader.propose(create("/lock", 1), other);
    expect(shown(leader.propose({ type: "closeSession" }))).toBe("close");
    leader.applyAll();
    expect(leader.tree.get("/lock")?.ephemeralOwner).toBe(other);
  });

  test("refuses whatever the session asks after it, before and after it is applied", () => {
    const leader = new TestLeader();
    leader.run(create("/a"));
    leader.propose({ type: "closeSession" });
    const late = [
      create("/e", 1),
      create("/p"),
      setData("/a", "y"),
      remove("/a"),
      { type: "closeSession" } as const,
    ];
    const ask = (): string[] => late.map((request) => shown(leader.propose(request)));
    const refused = late.map(() => "SessionExpired");
    expect(ask()).toEqual(refused);
    leader.applyAll();
    expect(ask()).toEqual(refused);
  });

  test("frees the parents of its ephemerals at once", () => {
    const leader = new TestLeader();
    const other = 9n as SessionId;
    leader.openSession(other);
    leader.run(create("/p"));
    leader.run(create("/p/e", 1));
    leader.propose({ type: "closeSession" });
    expect(shown(leader.propose(remove("/p"), other))).toBe("delete /p");
    leader.applyAll();
  });
});

describe("the creation of a session", () => {
  const open: PrepareRequest = { type: "createSession", timeoutMs: 5, password: Buffer.alloc(16) };

  test("is refused for an id that is in use, or on its way to be", () => {
    const leader = new TestLeader();
    expect(shown(leader.propose(open))).toBe("BadArguments");
    expect(shown(leader.propose(open, 9n as SessionId))).toBe("open 5");
    expect(shown(leader.propose(open, 9n as SessionId))).toBe("BadArguments");
    expect(shown(leader.propose(open, 0n as SessionId))).toBe("BadArguments");
  });

  test("lets the session write before it is applied", () => {
    const leader = new TestLeader();
    const other = 9n as SessionId;
    leader.propose(open, other);
    expect(shown(leader.propose(create("/e", 1), other))).toBe("create /e #1");
    leader.applyAll();
    expect(leader.tree.ephemeralsOf(other)).toEqual(new Set(["/e"]));
  });
});

test("zxids must rise from one request to the next", () => {
  const leader = new TestLeader();
  const context = { timeMs: 0, sessionId: SESSION, authIds: [] };
  const prepare = (): unknown =>
    leader.preparer.prepare(create("/a"), { ...context, zxid: leader.zxid });
  expect(prepare).toThrow(InvariantError);
});

test.each([
  [0, "0000000000"],
  [123, "0000000123"],
  [2 ** 31 - 1, "2147483647"],
  [-(2 ** 31), "-2147483648"],
  [-1, "-000000001"],
])("the creation counter %d is appended as %s", (creations, suffix) => {
  expect(sequenceSuffix(creations)).toBe(suffix);
});

test.each([
  [0, 1],
  [2 ** 31 - 1, -(2 ** 31)],
  [-2, 0],
])("after version %d comes %d", (version, next) => {
  expect(nextVersion(version)).toBe(next);
});

test("the close of a session lists its ephemerals, unless they are too many for a message", () => {
  for (const [count, listed] of [
    [10, true],
    [2_000, false],
  ] as const) {
    const leader = new TestLeader();
    for (let i = 0; i < count; i++) leader.run(create(`/${"x".repeat(80)}${i}`, 1));
    const body = leader.propose({ type: "closeSession" });
    expect(body.type === "closeSession" && body.paths?.length).toBe(listed ? count : undefined);
    leader.applyAll();
    expect(leader.tree.ephemeralCount).toBe(0);
  }
});
