/**
 * The version after `version`, as a signed 32-bit number. It never is −1, which in a request stands
 * for any version (ZOOKEEPER-4743).
 */
export function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === -1 ? 0 : next;
}
