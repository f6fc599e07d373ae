/**
 * One file of a `FaultDisk`: what programs see, what is durable, and what is in between.
 */
const SECTOR_BYTES = 512;
const EMPTY = Buffer.alloc(0);
/** Most files are small and written to in small pieces. */
const CAPACITY_MIN = 1_024;

/** A change that has not been made durable. */
type Change =
  | { readonly type: "write"; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: "cut"; readonly sizeBytes: number };

export class FaultFile {
  readonly #current = new GrowingBytes();
  readonly #durable = new GrowingBytes();
  #pending: Change[] = [];

  get sizeBytes(): number {
    return this.#current.length;
  }

  /** A copy of what programs see. */
  content(): Buffer {
    return this.#current.copy();
  }

  /** Keeps a copy of the bytes: the caller may use its memory again. */
  write(offset: number, bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    this.#current.write(offset, copy);
    this.#pending.push({ type: "write", offset, bytes: copy });
  }

  cut(sizeBytes: number): void {
    this.#current.cut(sizeBytes);
    this.#pending.push({ type: "cut", sizeBytes });
  }

  /** Makes everything durable. */
  sync(): void {
    for (const change of this.#pending) {
      if (change.type === "cut") this.#durable.cut(change.sizeBytes);
      else this.#durable.write(change.offset, change.bytes);
    }
    this.#pending = [];
  }

  /** Flips bits of one byte for good. */
  rot(offset: number, mask: number): void {
    this.#current.flip(offset, mask);
    this.#durable.flip(offset, mask);
  }

  /**
   * The power fails: of each change that is not durable chance keeps all, nothing, the first bytes,
   * or any sectors. Sectors that are lost before one that is kept read as zeros.
   */
  losePower(random: () => number): void {
    for (const change of this.#pending) {
      if (change.type === "cut") {
        if (random() < 0.5) this.#durable.cut(change.sizeBytes);
      } else {
        keepSome(this.#durable, change.offset, change.bytes, random);
      }
    }
    this.#pending = [];
    this.#current.cut(0);
    this.#current.write(0, this.#durable.copy());
  }
}

function keepSome(file: GrowingBytes, offset: number, bytes: Buffer, random: () => number): void {
  const manner = Math.floor(random() * 4);
  if (manner === 0) return;
  if (manner === 1) {
    file.write(offset, bytes);
    return;
  }
  if (manner === 2) {
    file.write(offset, bytes.subarray(0, Math.floor(random() * (bytes.length + 1))));
    return;
  }
  let start = 0;
  while (start < bytes.length) {
    const end = Math.min(bytes.length, start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES));
    if (random() < 0.5) file.write(offset + start, bytes.subarray(start, end));
    start = end;
  }
}

/** Bytes that grow at their end without being copied each time. */
class GrowingBytes {
  #store = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  copy(): Buffer {
    return Buffer.from(this.#store.subarray(0, this.#length));
  }

  write(offset: number, bytes: Buffer): void {
    const end = offset + bytes.length;
    if (end > this.#store.length) {
      const grown = Buffer.alloc(Math.max(end, this.#store.length * 2, CAPACITY_MIN));
      this.#store.copy(grown, 0, 0, this.#length);
      this.#store = grown;
    }
    bytes.copy(this.#store, offset);
    if (end > this.#length) this.#length = end;
  }

  /** Also makes longer: with zeros, like ftruncate. */
  cut(sizeBytes: number): void {
    if (sizeBytes > this.#length) {
      this.write(sizeBytes, Buffer.alloc(0));
    } else {
      this.#store.fill(0, sizeBytes, this.#length);
      this.#length = sizeBytes;
    }
  }

  flip(offset: number, mask: number): void {
    if (offset >= this.#length) throw new RangeError(`offset ${offset}: the file is shorter`);
    this.#store[offset] = (this.#store[offset] ?? 0) ^ mask;
  }
}
