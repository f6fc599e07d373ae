import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SessionId } from "../ids.ts";
import { DecodeError } from "../wire/jute.ts";
import { DataTree } from "./data-tree.ts";
import { Preparer } from "./prepare.ts";
import { create, remove, SESSION, setData, TestLeader } from "./testing/leader.ts";

const OTHER = -3n as SessionId;

function bytesOf(tree: DataTree): Buffer {
  return Buffer.concat(tree.serialize());
}

/** A tree with everything in it: depth, ephemerals, null data, several ACLs, two sessions. */
function fullLeader(): TestLeader {
  const leader = new TestLeader();
  leader.openSession(OTHER);
  for (const path of ["/b", "/a", "/a/z", "/a/y", "/a/y/x", "/a-b"]) leader.run(create(path));
  leader.run(create("/a/e-", 3), OTHER);
  leader.run(create("/n", 1, null));
  leader.run(setData("/a/y", "é"));
  const acl = [{ perms: 1, scheme: "digest", id: "amy:hash" }];
  for (const path of ["/r1", "/r2"]) {
    leader.run({ type: "create", path, data: Buffer.alloc(0), acl, flags: 0 });
  }
  return leader;
}

describe("a snapshot", () => {
  test("restored is the same tree, to the byte", () => {
    const { tree } = fullLeader();
    const copy = DataTree.restore(bytesOf(tree));
    expect(bytesOf(copy).equals(bytesOf(tree))).toBe(true);
    expect(copy.lastApplied).toBe(tree.lastApplied);
    expect(copy.nodeCount).toBe(tree.nodeCount);
    expect(copy.approximateDataBytes).toBe(tree.approximateDataBytes);
    expect(copy.ephemeralCount).toBe(2);
    expect(copy.ephemeralsOf(OTHER)).toEqual(new Set(["/a/e-0000000002"]));
    expect(copy.sessions).toEqual(tree.sessions);
    expect(copy.get("/a")).toMatchObject({ cversion: 3, childCreations: 3, numChildren: 3 });
    expect(copy.get("/n")?.data).toBeNull();
    expect(copy.get("/a/y")?.data?.toString()).toBe("é");
  });

  test("restored goes on as the original does", () => {
    const first = fullLeader();
    const second = fullLeader();
    second.tree = DataTree.restore(bytesOf(first.tree));
    second.preparer = new Preparer(second.tree);
    for (const leader of [first, second]) {
      leader.run(create("/a/e-", 3), OTHER);
      leader.run(remove("/b"));
      leader.run({ type: "closeSession" }, OTHER);
      leader.run(create("/r1/x"));
    }
    expect(bytesOf(second.tree).equals(bytesOf(first.tree))).toBe(true);
  });

  test("does not depend on the order in which children and sessions came", () => {
    const leader = new TestLeader();
    for (const id of [9n, 5n]) leader.openSession(id as SessionId);
    for (const name of ["z", "y", "x"]) leader.run(create(`/${name}`));
    // In memory the restored tree has them in the other order.
    const copy = DataTree.restore(bytesOf(leader.tree));
    expect([...copy.sessions.keys()]).not.toEqual([...leader.tree.sessions.keys()]);
    expect([...(copy.children("/") ?? [])]).not.toEqual([...(leader.tree.children("/") ?? [])]);
    expect(bytesOf(copy).equals(bytesOf(leader.tree))).toBe(true);
  });

  test("differs when anything differs", () => {
    const before = bytesOf(fullLeader().tree);
    const changes = [
      (l: TestLeader) => l.run(setData("/a", "y")),
      (l: TestLeader) => l.run(remove("/none")),
      (l: TestLeader) => l.openSession(99n as SessionId),
    ];
    for (const change of changes) {
      const leader = fullLeader();
      change(leader);
      expect(bytesOf(leader.tree).equals(before)).toBe(false);
    }
  });

  test("keeps nothing of the buffer that it was restored from", () => {
    const leader = fullLeader();
    const bytes = Buffer.from(bytesOf(leader.tree));
    const copy = DataTree.restore(bytes);
    bytes.fill(0xff);
    expect(bytesOf(copy).equals(bytesOf(leader.tree))).toBe(true);
    expect(copy.sessions.get(SESSION)?.password).toEqual(Buffer.alloc(16, 1));
  });

  test("of a very deep path is written without a deep stack", () => {
    const leader = new TestLeader();
    let path = "";
    for (let depth = 0; depth < 3000; depth++) {
      path += "/d";
      leader.run(create(path));
    }
    expect(DataTree.restore(bytesOf(leader.tree)).nodeCount).toBe(3004);
  });

  test("larger than a chunk is given in several, and restored from their concatenation", () => {
    const leader = new TestLeader();
    for (let i = 0; i < 5; i++) leader.run(create(`/${i}`, 0, "x".repeat(500_000)));
    expect(leader.tree.serialize().length).toBeGreaterThan(1);
    const copy = DataTree.restore(bytesOf(leader.tree));
    expect(bytesOf(copy).equals(bytesOf(leader.tree))).toBe(true);
  });

  test("that is cut anywhere, or too long, is refused", () => {
    const bytes = bytesOf(fullLeader().tree);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => DataTree.restore(bytes.subarray(0, end))).toThrow(DecodeError);
    }
    expect(() => DataTree.restore(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(DecodeError);
  });

  test("of a later format, or of no format at all, is refused by name", () => {
    const bytes = Buffer.concat(new DataTree().serialize());
    bytes[3] = 9;
    expect(() => DataTree.restore(bytes)).toThrow("snapshot of a later version of this server");
    bytes[0] = 0;
    expect(() => DataTree.restore(bytes)).toThrow("not a snapshot");
  });

  test("with a wrong byte is refused with a DecodeError or read, and nothing else", () => {
    const bytes = bytesOf(fullLeader().tree);
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 255 }), (at, value) => {
        const wrong = Buffer.from(bytes);
        wrong[at % wrong.length] = value;
        let thrown: unknown = null;
        try {
          DataTree.restore(wrong);
        } catch (error) {
          thrown = error;
        }
        expect(thrown === null || thrown instanceof DecodeError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
