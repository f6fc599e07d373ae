/**
 * What a load writes into znodes: a tag that is unique in the run, a space, and padding up to the
 * wanted size. The tag is what histories and checkers compare, instead of whole values.
 *
 *     w3.1f ..........................
 */

/** The longest tag, in bytes; longer data without a space is tagged by its first 16 bytes. */
export const TAG_MAX_BYTES = 16;

const SPACE = 0x20;
const PADDING = 0x2e;

/** Data of `sizeBytes` (never less than the tag needs) that begins with `tag`. */
export function taggedValue(tag: string, sizeBytes: number): Buffer {
  if (tag.length > TAG_MAX_BYTES || tag.includes(" ")) {
    throw new Error(`tag "${tag}": at most ${TAG_MAX_BYTES} characters and no space`);
  }
  const data = Buffer.alloc(Math.max(sizeBytes, tag.length), PADDING);
  data.write(tag, 0, "latin1");
  if (data.length > tag.length) data[tag.length] = SPACE;
  return data;
}

/** The tag of data as it was read: "" for empty data, null for none. */
export function tagOf(data: Buffer | null): string | null {
  if (data === null) return null;
  const end = Math.min(data.length, TAG_MAX_BYTES);
  let length = 0;
  while (length < end && data[length] !== SPACE) length++;
  return data.toString("latin1", 0, length);
}

/** Gives out tags that no other writer of the run gives out, as long as `writer` is unique. */
export class TagSource {
  readonly #prefix: string;
  #next = 0;

  constructor(writer: number) {
    this.#prefix = `${writer.toString(36)}.`;
  }

  next(): string {
    return this.#prefix + (this.#next++).toString(36);
  }
}
