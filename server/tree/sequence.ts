/**
 * What is appended to the name of a sequential znode: the parent's count of creations as Java's
 * `%010d` writes a signed 32-bit number, whose sign takes one of the ten places.
 */
export function sequenceSuffix(childCreations: number): string {
  return childCreations < 0
    ? `-${String(-childCreations).padStart(9, "0")}`
    : String(childCreations).padStart(10, "0");
}
