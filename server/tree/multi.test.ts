/** What every part of a multi is answered, as Apache ZooKeeper 3.9.5 answered it. */
import { describe, expect, test } from "vitest";
import { errorName } from "../errors.ts";
import type { SessionId } from "../ids.ts";
import { CreateFlag } from "../wire/opcodes.ts";
import type { CreateRequest, MultiOp } from "../wire/request-types.ts";
import { OPEN_ACL } from "./acl.ts";
import type { ApplyResult } from "./data-tree.ts";
import { ownerKind } from "./ephemeral-owner.ts";
import { create, remove, SESSION, setData, TestLeader } from "./testing/leader.ts";
import type { TxnPart } from "./txn.ts";

const EXTENDED = { skipAcl: false, extendedTypesEnabled: true, enforceQuota: false };

function check(path: string, version = -1): MultiOp {
  return { type: "check", path, version };
}
function ttl(path: string, flags: number, ms: bigint): MultiOp {
  return { type: "createTTL", path, data: null, acl: OPEN_ACL, flags, ttl: ms };
}
function typed(type: CreateRequest["type"], path: string, flags = 0): MultiOp {
  return { ...create(path, flags), type };
}

function shown(part: TxnPart): string {
  if (part.type === "error") return errorName(part.code);
  if (part.type !== "create") return `${part.type} ${part.path}`;
  const kind = ownerKind(part.ephemeralOwner);
  return `${kind === "none" ? "" : `${kind} `}${part.path}${part.withStat ? " with Stat" : ""}`;
}

function parts(leader: TestLeader, ops: readonly MultiOp[], session = SESSION): string[] {
  const body = leader.propose({ type: "multi", ops }, session);
  if (body.type !== "multi") throw new Error(`a multi became ${body.type}`);
  return body.parts.map(shown);
}

/** A leader with /m, its child /m/c, an ephemeral, and a znode that may only be read. */
function prepared(): TestLeader {
  const leader = new TestLeader(EXTENDED);
  for (const request of [create("/m"), create("/m/c"), create("/m/e", CreateFlag.ephemeral)]) {
    leader.run(request);
  }
  leader.run({ ...create("/m/ro"), acl: [{ perms: 1, scheme: "world", id: "anyone" }] });
  leader.run({ ...create("/m/nr"), acl: [{ perms: 30, scheme: "world", id: "anyone" }] });
  return leader;
}

describe("a multi that fails", () => {
  const FAILURES: readonly [string, readonly MultiOp[], readonly string[]][] = [
    ["alone", [check("/m", 1)], ["BadVersion"]],
    ["at the first", [remove("/m/no"), create("/m/y")], ["NoNode", "RuntimeInconsistency"]],
    [
      "in the middle",
      [create("/m/y"), remove("/m/no"), create("/m/w"), check("bad")],
      ["Ok", "NoNode", "RuntimeInconsistency", "RuntimeInconsistency"],
    ],
    ["for what it made itself", [create("/m/y"), create("/m/y")], ["Ok", "NodeExists"]],
    [
      "for a child that it made itself",
      [create("/m/y"), create("/m/y/z"), remove("/m/y")],
      ["Ok", "Ok", "NotEmpty"],
    ],
    [
      "under an ephemeral that it made itself",
      [create("/m/e2", CreateFlag.ephemeral), create("/m/e2/k")],
      ["Ok", "NoChildrenForEphemerals"],
    ],
    ["for lack of CREATE", [create("/m/ro/k")], ["NoAuth"]],
    ["for lack of WRITE", [check("/m/ro"), setData("/m/ro", "x")], ["Ok", "NoAuth"]],
    ["for lack of READ", [check("/m/nr")], ["NoAuth"]],
    ["for an ACL", [{ ...create("/m/y"), acl: [] }], ["InvalidAcl"]],
    ["for a path", [create("/m//y")], ["NoNode"]],
    ["for an empty path", [check("")], ["BadArguments"]],
    ["for the root", [remove("/")], ["BadArguments"]],
    ["for a system znode", [remove("/zookeeper/quota")], ["BadArguments"]],
    ["for a time to live of 0", [ttl("/m/t", 5, 0n)], ["BadArguments"]],
    ["for flags that nobody knows", [create("/m/y", 9)], ["BadArguments"]],
    ["for a time to live that none was given for", [create("/m/y", 5)], ["BadArguments"]],
  ];
  test.each(FAILURES)("%s", (_where, ops, answers) => {
    const leader = prepared();
    const before = leader.tree.nodeCount;
    expect(parts(leader, ops)).toEqual(answers);
    // Nothing of it is on its way: the names and versions are free.
    expect(parts(leader, [create("/m/y"), check("/m", 0)])).toEqual(["/m/y", "check /m"]);
    leader.applyAll();
    expect(leader.tree.nodeCount).toBe(before + 1);
    expect(leader.preparer.outstandingChanges).toBe(0);
  });

  test("uncovers what was on its way before it, and takes no number of a sequence", () => {
    const leader = prepared();
    leader.propose(setData("/m/c", "1"));
    leader.propose(create("/m/s-", CreateFlag.persistentSequential));
    const failing = [
      setData("/m/c", "2", 1),
      create("/m/s-", CreateFlag.persistentSequential),
      remove("/m/none"),
    ];
    expect(parts(leader, failing)).toEqual(["Ok", "Ok", "NoNode"]);
    expect(leader.propose(setData("/m/c", "3", 1))).toMatchObject({ version: 2 });
    expect(leader.propose(create("/m/s-", CreateFlag.persistentSequential))).toMatchObject({
      path: "/m/s-0000000005",
    });
    leader.applyAll();
    expect(leader.tree.get("/m/c")?.data?.toString()).toBe("3");
  });

  test("of a session that is gone", () => {
    const gone = 77n as SessionId;
    expect(parts(prepared(), [create("/m/y"), check("/m")], gone)).toEqual([
      "SessionExpired",
      "RuntimeInconsistency",
    ]);
    expect(parts(prepared(), [], gone)).toEqual([]);
  });
});

describe("a multi that succeeds", () => {
  const SUCCESSES: readonly [string, readonly MultiOp[], readonly string[]][] = [
    ["without parts", [], []],
    [
      "with parts that see each other",
      [create("/m/x"), setData("/m/x", "1"), check("/m/x", 1), remove("/m/x", 1)],
      ["/m/x", "setData /m/x", "check /m/x", "delete /m/x"],
    ],
    ["of create2", [typed("create2", "/m/x")], ["/m/x with Stat"]],
    ["of a container", [typed("createContainer", "/m/x", 4)], ["container /m/x"]],
    ["of a container by its flags", [create("/m/x", 4)], ["container /m/x"]],
    ["of a container by its opcode", [typed("createContainer", "/m/x")], ["container /m/x"]],
    ["of a time to live", [ttl("/m/x", 5, 9n)], ["ttl /m/x"]],
    ["of a time to live that its flags do not want", [ttl("/m/x", 0, 9n)], ["/m/x"]],
    ["of a container with a time to live", [ttl("/m/x", 4, 9n)], ["container /m/x"]],
    [
      "of sequential znodes",
      [create("/m/s-", 2), typed("create2", "/m/s-", 3), ttl("/m/s-", 6, 9n)],
      ["/m/s-0000000004", "session /m/s-0000000005 with Stat", "ttl /m/s-0000000006"],
    ],
  ];
  test.each(SUCCESSES)("%s", (_what, ops, answers) => {
    const leader = prepared();
    expect(parts(leader, ops)).toEqual(answers);
    leader.applyAll();
  });

  test("tells every change, at one zxid, and each Stat as it was after its part", () => {
    const leader = prepared();
    const changes: string[] = [];
    leader.tree.onChange = (change, path, zxid) => changes.push(`${change} ${path} ${zxid}`);
    const ops = [create("/m/x"), setData("/m/x", "22"), create("/m/x/k"), setData("/m/x", "333")];
    const result: ApplyResult = leader.run({ type: "multi", ops });
    const zxid = leader.zxid;
    expect(changes).toEqual([
      `created /m/x ${zxid}`,
      `dataChanged /m/x ${zxid}`,
      `created /m/x/k ${zxid}`,
      `dataChanged /m/x ${zxid}`,
    ]);
    expect(result).toMatchObject({ code: 0, path: null, node: null });
    expect(
      result.parts?.map(({ stat }) => [stat?.version, stat?.dataLength, stat?.numChildren]),
    ).toEqual([
      [0, 1, 0],
      [1, 2, 0],
      [0, 1, 0],
      [2, 3, 1],
    ]);
  });
});

test("a multi of `auth` entries cannot make a transaction of any size", () => {
  const leader = prepared();
  leader.authIds = Array.from({ length: 100 }, (_, i) => ({
    scheme: "digest",
    id: `user-${i}:${"h".repeat(40)}`,
  }));
  const acl = Array.from({ length: 20 }, (_, i) => ({ perms: i + 1, scheme: "auth", id: "" }));
  const ops = Array.from({ length: 50 }, (_, i) => ({ ...create(`/m/a${i}`), acl }));
  expect(parts(leader, ops)).toContain("InvalidAcl");
  expect(leader.preparer.outstandingChanges).toBe(0);
});
