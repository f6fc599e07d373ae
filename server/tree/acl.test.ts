import { describe, expect, test } from "vitest";
import { AclTable } from "./acl-table.ts";
import { fixAcl, OPEN_ACL, Perm, permitted } from "./acl.ts";
import type { AuthId } from "./acl.ts";
import type { Acl } from "./txn.ts";

function entry(scheme: string, id: string, perms: number = Perm.all): Acl {
  return { perms, scheme, id };
}
const IP: AuthId = { scheme: "ip", id: "10.1.2.3" };
const DIGEST: AuthId = { scheme: "digest", id: "amy:hash" };

describe("fixAcl", () => {
  /** What Apache ZooKeeper 3.8.0 answered to each. */
  const TABLE: readonly [string, string, boolean][] = [
    ["world", "anyone", true],
    ["world", "x", false],
    ["world", "", false],
    ["auth", "", false],
    ["ip", "1.2.3", false],
    ["ip", "1.2.3.4", true],
    ["ip", "1.2.3.4/8", true],
    ["ip", "1.2.3.4/+8", true],
    ["ip", "01.2.3.4/08", true],
    ["ip", "1.2.3.4/33", false],
    ["ip", "1.2.3.256", false],
    ["ip", "1.2.3.4.5", false],
    ["ip", "::1", false],
    ["digest", "a", false],
    ["digest", "a:b", true],
    ["digest", "a:", false],
    ["digest", ":b", true],
    ["digest", "a:b:c", false],
    ["super", "a:b", false],
    ["x509", "a", false],
    ["", "", false],
  ];
  for (const [scheme, id, valid] of TABLE) {
    test(`${valid ? "stores" : "refuses"} ${scheme}:${id}`, () => {
      const acl = [entry(scheme, id, Perm.read)];
      expect(fixAcl(acl, [IP])).toEqual(valid ? acl : null);
    });
  }

  test("refuses an empty list, and one with any bad entry", () => {
    expect(fixAcl([], [IP])).toBeNull();
    expect(fixAcl([entry("world", "anyone"), entry("foo", "x")], [IP])).toBeNull();
  });

  test("puts the authenticated ids in the place of auth, without duplicates", () => {
    const acl = [
      entry("auth", "ignored"),
      entry("digest", "amy:hash"),
      entry("world", "anyone", 1),
    ];
    expect(fixAcl(acl, [IP, DIGEST])).toEqual([
      entry("digest", "amy:hash"),
      entry("world", "anyone", 1),
    ]);
  });

  test("stores perms that say nothing, as ZooKeeper does", () => {
    expect(fixAcl([entry("world", "anyone", 0)], [IP])).toEqual([entry("world", "anyone", 0)]);
  });
});

describe("permitted", () => {
  test("anyone may do what the world may, and no more", () => {
    const acl = [entry("world", "anyone", Perm.read)];
    expect(permitted(acl, Perm.read, [])).toBe(true);
    expect(permitted(acl, Perm.write, [IP])).toBe(false);
    expect(permitted(acl, Perm.write | Perm.read, [IP])).toBe(true);
    expect(permitted(OPEN_ACL, Perm.admin, [])).toBe(true);
  });
  test("an address is let through by its prefix", () => {
    const may = (expression: string): boolean =>
      permitted([entry("ip", expression)], Perm.read, [IP]);
    expect(
      ["10.1.2.3", "10.1.2.3/32", "10.0.0.0/8", "10.1.2.2/31", "1.1.1.1/0"].filter(may),
    ).toHaveLength(5);
    expect(["10.1.2.4", "11.0.0.0/8", "10.1.2.4/30"].filter(may)).toEqual([]);
  });
  test("an id counts only under its own scheme", () => {
    const acl = [entry("digest", "amy:hash", Perm.write)];
    expect(permitted(acl, Perm.write, [IP, DIGEST])).toBe(true);
    expect(permitted(acl, Perm.write, [{ scheme: "ip", id: "amy:hash" }])).toBe(false);
    expect(permitted(acl, Perm.read, [DIGEST])).toBe(false);
  });
  test("super may do everything", () => {
    expect(
      permitted([entry("world", "anyone", 0)], Perm.admin, [{ scheme: "super", id: "" }]),
    ).toBe(true);
  });
});

test("equal lists are one array, until the last znode with it is gone", () => {
  const table = new AclTable();
  const first = table.intern([entry("digest", "a:b")]);
  expect(table.intern([entry("digest", "a:b")])).toBe(first);
  expect(table.intern([entry("world", "anyone")])).toBe(OPEN_ACL);
  table.release(first);
  expect(table.size).toBe(1);
  table.release(first);
  expect(table.size).toBe(0);
});
