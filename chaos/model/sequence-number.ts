/**
 * ZooKeeper's counters: signed 32-bit numbers, and how a sequential name shows one.
 */

/** As Java's int holds it. */
export function sequenceWrap(count: number): number {
  return count | 0;
}

/** What follows the path of a sequential znode when so many children were created before it. */
export function sequenceSuffix(creations: number): string {
  const digits = String(Math.abs(creations));
  return creations < 0 ? `-${digits.padStart(9, "0")}` : digits.padStart(10, "0");
}

/** The version after this one; −1 is left out, for in a request it stands for any. */
export function versionAfter(version: number): number {
  const next = sequenceWrap(version + 1);
  return next === -1 ? 0 : next;
}
