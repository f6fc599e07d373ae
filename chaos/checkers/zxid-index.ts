/**
 * Where in a list of rising zxids a zxid stands, without a map entry per zxid.
 */
export class ZxidIndex {
  readonly #zxids: Float64Array;
  /** Where the last one stood that was found: what is asked for next is mostly near it. */
  #hint = 0;

  /** `zxids` must rise. */
  constructor(zxids: Float64Array) {
    this.#zxids = zxids;
  }

  /** The place of the zxid, from 0; −1 when it is not in the list. */
  indexOf(zxid: number): number {
    const zxids = this.#zxids;
    // Within an epoch zxids have no gaps: the distance of two of them is that of their places.
    const near = this.#hint + zxid - (zxids[this.#hint] ?? 0);
    if (zxids[near] === zxid) return (this.#hint = near);
    const at = this.countUpTo(zxid) - 1;
    if (zxids[at] !== zxid) return -1;
    return (this.#hint = at);
  }

  /** How many are not above the zxid. */
  countUpTo(zxid: number): number {
    const zxids = this.#zxids;
    let low = 0;
    let high = zxids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((zxids[middle] as number) <= zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
