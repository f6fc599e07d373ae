import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AuthId, fixAcl, maskAcl, permitted } from "./acl.ts";
import { ipMatches, isValidIpExpression } from "./ip-match.ts";
import type { Acl } from "./txn.ts";

const RUNS = { numRuns: 500 };

describe("addresses and prefixes", () => {
  interface Address {
    readonly bits: 32 | 128;
    readonly value: bigint;
    readonly text: string;
  }
  const ipv4 = fc
    .uint8Array({ minLength: 4, maxLength: 4 })
    .map((bytes): Address => ({ bits: 32, value: valueOf(bytes), text: bytes.join(".") }));
  /** Many zeroes, so that many can be written with "::". */
  const ipv6 = fc
    .tuple(
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
        minLength: 8,
        maxLength: 8,
      }),
      fc.nat(7),
      fc.boolean(),
    )
    .map(([words, at, upper]): Address => {
      const bytes = Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
      const text = compressed(words, at);
      return { bits: 128, value: valueOf(bytes), text: upper ? text.toUpperCase() : text };
    });
  const address = fc.oneof(ipv4, ipv6);

  test("an address has a prefix if, and only if, its first bits are the prefix's", () => {
    fc.assert(
      fc.property(address, address, fc.nat(128), (one, other, asked) => {
        for (const range of [one, other]) {
          const length = Math.min(asked, range.bits);
          const rest = BigInt(range.bits - length);
          const same = one.bits === range.bits && one.value >> rest === range.value >> rest;
          expect(isValidIpExpression(`${range.text}/${length}`)).toBe(true);
          expect(ipMatches(one.text, `${range.text}/${length}`)).toBe(same);
        }
      }),
      RUNS,
    );
  });

  test("an address whose bit behind the prefix differs matches, one within it does not", () => {
    fc.assert(
      fc.property(ipv4, fc.nat(31), fc.integer({ min: 0, max: 32 }), (one, bit, length) => {
        const other = one.value ^ (1n << BigInt(31 - bit));
        const text = [24n, 16n, 8n, 0n].map((shift) => (other >> shift) & 0xffn).join(".");
        expect(ipMatches(text, `${one.text}/${length}`)).toBe(bit >= length);
      }),
      RUNS,
    );
  });

  test("no text, however odd, is more than refused", () => {
    const odd = fc.string({ unit: fc.constantFrom(..."0123456789abcdefg:./%-+ ".split("")) });
    fc.assert(
      fc.property(odd, address, (text, one) => {
        expect(ipMatches(one.text, text) && !isValidIpExpression(text)).toBe(false);
      }),
      RUNS,
    );
  });
});

describe("lists", () => {
  const entry: fc.Arbitrary<Acl> = fc.record({
    perms: fc.integer({ min: 0, max: 31 }),
    scheme: fc.constantFrom("world", "auth", "ip", "digest", "x509", "super"),
    id: fc.constantFrom("anyone", "", "10.0.0.1", "10.0.0.0/8", "amy:h", "bob:h", "CN=amy"),
  });
  const list = fc.array(entry, { maxLength: 5 });
  const ids: fc.Arbitrary<readonly AuthId[]> = fc.subarray([
    { scheme: "ip", id: "10.0.0.1" },
    { scheme: "ip", id: "11.0.0.1" },
    { scheme: "digest", id: "amy:h" },
    { scheme: "digest", id: "bob:h" },
    { scheme: "x509", id: "CN=amy" },
    { scheme: "super", id: "" },
  ]);

  test("one may do what some entry allows to somebody that one is, and the super user everything", () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 31 }), ids, (acl, perms, who) => {
        const isMeant = ({ scheme, id }: Acl): boolean =>
          (scheme === "world" && id === "anyone") ||
          who.some(
            (auth) => auth.scheme === scheme && (auth.id === id || isIpOf(scheme, auth, id)),
          );
        const isIpOf = (scheme: string, auth: AuthId, id: string): boolean =>
          scheme === "ip" && id === "10.0.0.0/8" && auth.id === "10.0.0.1";
        const expected =
          who.some(({ scheme }) => scheme === "super") ||
          acl.some((one) => (one.perms & perms) !== 0 && isMeant(one));
        expect(permitted(acl, perms, who)).toBe(expected);
      }),
      RUNS,
    );
  });

  test("a list is stored as it is said but for duplicates and auth, or not at all", () => {
    const valid: Readonly<Record<string, readonly string[]>> = {
      world: ["anyone"],
      ip: ["10.0.0.1", "10.0.0.0/8"],
      digest: ["amy:h", "bob:h"],
      x509: ["CN=amy", ""],
    };
    fc.assert(
      fc.property(list, ids, (acl, who) => {
        const own = who.filter(({ scheme }) => scheme === "digest" || scheme === "x509");
        const unique = acl.filter((one, at) => acl.findIndex((other) => isSame(one, other)) === at);
        const isStorable =
          acl.length > 0 &&
          unique.every(({ scheme, id }) =>
            scheme === "auth" ? own.length > 0 : valid[scheme]?.includes(id),
          );
        const expanded = unique.flatMap((one) =>
          one.scheme === "auth" ? own.map((id) => ({ perms: one.perms, ...id })) : [one],
        );
        expect(fixAcl(acl, who, true)).toEqual(isStorable ? expanded : null);
      }),
      RUNS,
    );
  });

  test("masking shows no hash, and changes nothing else", () => {
    fc.assert(
      fc.property(list, (acl) => {
        const masked = maskAcl(acl);
        expect(masked.map(({ perms, scheme }) => [perms, scheme])).toEqual(
          acl.map(({ perms, scheme }) => [perms, scheme]),
        );
        for (const [at, { scheme, id }] of masked.entries())
          expect(id).toBe(scheme === "digest" ? acl[at]?.id.replace(":h", ":x") : acl[at]?.id);
      }),
      RUNS,
    );
  });
});

function isSame(one: Acl, other: Acl): boolean {
  return one.perms === other.perms && one.scheme === other.scheme && one.id === other.id;
}

function valueOf(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** With "::" in the place of the zeroes from word `at` on, if there are any. */
function compressed(words: readonly number[], at: number): string {
  const hex = words.map((word) => word.toString(16));
  let end = at;
  while (end < 8 && words[end] === 0) end++;
  if (end === at) return hex.join(":");
  return `${hex.slice(0, at).join(":")}::${hex.slice(end).join(":")}`;
}
