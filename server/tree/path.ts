/**
 * Paths of znodes: `/` and names, as PathUtils of ZooKeeper allows them.
 */
const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Why `path` may not name a znode, null if it may. For a sequential create the number that will be
 * appended counts: `/a/` is then allowed.
 */
export function validatePath(path: string, sequential: boolean): string | null {
  const checked = sequential ? `${path}1` : path;
  const length = checked.length;
  if (length === 0) return "is empty";
  if (checked.charCodeAt(0) !== SLASH) return "does not start with /";
  if (length === 1) return null;
  let elementStart = 1;
  for (let at = 1; at < length; at++) {
    const code = checked.charCodeAt(at);
    if (code === SLASH) {
      const reason = checkElement(checked, elementStart, at);
      if (reason !== null) return reason;
      elementStart = at + 1;
    } else if ((code < 0x20 || code >= 0x7f) && isForbidden(code)) {
      return `has the forbidden character 0x${code.toString(16)} at ${at}`;
    }
  }
  if (elementStart === length) return "ends with /";
  return checkElement(checked, elementStart, length);
}

/** The path of the znode that `path` is, or would be, a child of; `/` for the root itself. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** The last element of a path: the name among its parent's children. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function checkElement(path: string, start: number, end: number): string | null {
  const length = end - start;
  if (length === 0) return `has an empty element at ${start}`;
  if (length > 2 || path.charCodeAt(start) !== DOT) return null;
  if (length === 2 && path.charCodeAt(start + 1) !== DOT) return null;
  return `has the relative element ${path.slice(start, end)} at ${start}`;
}

/** NUL and control characters, surrogates and the private use area, the specials. */
function isForbidden(code: number): boolean {
  if (code < 0x20) return true;
  if (code <= 0x9f) return code >= 0x7f;
  return (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0;
}
