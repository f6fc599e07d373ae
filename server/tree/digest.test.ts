import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SessionId } from "../ids.ts";
import { DecodeError } from "../wire/jute.ts";
import { DataTree } from "./data-tree.ts";
import { formatDigest, hashBytes } from "./digest.ts";
import { arbitraryRequest } from "./testing/arbitrary-requests.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";

const OTHER = 9n as SessionId;

/** A snapshot's own digest is compared with that of its znodes when it is restored. */
function restored(tree: DataTree): DataTree {
  return DataTree.restore(Buffer.concat(tree.serialize()));
}

describe("the digest of a tree", () => {
  test("is kept up to date by every change, as if it were made anew", () => {
    fc.assert(
      fc.property(fc.array(arbitraryRequest, { maxLength: 40 }), (requests) => {
        const leader = new TestLeader();
        leader.openSession(OTHER);
        for (const each of requests) leader.run(each, OTHER);
        expect(restored(leader.tree).digest).toBe(leader.tree.digest);
        leader.run({ type: "closeSession" }, OTHER);
        expect(restored(leader.tree).digest).toBe(leader.tree.digest);
      }),
    );
  });

  test("tells one tree from another by anything that a transaction decides", () => {
    const trees = [
      [],
      [create("/b")],
      [setData("/a", "x")],
      [setData("/a", "y")],
      [setData("/a", "x"), setData("/a", "x")],
      [create("/a/x")],
      [create("/a/x", 1)],
      [create("/a/x"), remove("/a/x")],
      [create("/n", 0, null)],
    ] as const;
    const digests = trees.map((requests) => {
      const leader = new TestLeader();
      leader.run(create("/a"));
      for (const each of requests) leader.run(each);
      return leader.tree.digest;
    });
    expect(new Set(digests).size).toBe(trees.length);
  });

  test("of a snapshot that does not fit its znodes is an error, with both", () => {
    const leader = new TestLeader();
    leader.run(create("/a"));
    const bytes = Buffer.concat(leader.tree.serialize());
    // The digest follows the magic number and the zxid; its last byte.
    bytes.writeUInt8((bytes.readUInt8(19) + 1) & 0xff, 19);
    expect(() => DataTree.restore(bytes)).toThrow(DecodeError);
    expect(() => DataTree.restore(bytes)).toThrow(formatDigest(leader.tree.digest));
  });
});

test("the hash of bytes depends on each of them, on their order and on how many there are", () => {
  const bytes = Buffer.from("0123456789");
  const hashes = new Set([
    hashBytes(bytes),
    hashBytes(bytes.toReversed()),
    hashBytes(Buffer.alloc(0)),
  ]);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    hashes.add(hashBytes(changed)).add(hashBytes(bytes.subarray(0, at + 1)));
  }
  // The whole is there twice.
  expect(hashes.size).toBe(3 + 2 * bytes.length - 1);
});
