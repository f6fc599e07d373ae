import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SessionId, Zxid } from "../ids.ts";
import { DecodeError } from "../wire/jute.ts";
import { decodeTxn, encodeTxn, isReconfigTxn } from "./txn-codec.ts";
import type { TxnBody, TxnHeader, TxnPart } from "./txn.ts";

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const session = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) as fc.Arbitrary<SessionId>;
const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));
const path = fc.string({ maxLength: 20 });
const header: fc.Arbitrary<TxnHeader> = fc.record({
  zxid: fc.maxSafeNat() as fc.Arbitrary<Zxid>,
  timeMs: fc.maxSafeInteger(),
  sessionId: session,
  cxid: int,
  originSid: fc.nat({ max: 255 }),
  originRequest: fc.maxSafeNat(),
});
const acl = fc.array(fc.record({ perms: int, scheme: path, id: path }), { maxLength: 3 });
const born = { path, data: fc.option(bytes), acl, ephemeralOwner: session, parentCversion: int };
const create = fc.record({ type: fc.constant("create"), ...born });
const create2 = fc.record({ type: fc.constant("create"), ...born, withStat: fc.constant(true) });
const remove = fc.record({ type: fc.constant("delete"), path });
const setData = fc.record({
  type: fc.constant("setData"),
  path,
  data: fc.option(bytes),
  version: int,
});
const setAcl = fc.record({ type: fc.constant("setACL"), path, acl, version: int });
const error = fc.record({ type: fc.constant("error"), code: int });
const check = fc.record({ type: fc.constant("check"), path, version: int });
const part: fc.Arbitrary<TxnPart> = fc.oneof(
  create,
  create2,
  remove,
  setData,
  setAcl,
  check,
  error,
);
const body: fc.Arbitrary<TxnBody> = fc.oneof(
  create,
  remove,
  setData,
  setAcl,
  error,
  fc.record({ type: fc.constant("multi"), parts: fc.array(part, { maxLength: 4 }) }),
  fc.record({ type: fc.constant("reconfig"), data: bytes, version: int }),
  fc.record({ type: fc.constant("createSession"), timeoutMs: int, password: bytes }),
  fc.record({
    type: fc.constant("closeSession"),
    paths: fc.option(fc.array(path, { maxLength: 5 })),
  }),
);

/** The sample whose bytes are written down: logs of earlier versions must stay readable. */
const SAMPLE_HEADER: TxnHeader = {
  zxid: 0x1_0000_0002 as Zxid,
  timeMs: 0x018b_cfe5_6800,
  sessionId: 0x1_0000_c3f2_a100_01n as SessionId,
  cxid: 7,
  originSid: 200,
  originRequest: 3,
};
const SAMPLE_HEX =
  "03" +
  "0000000100000002" +
  "0000018bcfe56800" +
  "010000c3f2a10001" +
  "00000007c80000000000000003";

describe("the bytes of a transaction", () => {
  test("are those that are written down", () => {
    const sample: TxnBody = { type: "setData", path: "/a", data: Buffer.from("hi"), version: 4 };
    const encoded = encodeTxn(SAMPLE_HEADER, sample);
    expect(encoded.toString("hex")).toBe(`${SAMPLE_HEX}000000022f6100000002686900000004`);
    expect(decodeTxn(encoded)).toEqual({ header: SAMPLE_HEADER, body: sample });
  });

  test("are read back as they were written", () => {
    fc.assert(
      fc.property(header, body, (written, change) => {
        expect(decodeTxn(encodeTxn(written, change))).toEqual({ header: written, body: change });
      }),
    );
  });

  test("stay as they are while others are encoded", () => {
    const first = encodeTxn(SAMPLE_HEADER, { type: "delete", path: "/a" });
    const before = first.toString("hex");
    for (let i = 0; i < 1000; i++) encodeTxn(SAMPLE_HEADER, { type: "delete", path: `/${i}` });
    expect(first.toString("hex")).toBe(before);
  });

  test("are refused when they are cut anywhere, or longer than they should be", () => {
    fc.assert(
      fc.property(header, body, (written, change) => {
        const encoded = encodeTxn(written, change);
        for (let end = 0; end < encoded.length; end++) {
          expect(() => decodeTxn(encoded.subarray(0, end))).toThrow(DecodeError);
        }
        expect(() => decodeTxn(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(DecodeError);
      }),
      { numRuns: 30 },
    );
  });

  test("are read or refused with a DecodeError when a byte is wrong, and nothing else", () => {
    fc.assert(
      fc.property(header, body, fc.nat(), fc.nat({ max: 255 }), (written, change, at, value) => {
        const encoded = Buffer.from(encodeTxn(written, change));
        encoded[at % encoded.length] = value;
        let thrown: unknown = null;
        try {
          decodeTxn(encoded);
        } catch (error) {
          thrown = error;
        }
        expect(thrown === null || thrown instanceof DecodeError).toBe(true);
      }),
    );
  });

  test.each([0, 10, 11, 12, 0xff])("of the unknown kind %d are refused", (kind) => {
    const encoded = Buffer.from(encodeTxn(SAMPLE_HEADER, { type: "error", code: -101 }));
    encoded[0] = kind;
    expect(() => decodeTxn(encoded)).toThrow(DecodeError);
  });

  test("of a multi are those that are written down, each part with its kind", () => {
    const sample: TxnBody = {
      type: "multi",
      parts: [
        { type: "check", path: "/a", version: 2 },
        { type: "delete", path: "/b" },
        { type: "error", code: -2 },
      ],
    };
    const encoded = encodeTxn(SAMPLE_HEADER, sample);
    expect(encoded.toString("hex")).toBe(
      `08${SAMPLE_HEX.slice(2)}00000003` +
        "0a000000022f6100000002" +
        "02000000022f62" +
        "06fffffffe",
    );
    expect(decodeTxn(encoded)).toEqual({ header: SAMPLE_HEADER, body: sample });
  });

  test.each([0, 4, 5, 8, 9, 12])("of a multi with a part of the kind %d are refused", (kind) => {
    const sample: TxnBody = { type: "multi", parts: [{ type: "error", code: 0 }] };
    const encoded = Buffer.from(encodeTxn(SAMPLE_HEADER, sample));
    encoded[encoded.length - 5] = kind;
    expect(() => decodeTxn(encoded)).toThrow(DecodeError);
  });

  test("of a reconfig are told from others by the first", () => {
    fc.assert(
      fc.property(body, (change) => {
        const encoded = encodeTxn(SAMPLE_HEADER, change);
        expect(isReconfigTxn(encoded)).toBe(change.type === "reconfig");
      }),
    );
  });
});
