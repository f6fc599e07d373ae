import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZxid } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import type { Acl } from "../tree/txn.ts";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";
import { CreateFlag, OpCode, Xid } from "./opcodes.ts";
import { decodeRequest, decodeRequestHeader, encodeRequest } from "./requests.ts";
import type { Request } from "./request-types.ts";

const OPEN: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
const OPEN_HEX = "000000010000001f00000005776f726c6400000006616e796f6e65";

/** Requests with the bytes that the kazoo client sends for them; setWatches by the grammar. */
const GOLDEN: readonly [number, Request, string][] = [
  [
    1,
    {
      type: "create",
      path: "/a",
      data: Buffer.from("hi"),
      acl: OPEN,
      flags: CreateFlag.ephemeralSequential,
    },
    `000000330000000100000001000000022f61000000026869${OPEN_HEX}00000003`,
  ],
  [
    1,
    { type: "create", path: "/a", data: null, acl: OPEN, flags: CreateFlag.persistent },
    `000000310000000100000001000000022f61ffffffff${OPEN_HEX}00000000`,
  ],
  [
    9,
    { type: "create2", path: "/a", data: Buffer.alloc(0), acl: OPEN, flags: CreateFlag.ephemeral },
    `00000031000000090000000f000000022f6100000000${OPEN_HEX}00000001`,
  ],
  [2, { type: "delete", path: "/a", version: -1 }, "000000120000000200000002000000022f61ffffffff"],
  [3, { type: "exists", path: "/a", watch: true }, "0000000f0000000300000003000000022f6101"],
  [4, { type: "getData", path: "/é", watch: false }, "000000100000000400000004000000032fc3a900"],
  [
    5,
    { type: "setData", path: "/a", data: Buffer.from([0, 255]), version: 7 },
    "000000180000000500000005000000022f610000000200ff00000007",
  ],
  [6, { type: "getChildren", path: "/", watch: false }, "0000000e0000000600000008000000012f00"],
  [7, { type: "getChildren2", path: "/", watch: true }, "0000000e000000070000000c000000012f01"],
  [8, { type: "sync", path: "/a" }, "0000000e0000000800000009000000022f61"],
  [Xid.ping, { type: "ping" }, "00000008fffffffe0000000b"],
  [10, { type: "closeSession" }, "000000080000000afffffff5"],
  [
    Xid.setWatches,
    {
      type: "setWatches",
      relativeZxid: makeZxid(1, 5),
      dataWatches: ["/a"],
      existWatches: [],
      childWatches: ["/", "/b"],
    },
    "0000002d" +
      "fffffff800000065" +
      "0000000100000005" +
      "00000001000000022f61" +
      "00000000" +
      "00000002000000012f000000022f62",
  ],
];

function decodeFrame(bytes: Buffer): { xid: number; request: Request | null } {
  const reader = new JuteReader(bytes, 4);
  const { xid, type } = decodeRequestHeader(reader);
  const request = decodeRequest(reader, type);
  expect(reader.remaining).toBe(0);
  return { xid, request };
}

const path = fc.string({ maxLength: 20 });
const paths = fc.array(path, { maxLength: 5 });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const data = fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));
const acl = fc.array(fc.record({ perms: int, scheme: path, id: path }), { maxLength: 3 });
const relativeZxid = fc.maxSafeInteger() as fc.Arbitrary<Zxid>;
const watchLists = { relativeZxid, dataWatches: paths, existWatches: paths, childWatches: paths };
const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constantFrom("create", "create2"), path, data, acl, flags: int }),
  fc.record({ type: fc.constant("delete"), path, version: int }),
  fc.record({
    type: fc.constantFrom("exists", "getData", "getChildren", "getChildren2"),
    path,
    watch: fc.boolean(),
  }),
  fc.record({ type: fc.constant("setData"), path, data, version: int }),
  fc.record({ type: fc.constant("sync"), path }),
  fc.record({ type: fc.constant("setWatches"), ...watchLists }),
  fc.record({
    type: fc.constant("setWatches2"),
    ...watchLists,
    persistentWatches: paths,
    persistentRecursiveWatches: paths,
  }),
  fc.record({ type: fc.constantFrom("ping", "closeSession") }),
);

/** What a decoder threw, null if it read the bytes. */
function refusal(decode: () => unknown): unknown {
  try {
    decode();
    return null;
  } catch (error) {
    return error;
  }
}

describe("requests", () => {
  for (const [xid, request, hex] of GOLDEN) {
    test(`${request.type} has the bytes ${hex.slice(0, 24)}…`, () => {
      const writer = new JuteWriter();
      encodeRequest(writer, xid, request);
      expect(writer.bytes().toString("hex")).toBe(hex);
      expect(decodeFrame(Buffer.from(hex, "hex"))).toEqual({ xid, request });
    });
  }

  test("every request is read back as it was written", () => {
    fc.assert(
      fc.property(int, anyRequest, (xid, request) => {
        const writer = new JuteWriter();
        encodeRequest(writer, xid, request);
        const frame = writer.bytes();
        expect(frame.readInt32BE(0)).toBe(frame.length - 4);
        expect(decodeFrame(frame)).toEqual({ xid, request });
      }),
    );
  });

  test("a request that is cut anywhere is refused with a DecodeError", () => {
    for (const [, , hex] of GOLDEN) {
      const bytes = Buffer.from(hex, "hex");
      const opcode = bytes.readInt32BE(8);
      for (let end = 12; end < bytes.length; end++) {
        const act = (): unknown => decodeRequest(new JuteReader(bytes, 12, end), opcode);
        expect(act).toThrow(DecodeError);
      }
    }
  });

  test("random bytes are refused with a DecodeError or read, and nothing else", () => {
    const opcode = fc.constantFrom(...Object.values(OpCode));
    fc.assert(
      fc.property(opcode, fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
        const thrown = refusal(() => decodeRequest(new JuteReader(Buffer.from(bytes)), type));
        expect(thrown === null || thrown instanceof DecodeError).toBe(true);
      }),
    );
  });

  test("an opcode without a codec is told apart from bytes that are wrong", () => {
    const empty = new JuteReader(Buffer.alloc(0));
    expect(decodeRequest(empty, OpCode.createSession)).toBeNull();
    expect(decodeRequest(empty, 4711)).toBeNull();
  });

  test("null paths, ACLs and lists are read as empty ones", () => {
    const nulls = Buffer.from("ffffffffffffffffffffffff00000000", "hex");
    expect(decodeRequest(new JuteReader(nulls), OpCode.create)).toEqual({
      type: "create",
      path: "",
      data: null,
      acl: [],
      flags: 0,
    });
  });
});
