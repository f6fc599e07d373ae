/** Containers and znodes with a time to live, as Apache ZooKeeper 3.9.5 makes and removes them. */
import { describe, expect, test } from "vitest";
import { errorName } from "../errors.ts";
import { formatSession, NO_SESSION } from "../ids.ts";
import type { CreateRequest } from "../wire/request-types.ts";
import { OPEN_ACL } from "./acl.ts";
import { ownerKind, ttlMsOf } from "./ephemeral-owner.ts";
import type { PrepareRequest } from "./prepare.ts";
import { isOver, RemovalSweep } from "./removal-sweep.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";

const EXTENDED = { skipAcl: false, extendedTypesEnabled: true, enforceQuota: false };

function typed(type: CreateRequest["type"], flags: number): PrepareRequest {
  return { ...create("/n", flags), type };
}
function container(path: string): PrepareRequest {
  return { ...create(path, 4), type: "createContainer" };
}
function ttl(flags: number, ms: bigint, path = "/n"): PrepareRequest {
  return { type: "createTTL", path, data: null, acl: OPEN_ACL, flags, ttl: ms };
}
function shown(leader: TestLeader, request: PrepareRequest): string {
  const body = leader.propose(request);
  if (body.type === "error") return errorName(body.code);
  if (body.type !== "create") return body.type;
  const kind = ownerKind(body.ephemeralOwner);
  return `${kind}${kind === "ttl" ? ` ${ttlMsOf(body.ephemeralOwner)}` : ""} ${body.path}`;
}
function sweep(leader: TestLeader, wallMs: number, maxNeverUsedMs = 0): string[] {
  const found: string[] = [];
  const pass = new RemovalSweep(leader.tree, maxNeverUsedMs);
  for (let step = pass.step(wallMs, 1); step.type !== "over"; step = pass.step(wallMs, 1)) {
    if (step.type === "remove") found.push(step.path);
  }
  return found;
}

describe("opcode and flags say what is created", () => {
  const ROWS: readonly [PrepareRequest, extended: string, plain: string][] = [
    [typed("createContainer", 4), "container /n", "container /n"],
    [typed("createContainer", 0), "container /n", "container /n"],
    [typed("createContainer", 1), "container /n", "container /n"],
    [typed("createContainer", 2), "container /n0000000000", "container /n0000000000"],
    [typed("createContainer", 5), "BadArguments", "Unimplemented"],
    [typed("createContainer", 9), "BadArguments", "BadArguments"],
    [typed("create", 4), "none /n", "none /n"],
    [typed("create2", 4), "none /n", "none /n"],
    [typed("create", 5), "BadArguments", "Unimplemented"],
    [typed("create2", 6), "BadArguments", "Unimplemented"],
    [ttl(5, 100_000n), "ttl 100000 /n", "Unimplemented"],
    [ttl(6, 1n), "ttl 1 /n0000000000", "Unimplemented"],
    [ttl(5, 2n ** 40n - 1n), "ttl 1099511627775 /n", "Unimplemented"],
    [ttl(5, 2n ** 40n), "BadArguments", "Unimplemented"],
    [ttl(5, 0n), "BadArguments", "Unimplemented"],
    [ttl(5, -1n), "BadArguments", "Unimplemented"],
    [ttl(0, 5n), "BadArguments", "BadArguments"],
    // ZooKeeper lets this pass, and does not survive it.
    [ttl(0, -1n), "BadArguments", "BadArguments"],
    [ttl(4, 5n), "BadArguments", "BadArguments"],
    [ttl(9, 5n), "BadArguments", "BadArguments"],
    [ttl(5, 5n, "x"), "BadArguments", "Unimplemented"],
  ];
  for (const [request, extended, plain] of ROWS) {
    const { type, flags } = request as CreateRequest;
    const ms = request.type === "createTTL" ? ` ${request.ttl}` : "";
    test(`${type} with flags ${flags}${ms}`, () => {
      expect(shown(new TestLeader(EXTENDED), request)).toBe(extended);
      expect(shown(new TestLeader(), request)).toBe(plain);
    });
  }
});

test("a Stat shows no owner, and children may be created", () => {
  const leader = new TestLeader(EXTENDED);
  leader.run(container("/c"));
  leader.run(ttl(5, 100n, "/t"));
  for (const path of ["/c", "/t"]) {
    expect(leader.tree.get(path)?.ephemeralOwner).toBe(NO_SESSION);
    expect(leader.run(create(`${path}/k`)).code).toBe(0);
  }
  expect(formatSession(leader.tree.get("/t")?.owner ?? NO_SESSION)).toBe("0xff00000000000064");
  expect(leader.tree.ephemeralCount).toBe(0);
});

describe("a sweep finds", () => {
  test("containers without children that had one", () => {
    const leader = new TestLeader(EXTENDED);
    for (const path of ["/never", "/empty", "/full"]) leader.run(container(path));
    for (const path of ["/empty/k", "/full/k", "/full/l"]) leader.run(create(path));
    for (const path of ["/empty/k", "/full/k"]) leader.run(remove(path));
    expect(sweep(leader, leader.timeMs(leader.zxid))).toEqual(["/empty"]);
  });

  test("containers that never had a child, when their time is over", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(container("/never"));
    const bornMs = leader.timeMs(leader.zxid);
    expect(sweep(leader, bornMs + 50, 50)).toEqual([]);
    expect(sweep(leader, bornMs + 51, 50)).toEqual(["/never"]);
    expect(sweep(leader, bornMs + 1e9, 0)).toEqual([]);
  });

  test("znodes without children that were not written for longer than their time to live", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(ttl(5, 100n, "/t"));
    const bornMs = leader.timeMs(leader.zxid);
    expect(sweep(leader, bornMs + 100)).toEqual([]);
    expect(sweep(leader, bornMs + 101)).toEqual(["/t"]);
    leader.run(create("/t/k"));
    expect(sweep(leader, bornMs + 1000)).toEqual([]);
    leader.run(remove("/t/k"));
    leader.run(setData("/t", "new"));
    const writtenMs = leader.timeMs(leader.zxid);
    expect(sweep(leader, writtenMs + 100)).toEqual([]);
    expect(sweep(leader, writtenMs + 101)).toEqual(["/t"]);
  });

  test("what is there after a restart, too, and nothing that is deleted between two steps", () => {
    const leader = new TestLeader(EXTENDED);
    for (const path of ["/a", "/b", "/c"]) leader.run(ttl(5, 1n, path));
    const pass = new RemovalSweep(leader.tree, 0);
    const wallMs = leader.timeMs(1_000);
    expect(pass.step(wallMs, 9)).toEqual({ type: "remove", path: "/a" });
    leader.run(remove("/b"));
    expect(pass.step(wallMs, 9)).toEqual({ type: "remove", path: "/c" });
    expect(pass.step(wallMs, 9)).toEqual({ type: "over" });
  });

  test("neither ephemerals nor persistent znodes, however old", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(create("/e", 1));
    leader.run(create("/p"));
    for (const path of ["/e", "/p"]) {
      const node = leader.tree.get(path);
      expect(node !== undefined && isOver(node, Number.MAX_SAFE_INTEGER, 1)).toBe(false);
    }
  });
});

describe("the removal of a container", () => {
  const removal = (path: string): PrepareRequest => ({ type: "deleteContainer", path });
  const ask = (leader: TestLeader, path: string): string => {
    const body = leader.propose(removal(path), NO_SESSION);
    return body.type === "error" ? errorName(body.code) : body.type;
  };

  test("is refused when a create, a write or another delete is faster", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(container("/c"));
    leader.propose(create("/c/k"));
    expect(ask(leader, "/c")).toBe("NotEmpty");
    leader.propose(remove("/c/k"));
    expect(ask(leader, "/c")).toBe("BadVersion");
    leader.applyAll();
    leader.propose(setData("/c", "still used"));
    expect(ask(leader, "/c")).toBe("BadVersion");
    leader.applyAll();
    expect(ask(leader, "/c")).toBe("delete");
    expect(ask(leader, "/c")).toBe("NoNode");
    leader.applyAll();
  });

  test("takes no persistent znode that was created in its place, and no system znode", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(create("/c"));
    expect(ask(leader, "/c")).toBe("BadVersion");
    expect(ask(leader, "/zookeeper/quota")).toBe("BadArguments");
    expect(leader.tree.get("/c")).toBeDefined();
  });

  test("is nothing that a session may ask for", () => {
    const leader = new TestLeader(EXTENDED);
    leader.run(container("/c"));
    expect(leader.propose(removal("/c"))).toMatchObject({ type: "error" });
  });
});
