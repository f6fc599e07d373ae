import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZxid, MAX_COUNTER, MAX_EPOCH } from "../ids.ts";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";

/** A primitive with its bytes as the grammar has them. */
const VECTORS: readonly [string, (writer: JuteWriter) => void, string][] = [
  ["a byte", (w) => w.byte(0xfe), "fe"],
  ["true", (w) => w.bool(true), "01"],
  ["a negative int", (w) => w.int(-2), "fffffffe"],
  ["the lowest long", (w) => w.long(-(2n ** 63n)), "8000000000000000"],
  ["an unsigned long above the sign", (w) => w.long(2n ** 63n + 1n), "8000000000000001"],
  ["zero as a long", (w) => w.long(0n), "0000000000000000"],
  ["a zxid", (w) => w.zxid(makeZxid(3, 0xffff_fffe)), "00000003fffffffe"],
  ["zxid -1", (w) => w.zxid(-1), "ffffffffffffffff"],
  ["a null string", (w) => w.string(null), "ffffffff"],
  ["an empty string", (w) => w.string(""), "00000000"],
  ["a string beyond ASCII", (w) => w.string("/é"), "000000032fc3a9"],
  ["a null buffer", (w) => w.buffer(null), "ffffffff"],
  ["a buffer", (w) => w.buffer(Buffer.from([0, 255])), "0000000200ff"],
];

describe("JuteWriter", () => {
  for (const [name, write, hex] of VECTORS) {
    test(`writes ${name}`, () => {
      const writer = new JuteWriter(1);
      write(writer);
      expect(writer.bytes().toString("hex")).toBe(hex);
    });
  }

  test("keeps what it handed out, whatever is written later", () => {
    const writer = new JuteWriter(64);
    writer.string("first");
    const first = writer.take();
    const before = first.toString("hex");
    for (let i = 0; i < 100; i++) {
      writer.string("x".repeat(500));
      if (i % 7 === 0) writer.take();
      if (i % 5 === 0) writer.reset();
    }
    expect(first.toString("hex")).toBe(before);
  });

  test("patches a frame's length that was reserved before the buffer grew and after a take", () => {
    const writer = new JuteWriter(16);
    writer.int(1);
    writer.take();
    const frame = writer.reserveInt();
    writer.raw(Buffer.alloc(50_000, 7));
    writer.endFrame(frame);
    const bytes = writer.take();
    expect(bytes.readInt32BE(0)).toBe(50_000);
    expect(bytes.length).toBe(50_004);
    expect(bytes.subarray(4).every((byte) => byte === 7)).toBe(true);
  });

  test.each([2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN])("refuses %d as an int", (value) => {
    expect(() => new JuteWriter().int(value)).toThrow(RangeError);
  });
  test.each([2 ** 53, 0.5, Number.NaN])("refuses %d as a long", (value) => {
    expect(() => new JuteWriter().longNumber(value)).toThrow(RangeError);
  });
});

describe("JuteReader", () => {
  test("reads back every primitive", () => {
    const unit = fc.constantFrom("a", "/", "\0", "\u007f", "é", "€", "\uffff", "𐀀");
    fc.assert(
      fc.property(
        fc.integer({ min: -128, max: 127 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 0, max: MAX_EPOCH }),
        fc.integer({ min: 0, max: MAX_COUNTER }),
        fc.maxSafeInteger(),
        fc.option(fc.string({ unit, maxLength: 80 })),
        fc.option(fc.uint8Array({ maxLength: 80 })),
        fc.boolean(),
        (byte, int, long, epoch, counter, number, string, bytes, bool) => {
          const writer = new JuteWriter(1);
          writer.byte(byte);
          writer.int(int);
          writer.long(long);
          writer.zxid(makeZxid(epoch, counter));
          writer.longNumber(number);
          writer.string(string);
          writer.buffer(bytes);
          writer.bool(bool);
          const reader = new JuteReader(writer.bytes());
          const back = [
            reader.readByte(),
            reader.readInt(),
            reader.readLong(),
            reader.readZxid(),
            reader.readLongNumber(),
            reader.readString(),
            reader.readBuffer()?.toString("hex"),
            reader.readBool(),
          ];
          const hex = bytes === null ? undefined : Buffer.from(bytes).toString("hex");
          const zxid = makeZxid(epoch, counter);
          expect(back).toEqual([byte, int, long, zxid, number, string, hex, bool]);
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  const BAD: readonly [string, string, (reader: JuteReader) => unknown][] = [
    ["a string of length -2", "fffffffe", (r) => r.readString()],
    ["a string longer than its frame", "0000000461", (r) => r.readString()],
    ["a string of the largest length", "7fffffff61", (r) => r.readString()],
    ["a string that is not UTF-8", "00000002c328", (r) => r.readString()],
    ["an encoded surrogate", "00000003eda080", (r) => r.readString()],
    ["a buffer of length -2", "fffffffe", (r) => r.readBuffer()],
    ["a buffer longer than its frame", "00000002ff", (r) => r.readBuffer()],
    ["a vector of count -2", "fffffffe", (r) => r.readCount(1)],
    ["a vector that its frame cannot hold", "0000000200000000", (r) => r.readCount(4)],
    ["a cut int", "000000", (r) => r.readInt()],
    ["a cut long", "00000000000000", (r) => r.readLong()],
    ["a cut zxid", "00000000000000", (r) => r.readZxid()],
    ["nothing, for a byte", "", (r) => r.readByte()],
  ];
  for (const [name, hex, read] of BAD) {
    test(`refuses ${name}`, () => {
      expect(() => read(new JuteReader(Buffer.from(hex, "hex")))).toThrow(DecodeError);
    });
  }

  test("never reads beyond its end, though the buffer goes on", () => {
    const buffer = Buffer.from("0000000461626364", "hex");
    expect(() => new JuteReader(buffer, 0, 7).readString()).toThrow(DecodeError);
    expect(new JuteReader(buffer, 0, 8).readString()).toBe("abcd");
  });

  test("gives buffers as parts of the frame, not as copies", () => {
    const frame = Buffer.from("0000000100", "hex");
    const data = new JuteReader(frame).readBuffer();
    frame[4] = 9;
    expect(data?.[0]).toBe(9);
  });

  test("leaves a long that is not zero to be read", () => {
    const reader = new JuteReader(Buffer.from("00000000000000000000000000000001", "hex"));
    expect(reader.skipZeroLong()).toBe(true);
    expect(reader.skipZeroLong()).toBe(false);
    expect(reader.readLong()).toBe(1n);
  });
});
