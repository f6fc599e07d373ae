/**
 * Jute, ZooKeeper's serialization: big-endian integers, and strings, buffers and vectors that begin
 * with an int32 length, where −1 stands for null.
 *
 * ```
 * int     int32                        long    int64
 * bool    byte, 0 is false             buffer  int32 length, bytes; −1: null
 * string  a buffer of UTF-8            vector  int32 count, elements; −1: null
 * ```
 */
import { readZxid } from "../ids.ts";
import type { Zxid } from "../ids.ts";

/** Bytes that are not what their format says: too short, a bad length, broken UTF-8. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const COUNTER_SPAN = 0x1_0000_0000;
/** Up to this length a string is copied by a loop; beyond it the call to native code is cheaper. */
const SHORT_STRING_BYTES = 40;
/** What a writer starts with, and takes anew when its buffer was handed out and is nearly used up. */
const CHUNK_BYTES = 16 * 1024;
const MIN_LEFT_BYTES = 1024;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads jute from a part of a buffer. It may be kept and `reset` for every frame. Every read throws a
 * `DecodeError` when the bytes end too early; the reader is then of no use until it is reset.
 */
export class JuteReader {
  #buffer: Buffer;
  #position: number;
  #end: number;

  /** Reads `buffer` from `start` up to, not including, `end`; without them, all of it. */
  constructor(buffer: Buffer, start: number = 0, end: number = buffer.length) {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  /** Goes on with other bytes. */
  reset(buffer: Buffer, start: number, end: number): void {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  /** Where the next read begins, as an offset into the buffer. */
  get position(): number {
    return this.#position;
  }
  /** Bytes that are left. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  readByte(): number {
    const at = this.#take(1);
    return this.#buffer.readInt8(at);
  }
  /** As Java reads it: every byte but 0 is true. */
  readBool(): boolean {
    return this.readByte() !== 0;
  }
  readInt(): number {
    const at = this.#take(4);
    return this.#buffer.readInt32BE(at);
  }
  readLong(): bigint {
    const at = this.#take(8);
    return this.#buffer.readBigInt64BE(at);
  }
  /** Skips a long if it is 0, and says so; else leaves it to be read. */
  skipZeroLong(): boolean {
    const at = this.#take(8);
    if (this.#buffer.readInt32BE(at) === 0 && this.#buffer.readInt32BE(at + 4) === 0) return true;
    this.#position = at;
    return false;
  }
  /** A long that is a zxid: exact up to `MAX_EPOCH`, the nearest double beyond. */
  readZxid(): Zxid {
    const at = this.#take(8);
    return readZxid(this.#buffer, at);
  }
  /** A long that is a number of milliseconds or a count: exact up to 2^53. */
  readLongNumber(): number {
    const at = this.#take(8);
    return this.#buffer.readInt32BE(at) * COUNTER_SPAN + this.#buffer.readUInt32BE(at + 4);
  }

  /** The bytes as they lie in the frame, not copied: they live as long as the whole chunk does. */
  readBuffer(): Buffer | null {
    const length = this.#readLength("buffer");
    if (length < 0) return null;
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** All that is left, as it lies in the frame, not copied. */
  readRest(): Buffer {
    const at = this.#take(this.remaining);
    return this.#buffer.subarray(at, this.#end);
  }

  readString(): string | null {
    const length = this.#readLength("string");
    if (length < 0) return null;
    const start = this.#take(length);
    const end = start + length;
    const buffer = this.#buffer;
    // Paths are nearly always ASCII, and latin1 is the cheapest way to make a string of it.
    for (let at = start; at < end; at++) {
      if ((buffer[at] as number) >= 0x80) return decodeUtf8(buffer.subarray(start, end));
    }
    return buffer.toString("latin1", start, end);
  }

  /**
   * The count of a vector whose elements take at least `elementBytes` each, so that a count that the
   * frame cannot hold is refused before anything is allocated for it. −1 stands for null.
   */
  readCount(elementBytes: number): number {
    const count = this.readInt();
    if (count < -1 || count * elementBytes > this.#end - this.#position) {
      throw new DecodeError(`vector of ${count} elements in ${this.remaining} bytes`);
    }
    return count;
  }

  #readLength(what: string): number {
    const length = this.readInt();
    if (length < -1 || length > this.#end - this.#position) {
      throw new DecodeError(`${what} of length ${length} with ${this.remaining} bytes left`);
    }
    return length;
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (bytes > this.#end - at) {
      throw new DecodeError(`${bytes} bytes wanted, ${this.#end - at} left`);
    }
    this.#position = at + bytes;
    return at;
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // The decoder's only error is the one that is named here.
    throw new DecodeError("string is not valid UTF-8");
  }
}

/**
 * Writes jute into a buffer that grows. Offsets (`length`, `reserveInt`) count from the start of what
 * was not yet handed out by `take`.
 */
export class JuteWriter {
  #buffer: Buffer;
  /** The same memory: numbers are written through it at half the cost. */
  #view: DataView;
  #start = 0;
  #position = 0;

  constructor(initialBytes: number = CHUNK_BYTES) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, 16));
    this.#view = viewOf(this.#buffer);
  }

  /** Bytes written since the last `take` or `reset`. */
  get length(): number {
    return this.#position - this.#start;
  }

  /** Forgets what was written; its memory is written over. */
  reset(): void {
    this.#position = this.#start;
  }
  /** What was written, not copied: valid until the next `reset`, or any write after one. */
  bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#position);
  }
  /** Hands out what was written, for good: the writer goes on behind it, and never changes it. */
  take(): Buffer {
    const taken = this.bytes();
    this.#start = this.#position;
    if (this.#buffer.length - this.#start < MIN_LEFT_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#view = viewOf(this.#buffer);
      this.#start = this.#position = 0;
    }
    return taken;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#position++] = value;
  }
  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }
  /** Throws a `RangeError` for what is not a signed 32-bit integer. */
  int(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`not an int32: ${value}`);
    this.#reserve(4);
    this.#view.setInt32(this.#position, value);
    this.#position += 4;
  }
  long(value: bigint): void {
    this.#reserve(8);
    if (value === 0n) {
      // "No session": most znodes have no owner.
      this.#view.setInt32(this.#position, 0);
      this.#view.setInt32(this.#position + 4, 0);
    } else {
      this.#view.setBigInt64(this.#position, value);
    }
    this.#position += 8;
  }
  /** A zxid as a long; −1 is written as such. */
  zxid(value: number): void {
    this.longNumber(value);
  }
  /** A whole number as a long. Throws a `RangeError` for what is not exact: a fraction, beyond ±2^53. */
  longNumber(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not exact as a long: ${value}`);
    this.#reserve(8);
    const high = Math.floor(value / COUNTER_SPAN);
    this.#view.setInt32(this.#position, high);
    this.#view.setUint32(this.#position + 4, value - high * COUNTER_SPAN);
    this.#position += 8;
  }
  buffer(value: Uint8Array | null): void {
    if (value === null) return this.int(-1);
    this.#reserve(4 + value.length);
    this.#view.setInt32(this.#position, value.length);
    this.#buffer.set(value, this.#position + 4);
    this.#position += 4 + value.length;
  }
  string(value: string | null): void {
    if (value === null) return this.int(-1);
    const length = value.length;
    this.#reserve(4 + 3 * length);
    const from = this.#position + 4;
    const written =
      length <= SHORT_STRING_BYTES && this.#writeAscii(value, from)
        ? length
        : this.#buffer.write(value, from, "utf8");
    this.#view.setInt32(this.#position, written);
    this.#position = from + written;
  }
  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#position);
    this.#position += value.length;
  }

  /** Leaves room for an int that is known later; gives the offset for `patchInt`. */
  reserveInt(): number {
    this.#reserve(4);
    const at = this.length;
    this.#position += 4;
    return at;
  }
  /** Fills in a reserved int. */
  patchInt(at: number, value: number): void {
    this.#view.setInt32(this.#start + at, value);
  }
  /** Ends the frame whose length was reserved at `at`: its length is what follows. */
  endFrame(at: number): void {
    this.patchInt(at, this.length - at - 4);
  }

  /** False when the string is not ASCII; what was written then has to be written over. */
  #writeAscii(value: string, from: number): boolean {
    const buffer = this.#buffer;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      buffer[from + i] = code;
    }
    return true;
  }

  #reserve(bytes: number): void {
    if (bytes > this.#buffer.length - this.#position) this.#grow(bytes);
  }
  #grow(bytes: number): void {
    const length = this.length;
    const grown = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, 2 * length, length + bytes));
    this.#buffer.copy(grown, 0, this.#start, this.#position);
    this.#buffer = grown;
    this.#view = viewOf(grown);
    this.#start = 0;
    this.#position = length;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
