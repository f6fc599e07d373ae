import fc from "fast-check";
import { expect, test } from "vitest";
import type { SessionId } from "../ids.ts";
import { DataTree } from "./data-tree.ts";
import type { SnapshotWalk } from "./snapshot-walk.ts";
import { arbitraryRequest } from "./testing/arbitrary-requests.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";

const OTHER = 9n as SessionId;

function bytesOf(tree: DataTree): Buffer {
  return Buffer.concat(tree.serialize());
}

function rest(walk: SnapshotWalk): Buffer {
  for (;;) {
    const chunks = walk.next(1);
    if (chunks !== null) return Buffer.concat(chunks);
  }
}

test("a snapshot has the tree as it was when it was begun, whatever changes while it is written", () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryRequest, { maxLength: 30 }),
      fc.array(fc.tuple(arbitraryRequest, fc.nat(3)), { maxLength: 30 }),
      (before, meanwhile) => {
        const leader = new TestLeader();
        leader.openSession(OTHER);
        for (const each of before) leader.run(each, OTHER);
        const asBegun = bytesOf(leader.tree);
        const walk = leader.tree.beginSnapshot();
        let chunks: Buffer[] | null = null;
        for (const [each, steps] of meanwhile) {
          if (chunks === null && steps > 0) chunks = walk.next(steps);
          leader.run(each, OTHER);
        }
        leader.run({ type: "closeSession" }, OTHER);
        const written = chunks === null ? rest(walk) : Buffer.concat(chunks);
        expect(bytesOf(DataTree.restore(written)).equals(asBegun)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test("a znode that is deleted and created again is in the snapshot once, as it was", () => {
  const leader = new TestLeader();
  leader.run(create("/a", 0, "old"));
  const walk = leader.tree.beginSnapshot();
  leader.run(remove("/a"));
  leader.run(create("/a", 0, "new"));
  const copy = DataTree.restore(rest(walk));
  expect(copy.get("/a")?.data?.toString()).toBe("old");
  expect(copy.nodeCount).toBe(leader.tree.nodeCount);
});

test("one snapshot after the other has what was there when each was begun", () => {
  const leader = new TestLeader();
  leader.run(create("/a", 0, "one"));
  const first = rest(leader.tree.beginSnapshot());
  leader.run(setData("/a", "two"));
  const second = rest(leader.tree.beginSnapshot());
  const values = [first, second].map((bytes) =>
    DataTree.restore(bytes).get("/a")?.data?.toString(),
  );
  expect(values).toEqual(["one", "two"]);
});

test("a znode is given a few at a time", () => {
  const leader = new TestLeader();
  for (let index = 0; index < 10; index++) leader.run(create(`/${index}`));
  const walk = leader.tree.beginSnapshot();
  const { nodeCount } = leader.tree;
  for (let looked = 0; looked < nodeCount; looked++) expect(walk.next(1)).toBeNull();
  expect(walk.next(1)).not.toBeNull();
  expect(walk.isOver).toBe(true);
});
