import { describe, expect, test } from "vitest";
import type { SessionId, Zxid } from "../ids.ts";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";
import {
  decodeMultiResults,
  encodeMultiEnd,
  encodeMultiError,
  encodeMultiHeader,
} from "./multi.ts";
import { OpCode } from "./opcodes.ts";
import {
  decodeAclAndStat,
  decodeClientInfos,
  encodeAclAndStat,
  encodeClientInfos,
  encodeData,
  encodePath,
  encodePathAndStat,
  encodePaths,
  encodeStat,
  type Stat,
} from "./replies.ts";

const STAT: Stat = {
  czxid: 1 as Zxid,
  mzxid: 2 as Zxid,
  pzxid: 11 as Zxid,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: 8n as SessionId,
  dataLength: 9,
  numChildren: 10,
};
const STAT_HEX =
  "0000000000000001000000000000000200000000000000030000000000000004000000050000000600000007" +
  "0000000000000008000000090000000a000000000000000b";
const HI = Buffer.from("hi");

/** A list with one result of every kind, as ZooKeeper 3.9's MultiResponse writes it. */
const RESULTS_HEX =
  "000000010000000000" +
  "000000022f61" +
  "0000000f0000000000" +
  `000000022f62${STAT_HEX}` +
  `000000050000000000${STAT_HEX}` +
  "000000020000000000" +
  "0000000d0000000000" +
  "ffffffff00ffffff9bffffff9b" +
  `000000040000000000000000026869${STAT_HEX}` +
  "00000008000000000000000002" +
  "00000001780000000179" +
  "ffffffff01ffffffff";

describe("the results of a multi", () => {
  test("have the bytes that ZooKeeper gives them", () => {
    const writer = new JuteWriter();
    encodeMultiHeader(writer, OpCode.create, 0);
    encodePath(writer, "/a");
    encodeMultiHeader(writer, OpCode.create2, 0);
    encodePathAndStat(writer, "/b", STAT);
    encodeMultiHeader(writer, OpCode.setData, 0);
    encodeStat(writer, STAT);
    encodeMultiHeader(writer, OpCode.delete, 0);
    encodeMultiHeader(writer, OpCode.check, 0);
    encodeMultiError(writer, -101);
    encodeMultiHeader(writer, OpCode.getData, 0);
    encodeData(writer, HI, STAT);
    encodeMultiHeader(writer, OpCode.getChildren, 0);
    encodePaths(writer, ["x", "y"]);
    encodeMultiEnd(writer);
    expect(writer.bytes().toString("hex")).toBe(RESULTS_HEX);
  });

  test("are read back", () => {
    const reader = new JuteReader(Buffer.from(RESULTS_HEX, "hex"));
    expect(decodeMultiResults(reader)).toEqual([
      { type: "create", path: "/a" },
      { type: "create2", path: "/b", stat: STAT },
      { type: "setData", stat: STAT },
      { type: "delete" },
      { type: "check" },
      { type: "error", err: -101 },
      { type: "getData", data: HI, stat: STAT },
      { type: "getChildren", children: ["x", "y"] },
    ]);
    expect(reader.remaining).toBe(0);
  });

  test("that are cut anywhere are refused with a DecodeError", () => {
    const bytes = Buffer.from(RESULTS_HEX, "hex");
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeMultiResults(new JuteReader(bytes, 0, end))).toThrow(DecodeError);
    }
  });

  test("of an opcode that no multi has are refused with a DecodeError", () => {
    const bytes = Buffer.from("000000630000000000", "hex");
    expect(() => decodeMultiResults(new JuteReader(bytes))).toThrow(DecodeError);
  });
});

describe("replies of 3.9", () => {
  test("getACL answers the list and the Stat", () => {
    const writer = new JuteWriter();
    const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
    encodeAclAndStat(writer, acl, STAT);
    const hex = `000000010000001f00000005776f726c6400000006616e796f6e65${STAT_HEX}`;
    expect(writer.bytes().toString("hex")).toBe(hex);
    expect(decodeAclAndStat(new JuteReader(writer.bytes()))).toEqual({ acl, stat: STAT });
  });

  test("whoAmI answers scheme and user of each identity", () => {
    const writer = new JuteWriter();
    const infos = [
      { authScheme: "ip", user: "127.0.0.1" },
      { authScheme: "digest", user: "u" },
    ];
    encodeClientInfos(writer, infos);
    expect(writer.bytes().toString("hex")).toBe(
      "00000002000000026970000000093132372e302e302e31000000066469676573740000000175",
    );
    expect(decodeClientInfos(new JuteReader(writer.bytes()))).toEqual(infos);
  });
});
