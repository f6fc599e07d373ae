/**
 * The requests that came after the first versions of the protocol, with the bytes that ZooKeeper 3.9's
 * own records have for them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";
import { AddWatchMode, CreateFlag, OpCode, WatcherType, Xid } from "./opcodes.ts";
import type { MultiOp, MultiRead, Request } from "./request-types.ts";
import { decodeRequest, decodeRequestHeader, encodeRequest } from "./requests.ts";

const OPEN = [{ perms: 31, scheme: "world", id: "anyone" }] as const;
const OPEN_HEX = "000000010000001f00000005776f726c6400000006616e796f6e65";
const HI = Buffer.from("hi");
const HI_HEX = "000000026869";

const MULTI: readonly MultiOp[] = [
  { type: "create", path: "/a", data: HI, acl: OPEN, flags: CreateFlag.persistent },
  {
    type: "createTTL",
    path: "/t",
    data: HI,
    acl: OPEN,
    flags: CreateFlag.persistentWithTtl,
    ttl: 5n,
  },
  { type: "delete", path: "/a", version: -1 },
  { type: "setData", path: "/b", data: HI, version: 2 },
  { type: "check", path: "/c", version: 7 },
  { type: "createContainer", path: "/k", data: HI, acl: OPEN, flags: CreateFlag.container },
];

const GOLDEN: readonly [number, Request, string][] = [
  [
    1,
    { type: "createContainer", path: "/c", data: HI, acl: OPEN, flags: CreateFlag.container },
    `000000330000000100000013000000022f63${HI_HEX}${OPEN_HEX}00000004`,
  ],
  [
    2,
    {
      type: "createTTL",
      path: "/t",
      data: HI,
      acl: OPEN,
      flags: CreateFlag.persistentWithTtl,
      ttl: 86_400_000n,
    },
    `0000003b0000000200000015000000022f74${HI_HEX}${OPEN_HEX}000000050000000005265c00`,
  ],
  [3, { type: "getACL", path: "/a" }, "0000000e0000000300000006000000022f61"],
  [
    4,
    { type: "setACL", path: "/a", acl: OPEN, version: 3 },
    `0000002d0000000400000007000000022f61${OPEN_HEX}00000003`,
  ],
  [5, { type: "getAllChildrenNumber", path: "/a" }, "0000000e0000000500000068000000022f61"],
  [6, { type: "getEphemerals", path: "/a" }, "0000000e0000000600000067000000022f61"],
  [
    7,
    {
      type: "reconfig",
      joiningServers: "server.4=h:1:2;3",
      leavingServers: "5",
      newMembers: null,
      curConfigId: -1n,
    },
    "0000002d0000000700000010000000107365727665722e343d683a313a323b33" +
      "0000000135ffffffffffffffffffffffff",
  ],
  [
    8,
    { type: "addWatch", path: "/a", mode: AddWatchMode.persistentRecursive },
    "00000012000000080000006a000000022f6100000001",
  ],
  [
    9,
    { type: "checkWatches", path: "/a", watcherType: WatcherType.any },
    "000000120000000900000011000000022f6100000003",
  ],
  [
    10,
    { type: "removeWatches", path: "/a", watcherType: WatcherType.data },
    "000000120000000a00000012000000022f6100000002",
  ],
  [
    Xid.auth,
    { type: "auth", scheme: "digest", auth: Buffer.from("u:p") },
    "0000001dfffffffc00000064000000000000000664696765737400000003753a70",
  ],
  [11, { type: "sasl", token: HI }, `0000000e0000000b00000066${HI_HEX}`],
  [12, { type: "whoAmI" }, "000000080000000c0000006b"],
  [
    13,
    { type: "multi", ops: MULTI },
    "000000f40000000d0000000e" +
      `0000000100ffffffff000000022f61${HI_HEX}${OPEN_HEX}00000000` +
      `0000001500ffffffff000000022f74${HI_HEX}${OPEN_HEX}000000050000000000000005` +
      "0000000200ffffffff000000022f61ffffffff" +
      `0000000500ffffffff000000022f62${HI_HEX}00000002` +
      "0000000d00ffffffff000000022f6300000007" +
      `0000001300ffffffff000000022f6b${HI_HEX}${OPEN_HEX}00000004` +
      "ffffffff01ffffffff",
  ],
  [
    14,
    {
      type: "multiRead",
      ops: [
        { type: "getData", path: "/a", watch: false },
        { type: "getChildren", path: "/b", watch: false },
      ],
    },
    "000000310000000e000000160000000400ffffffff000000022f6100" +
      "0000000800ffffffff000000022f6200ffffffff01ffffffff",
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
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const bytes = fc.option(fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)));
const acl = fc.array(fc.record({ perms: int, scheme: path, id: path }), { maxLength: 3 });
const create = { path, data: bytes, acl, flags: int };
const anyOp: fc.Arbitrary<MultiOp> = fc.oneof(
  fc.record({ type: fc.constantFrom("create", "create2", "createContainer"), ...create }),
  fc.record({ type: fc.constant("createTTL"), ...create, ttl: long }),
  fc.record({ type: fc.constantFrom("delete", "check"), path, version: int }),
  fc.record({ type: fc.constant("setData"), path, data: bytes, version: int }),
) as fc.Arbitrary<MultiOp>;
const anyRead = fc.record({
  type: fc.constantFrom("getData", "getChildren"),
  path,
  watch: fc.boolean(),
}) as fc.Arbitrary<MultiRead>;
const members = fc.option(path);
const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  anyOp,
  fc.record({ type: fc.constantFrom("getACL", "getAllChildrenNumber", "getEphemerals"), path }),
  fc.record({ type: fc.constant("setACL"), path, acl, version: int }),
  fc.record({
    type: fc.constant("reconfig"),
    joiningServers: members,
    leavingServers: members,
    newMembers: members,
    curConfigId: long,
  }),
  fc.record({ type: fc.constant("addWatch"), path, mode: int }),
  fc.record({ type: fc.constantFrom("checkWatches", "removeWatches"), path, watcherType: int }),
  fc.record({ type: fc.constant("auth"), scheme: path, auth: bytes }),
  fc.record({ type: fc.constant("sasl"), token: bytes }),
  fc.record({ type: fc.constant("whoAmI") }),
  fc.record({ type: fc.constant("multi"), ops: fc.array(anyOp, { maxLength: 5 }) }),
  fc.record({ type: fc.constant("multiRead"), ops: fc.array(anyRead, { maxLength: 5 }) }),
) as fc.Arbitrary<Request>;

/** A multi of one part with this opcode and record. */
function multiOf(opcode: number, record: Buffer = Buffer.alloc(0)): JuteReader {
  const head = Buffer.from("0000000000ffffffff", "hex");
  head.writeInt32BE(opcode, 0);
  return new JuteReader(Buffer.concat([head, record, Buffer.from("ffffffff01ffffffff", "hex")]));
}

describe("requests of 3.9", () => {
  for (const [xid, request, hex] of GOLDEN) {
    test(`${request.type} has the bytes that ZooKeeper's own client sends`, () => {
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
      const frame = Buffer.from(hex, "hex");
      const opcode = frame.readInt32BE(8);
      for (let end = 12; end < frame.length; end++) {
        const act = (): unknown => decodeRequest(new JuteReader(frame, 12, end), opcode);
        expect(act).toThrow(DecodeError);
      }
    }
  });

  test.each([OpCode.multi, OpCode.multiRead, OpCode.closeSession, OpCode.getACL, -1, 0, 4711])(
    "a multi with opcode %i in it is refused",
    (opcode) => {
      const path = Buffer.from("000000022f61", "hex");
      expect(() => decodeRequest(multiOf(opcode, path), OpCode.multi)).toThrow(DecodeError);
      expect(() => decodeRequest(multiOf(opcode, path), OpCode.multiRead)).toThrow(DecodeError);
    },
  );

  test("a multi does not read, and a multiRead does not write", () => {
    const read = Buffer.from("000000022f6100", "hex");
    const remove = Buffer.from("000000022f61ffffffff", "hex");
    expect(() => decodeRequest(multiOf(OpCode.getData, read), OpCode.multi)).toThrow(DecodeError);
    expect(() => decodeRequest(multiOf(OpCode.delete, remove), OpCode.multiRead)).toThrow(
      DecodeError,
    );
  });
});
