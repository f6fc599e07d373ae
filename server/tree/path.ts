/** Why `path` may not name a znode; null if it may. */
export function validatePath(_path: string, _sequential: boolean): string | null {
  throw new Error("not built yet");
}
/** The path of the znode that `path` is a child of; `/` for its children. `path` is not the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
/** The last element of a path: the name among its parent's children. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
