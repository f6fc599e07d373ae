import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZxid } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";
import { EventType } from "./opcodes.ts";
import {
  beginReply,
  decodeChildren,
  decodeData,
  decodePath,
  decodePathAndStat,
  decodeReplyHeader,
  decodeStat,
  decodeWatcherEvent,
  encodeChildren,
  encodeData,
  encodePath,
  encodePathAndStat,
  encodeStat,
  encodeWatcherEvent,
} from "./replies.ts";
import type { Stat } from "./replies.ts";

/** The body of Apache ZooKeeper 3.8.0's answer to getData of a znode with null data. */
const NULL_DATA_HEX =
  "ffffffff" +
  "00000000000000b7" +
  "00000000000000b7" +
  "000001a1f933ab97" +
  "000001a1f933ab97" +
  "000000000000000000000000" +
  "0000000000000000" +
  "0000000000000000" +
  "00000000000000b7";
const STAT: Stat = {
  czxid: 0xb7 as Zxid,
  mzxid: 0xb7 as Zxid,
  pzxid: 0xb7 as Zxid,
  ctime: 0x1a1f933ab97,
  mtime: 0x1a1f933ab97,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n as SessionId,
  dataLength: 0,
  numChildren: 0,
};

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const zxid = fc.maxSafeInteger() as fc.Arbitrary<Zxid>;
const anyStat: fc.Arbitrary<Stat> = fc.record({
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  ctime: fc.maxSafeInteger(),
  mtime: fc.maxSafeInteger(),
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) as fc.Arbitrary<SessionId>,
  dataLength: int,
  numChildren: int,
});

function written(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter();
  write(writer);
  return writer.take();
}

/** What a decoder threw, null if it read the bytes. */
function refusal(decode: () => unknown): unknown {
  try {
    decode();
    return null;
  } catch (error) {
    return error;
  }
}

describe("replies", () => {
  test("getData of null data has the bytes that another server sends", () => {
    const bytes = Buffer.from(NULL_DATA_HEX, "hex");
    expect(decodeData(new JuteReader(bytes))).toEqual({ data: null, stat: STAT });
    expect(written((w) => encodeData(w, null, STAT)).toString("hex")).toBe(NULL_DATA_HEX);
  });

  test("a header says xid, zxid and error behind the frame's length", () => {
    const bytes = written((w) => w.endFrame(beginReply(w, 7, makeZxid(2, 1), -101)));
    expect(bytes.toString("hex")).toBe("00000010000000070000000200000001ffffff9b");
    const header = decodeReplyHeader(new JuteReader(bytes, 4));
    expect(header).toEqual({ xid: 7, zxid: makeZxid(2, 1), err: -101 });
  });

  test("a watch event has xid -1 and the zxid of its cause", () => {
    const bytes = written((w) => encodeWatcherEvent(w, makeZxid(1, 3), EventType.deleted, "/a"));
    expect(bytes.toString("hex")).toBe(
      "0000001e" + "ffffffff0000000100000003" + "00000000" + "0000000200000003000000022f61",
    );
    const reader = new JuteReader(bytes, 4);
    expect(decodeReplyHeader(reader)).toEqual({ xid: -1, zxid: makeZxid(1, 3), err: 0 });
    expect(decodeWatcherEvent(reader)).toEqual({ type: 2, state: 3, path: "/a" });
  });

  test("every body is read back as it was written", () => {
    const data = fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));
    const names = fc.uniqueArray(fc.string({ maxLength: 10 }), { maxLength: 5 });
    fc.assert(
      fc.property(anyStat, data, names, fc.string(), (stat, bytes, children, path) => {
        const reader = new JuteReader(
          written((w) => {
            encodeStat(w, stat);
            encodeData(w, bytes, stat);
            encodeChildren(w, new Set(children));
            encodePath(w, path);
            encodePathAndStat(w, path, stat);
          }),
        );
        expect(decodeStat(reader)).toEqual(stat);
        expect(decodeData(reader)).toEqual({ data: bytes, stat });
        expect(decodeChildren(reader)).toEqual(children);
        expect(decodePath(reader)).toBe(path);
        expect(decodePathAndStat(reader)).toEqual({ path, stat });
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test("random bytes are refused with a DecodeError or read, and nothing else", () => {
    const decoders = [
      decodeReplyHeader,
      decodeData,
      decodeChildren,
      decodePathAndStat,
      decodeWatcherEvent,
    ];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom(...decoders),
        (bytes, decode) => {
          const thrown = refusal(() => decode(new JuteReader(Buffer.from(bytes))));
          expect(thrown === null || thrown instanceof DecodeError).toBe(true);
        },
      ),
    );
  });
});
