import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fourLetterWord, FrameError, FrameSplitter } from "./frames.ts";

function frame(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Pushes the chunks, and collects the frames as text. */
function collect(splitter: FrameSplitter, chunks: readonly Buffer[]): string[] {
  const frames: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk, (buffer, start, end) => {
      frames.push(buffer.toString("latin1", start, end));
      return true;
    });
  }
  return frames;
}

describe("FrameSplitter", () => {
  test("cuts any stream into the same frames, however it arrives in chunks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (bodies, sizes, stopEvery) => {
          const stream = Buffer.concat(bodies.map(frame));
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length] as number;
            chunks.push(Buffer.from(stream.subarray(at, at + size)));
            at += size;
          }
          const expected = bodies.map((body) => Buffer.from(body).toString("latin1"));
          expect(collect(new FrameSplitter(40), chunks)).toEqual(expected);

          // The same with a receiver that stops now and then.
          const splitter = new FrameSplitter(40);
          const frames: string[] = [];
          const take = (buffer: Buffer, start: number, end: number): boolean => {
            frames.push(buffer.toString("latin1", start, end));
            return frames.length % stopEvery !== 0;
          };
          for (const chunk of chunks) splitter.push(chunk, take);
          for (let i = 0; i <= bodies.length; i++) splitter.push(Buffer.alloc(0), take);
          expect(frames).toEqual(expected);
          expect(splitter.heldBytes).toBe(0);
        },
      ),
    );
  });

  test("gives a frame that lies whole in a chunk without copying it", () => {
    const chunk = Buffer.concat([frame(Buffer.from("ab")), frame(Buffer.from("c"))]);
    const buffers: Buffer[] = [];
    new FrameSplitter(10).push(chunk, (buffer) => buffers.push(buffer) > 0);
    expect(buffers).toEqual([chunk, chunk]);
    expect(buffers[0]).toBe(chunk);
  });

  test("does not write into the chunks that it was given", () => {
    const whole = frame(Buffer.from("abcdef"));
    const first = Buffer.concat([whole.subarray(0, 6), Buffer.from("....")]).subarray(0, 6);
    const behind = Buffer.from(first.buffer, first.byteOffset, 10);
    const before = behind.toString("latin1");
    expect(collect(new FrameSplitter(10), [first, whole.subarray(6)])).toEqual(["abcdef"]);
    expect(behind.toString("latin1")).toBe(before);
  });

  test("gives the frames before a bad length, then names the length", () => {
    const stream = Buffer.concat([frame(Buffer.from("ok")), Buffer.from("ffffffff", "hex")]);
    const splitter = new FrameSplitter(10);
    const frames: string[] = [];
    const push = (): void =>
      splitter.push(
        stream,
        (buffer, start, end) => frames.push(buffer.toString("latin1", start, end)) > 0,
      );
    expect(push).toThrow(new FrameError(-1, 10));
    expect(frames).toEqual(["ok"]);
  });

  test.each(["7fffffff", "0000000b", "80000000"])("refuses the length %s in pieces too", (hex) => {
    const bytes = Buffer.from(hex, "hex");
    const splitter = new FrameSplitter(10);
    splitter.push(bytes.subarray(0, 3), () => true);
    const act = (): void => splitter.push(bytes.subarray(3), () => true);
    expect(act).toThrow(FrameError);
    expect(splitter.firstWord).toBe(bytes.readInt32BE(0));
  });

  test("sets aside no more than what came for a frame that only claims to be large", () => {
    const splitter = new FrameSplitter(1 << 20);
    splitter.push(Buffer.from("000f000061", "hex"), () => true);
    splitter.push(Buffer.from("62"), () => true);
    expect(splitter.heldBytes).toBeLessThan(10);
  });

  test("shows a four-letter command as the first word, whole or in pieces", () => {
    for (const cut of [1, 2, 3, 4]) {
      const splitter = new FrameSplitter(1 << 20);
      const bytes = Buffer.from("ruok\n");
      const act = (): void => {
        splitter.push(bytes.subarray(0, cut), () => true);
        splitter.push(bytes.subarray(cut), () => true);
      };
      expect(act).toThrow(FrameError);
      expect(fourLetterWord(splitter.firstWord ?? 0)).toBe("ruok");
    }
  });

  test("takes no frame length for a four-letter command", () => {
    expect(fourLetterWord(44)).toBeNull();
    expect(fourLetterWord(-1)).toBeNull();
    const splitter = new FrameSplitter(10);
    splitter.push(frame(Buffer.from("x")), () => true);
    splitter.push(frame(Buffer.from("xyz")), () => true);
    expect(splitter.firstWord).toBe(1);
  });
});
