import { describe, expect, test } from "vitest";
import { AclTable } from "./acl-table.ts";
import { fixAcl, maskAcl, OPEN_ACL, Perm, permitted } from "./acl.ts";
import type { AuthId } from "./acl.ts";
import { ipMatches } from "./ip-match.ts";
import type { Acl } from "./txn.ts";
import { isX500Name } from "./x500-name.ts";

function entry(scheme: string, id: string, perms: number = Perm.all): Acl {
  return { perms, scheme, id };
}
const IP: AuthId = { scheme: "ip", id: "10.1.2.3" };
const DIGEST: AuthId = { scheme: "digest", id: "amy:hash" };

describe("fixAcl", () => {
  /** What Apache ZooKeeper 3.9.5 answered to each. */
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
    ["ip", "::1", true],
    ["ip", "::1/64", true],
    ["ip", "fe80::", true],
    ["ip", "1:2:3:4:5:6:7:8", true],
    ["ip", "1:2:3:4:5:6:7:8/128", true],
    ["ip", "::/0", true],
    ["ip", "1:2:3:4:5:6:7:8/129", false],
    ["ip", "1:2:3:4:5:6:7", false],
    ["ip", "1:2:3:4:5:6:7:8:9", false],
    ["ip", "1:2:3:4:5:6:7::8", false],
    ["ip", "1::2::3", false],
    ["ip", "12345::", false],
    ["ip", "g::", false],
    ["ip", ":1:2:3:4:5:6:7:8", false],
    ["ip", "::ffff:1.2.3.4", false],
    ["ip", "fe80::1%eth0", false],
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

  test("puts the authenticated ids in the place of auth; duplicates go before that, not after", () => {
    const amy = entry("digest", "amy:hash");
    const acl = [entry("auth", "ignored"), amy, entry("world", "anyone", 1), amy];
    const x509: AuthId = { scheme: "x509", id: "CN=amy" };
    const superuser: AuthId = { scheme: "super", id: "" };
    expect(fixAcl(acl, [IP, superuser, DIGEST, x509])).toEqual([
      amy,
      entry("x509", "CN=amy"),
      amy,
      entry("world", "anyone", 1),
    ]);
    expect(fixAcl([entry("auth", "")], [IP, superuser])).toBeNull();
  });

  test("refuses a list that would expand beyond all measure", () => {
    const ids = Array.from({ length: 100 }, (_, at): AuthId => ({
      scheme: "digest",
      id: `u${at}:h`,
    }));
    const lists = Array.from({ length: 1_000 }, (_, perms) => entry("auth", "", perms));
    expect(fixAcl(lists.slice(0, 100), ids)).toHaveLength(10_000);
    expect(fixAcl(lists, ids)).toBeNull();
  });

  test("takes x509 only where certificates are asked for, and only names", () => {
    expect(fixAcl([entry("x509", "CN=amy,O=lab")], [IP])).toBeNull();
    expect(fixAcl([entry("x509", "CN=amy,O=lab")], [IP], true)).toHaveLength(1);
    expect(fixAcl([entry("x509", "amy")], [IP], true)).toBeNull();
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

test("hashes of passwords are hidden from the first colon on, and nothing else", () => {
  const acl = [entry("digest", "amy:hash", 3), entry("digest", "amy"), entry("ip", "::1")];
  expect(maskAcl(acl)).toEqual([entry("digest", "amy:x", 3), acl[1], acl[2]]);
});

test("an IPv6 address is let through by its prefix, an IPv4 one by none of IPv6", () => {
  const address = "fe80:0:0:0:1:2:3:4";
  const prefixes = ["fe80::1:2:3:4", "fe80::/10", "fe81::/15", "::/0", "fe80::1:2:3:5/127"];
  expect(prefixes.filter((prefix) => ipMatches(address, prefix))).toEqual(prefixes);
  expect(["fe80::1:2:3:5", "fe81::/16", "::/1", "0.0.0.0/0"].map((it) => ipMatches(address, it))) //
    .toEqual([false, false, false, false]);
  expect(ipMatches("1.2.3.4", "::/0")).toBe(false);
});

describe("isX500Name", () => {
  /** What Java 17's X500Principal took. */
  test.each([
    ..."|CN=a|cn=a|CN=a,O=b|CN=a;O=b|CN=a+OU=b|CN=|1.2.3=a|OID.1.2.3=a|oid.1.2.3=x".split("|"),
    ...'CN="a,b"|CN=a\\,b|CN=\\#a| CN = a , O = b |CN=ä|CN=a\\c3\\a4|CN=a #b|CN=a=b'.split("|"),
    "1.02.3=a",
    "1.2.3=#0401aa",
    "DC=ä",
    "C=DEU",
    "EMAILADDRESS=x@y",
    "CN=a\nb",
  ])("%j is a name", (text) => expect(isX500Name(text)).toBe(true));
  test.each([
    ..."  |a|=a|CN=a,|CN=a,,O=b|FOO=a|1=a|3.1=a|CN=#04|CN=#0401|CN=#xx|CN=#1|CN=a<b".split("|"),
    ...'CN="a|CN=a"b|CN=a\\|CN=a\\zb|CN="a"b|SN=a|1.2.=a|CN=a+|+CN=a|TITLE=x|CN=a>b|CN=a;'.split(
      "|",
    ),
  ])("%j is none", (text) => expect(isX500Name(text)).toBe(false));
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
