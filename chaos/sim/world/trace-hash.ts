import { crc32 } from "node:zlib";

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** A running hash of what happens: 64 bits in two lanes, quick rather than strong. */
export class TraceHash {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#b = (Math.imul(this.#b, 31) + value + (this.#a >>> 15)) | 0;
  }

  /** All 64 bits of a number. */
  number(value: number): void {
    float[0] = value;
    this.word(words[0] as number);
    this.word(words[1] as number);
  }

  bytes(data: Buffer): void {
    this.word(crc32(data));
  }

  text(text: string): void {
    this.word(crc32(text));
  }

  /** 16 hexadecimal digits. */
  get value(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#a) + hex(this.#b);
  }
}
