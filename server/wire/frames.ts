/**
 * Framing: the stream is a sequence of frames.
 *
 * ```
 * frame  int32 length (0 ≤ length ≤ the receiver's limit), length bytes
 * ```
 *
 * A stream may begin with a four-letter command in place of a frame: its four ASCII letters read as a
 * length far above every limit.
 */
const LENGTH_BYTES = 4;
const NOTHING = Buffer.alloc(0);
/** What is set aside at first for a frame that comes in pieces: its length is only a claim so far. */
const FIRST_PIECE_BYTES = 4096;

/** The stream cannot go on: what should be a frame's length is negative or too large. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** The length as it was read: the first word of the stream may be a four-letter command. */
  readonly length: number;

  constructor(length: number, maxBytes: number) {
    super(`frame of length ${length}: expected 0 to ${maxBytes} bytes`);
    this.length = length;
  }
}

/** Gets a frame without its length, at `start` up to `end`. False: no further frames for now. */
export type OnFrame = (buffer: Buffer, start: number, end: number) => boolean;

/**
 * The four-letter command (`ruok`, `srvr`, …) that a stream begins with, null if its first word is a
 * frame's length.
 */
export function fourLetterWord(firstWord: number): string | null {
  let letters = "";
  for (let shift = 24; shift >= 0; shift -= 8) {
    const code = (firstWord >> shift) & 0xff;
    if (code < 0x61 || code > 0x7a) return null;
    letters += String.fromCharCode(code);
  }
  return letters;
}

/**
 * Cuts a stream into frames. A frame that lies whole in a chunk is given as a part of that chunk; only
 * one that straddles chunks is copied together. Holds at most one frame, and what follows a stop.
 */
export class FrameSplitter {
  readonly #maxBytes: number;
  /** What is not yet consumed: the beginning of a frame, or whatever a stop has left. */
  #held: Buffer = NOTHING;
  #heldBytes = 0;
  #stopped = false;
  #firstWord: number | null = null;

  /** Frames longer than `maxBytes` are refused. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The first four bytes of the stream as an int32 (see `fourLetterWord`); null until they came. */
  get firstWord(): number | null {
    return this.#firstWord;
  }
  /** Bytes that wait for the rest of their frame, or for the next `push` after a stop. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Takes bytes (they must not be changed afterwards) and gives every frame that is complete, until
   * `onFrame` says false; what is then left is given at the next `push`, which may be of an empty
   * chunk. Throws a `FrameError` at a length that is not allowed, after the frames before it were
   * given; the stream is then of no use.
   */
  push(chunk: Buffer, onFrame: OnFrame): void {
    if (this.#heldBytes === 0) return this.#split(chunk, 0, onFrame);
    if (this.#stopped) {
      this.#stopped = false;
      return this.#split(Buffer.concat([this.#release(), chunk]), 0, onFrame);
    }
    const used = this.#fill(chunk);
    if (used < 0) return;
    const frame = this.#release();
    if (onFrame(frame, LENGTH_BYTES, frame.length)) return this.#split(chunk, used, onFrame);
    this.#stopped = true;
    this.#hold(chunk, used);
  }

  #split(chunk: Buffer, from: number, onFrame: OnFrame): void {
    let at = from;
    while (chunk.length - at >= LENGTH_BYTES) {
      const length = this.#checkLength(chunk.readInt32BE(at));
      const start = at + LENGTH_BYTES;
      if (length > chunk.length - start) break;
      at = start + length;
      if (!onFrame(chunk, start, at)) {
        this.#stopped = true;
        break;
      }
    }
    this.#hold(chunk, at);
  }

  #checkLength(length: number): number {
    this.#firstWord ??= length;
    if (length < 0 || length > this.#maxBytes) throw new FrameError(length, this.#maxBytes);
    return length;
  }

  /** Brings the held beginning closer to a whole frame: the bytes used, or −1 if it needs more. */
  #fill(chunk: Buffer): number {
    const lengthBytes = this.#append(chunk, 0, LENGTH_BYTES);
    if (this.#heldBytes < LENGTH_BYTES) return -1;
    const wholeBytes = LENGTH_BYTES + this.#checkLength(this.#held.readInt32BE(0));
    const used = lengthBytes + this.#append(chunk, lengthBytes, wholeBytes);
    return this.#heldBytes === wholeBytes ? used : -1;
  }

  /** Copies from the chunk until `wholeBytes` are held, or the chunk ends; gives how many it took. */
  #append(chunk: Buffer, from: number, wholeBytes: number): number {
    const bytes = Math.min(wholeBytes - this.#heldBytes, chunk.length - from);
    if (bytes <= 0) return 0;
    const needed = this.#heldBytes + bytes;
    // A part of somebody's chunk has no room behind it: it is never written into, but moved.
    if (needed > this.#held.length) {
      const room = Math.min(Math.max(wholeBytes, needed), Math.max(2 * needed, FIRST_PIECE_BYTES));
      const moved = Buffer.allocUnsafeSlow(room);
      this.#held.copy(moved, 0, 0, this.#heldBytes);
      this.#held = moved;
    }
    chunk.copy(this.#held, this.#heldBytes, from, from + bytes);
    this.#heldBytes = needed;
    return bytes;
  }

  #hold(chunk: Buffer, from: number): void {
    this.#held = from === chunk.length ? NOTHING : chunk.subarray(from);
    this.#heldBytes = chunk.length - from;
  }
  #release(): Buffer {
    const held = this.#held.subarray(0, this.#heldBytes);
    this.#held = NOTHING;
    this.#heldBytes = 0;
    return held;
  }
}
