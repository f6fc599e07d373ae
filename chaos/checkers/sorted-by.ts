/**
 * Sorting by a number: the keys are asked for once and sorted apart from the items. Histories are long,
 * and mostly in nearly the order that is wanted: where it is that order already, nothing is sorted.
 */

/** The items, keys rising; those of the same key keep their order. May be the very array. */
export function sortedBy<T>(items: readonly T[], keyOf: (item: T) => number): readonly T[] {
  const keys = new Float64Array(items.length);
  let rising = true;
  let before = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < keys.length; at++) {
    const key = keyOf(items[at] as T);
    keys[at] = key;
    if (key < before) rising = false;
    before = key;
  }
  if (rising) return items;
  const order = stableOrder(keys);
  const sorted = Array.from<T>({ length: items.length });
  for (let at = 0; at < order.length; at++) sorted[at] = items[order[at] as number] as T;
  return sorted;
}

/** Runs of this length are put in order one by one, and merged from then on. */
const RUN_LENGTH = 16;

/** The places of the keys, in the order of the keys; a merge sort, since that keeps what is equal. */
function stableOrder(keys: Float64Array): Uint32Array {
  const { length } = keys;
  let from = new Uint32Array(length);
  for (let at = 0; at < length; at++) from[at] = at;
  for (let begin = 0; begin < length; begin += RUN_LENGTH) {
    insertionSort(from, keys, begin, Math.min(begin + RUN_LENGTH, length));
  }
  let to = new Uint32Array(length);
  for (let width = RUN_LENGTH; width < length; width *= 2) {
    for (let begin = 0; begin < length; begin += 2 * width) {
      const middle = Math.min(begin + width, length);
      merge(from, to, keys, begin, middle, Math.min(middle + width, length));
    }
    [from, to] = [to, from];
  }
  return from;
}

function keyAt(order: Uint32Array, keys: Float64Array, at: number): number {
  return keys[order[at] as number] as number;
}

function insertionSort(order: Uint32Array, keys: Float64Array, begin: number, end: number): void {
  for (let next = begin + 1; next < end; next++) {
    const place = order[next] as number;
    const key = keys[place] as number;
    let at = next;
    for (; at > begin && keyAt(order, keys, at - 1) > key; at--) {
      order[at] = order[at - 1] as number;
    }
    order[at] = place;
  }
}

/** Merges the two runs that meet at the middle. */
function merge(
  from: Uint32Array,
  to: Uint32Array,
  keys: Float64Array,
  begin: number,
  middle: number,
  end: number,
): void {
  if (middle >= end || keyAt(from, keys, middle - 1) <= keyAt(from, keys, middle)) {
    to.set(from.subarray(begin, end), begin);
    return;
  }
  let left = begin;
  let right = middle;
  for (let at = begin; at < end; at++) {
    const takesLeft =
      right >= end || (left < middle && keyAt(from, keys, left) <= keyAt(from, keys, right));
    to[at] = from[takesLeft ? left++ : right++] as number;
  }
}
