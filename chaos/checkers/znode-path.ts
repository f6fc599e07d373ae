/**
 * Paths of znodes.
 */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Znodes that are there from the start, outside the log. */
export function isSystemPath(path: string): boolean {
  return path === "/" || path === "/zookeeper" || path.startsWith("/zookeeper/");
}
