import { UsageError } from "./errors.ts";

/** What a path may not contain: control characters, surrogates, the private use area, the specials. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** Why this cannot be the path of a znode, in a sentence that says what to change; null if it can. */
export function pathProblem(path: string): string | null {
  if (path === "") return "Path length must be > 0";
  if (!path.startsWith("/")) return "Path must start with / character";
  if (path === "/") return null;
  if (path.endsWith("/")) return "Path must not end with / character";
  const invalid = (reason: string): string => `Invalid path string "${path}": ${reason}`;
  const forbidden = FORBIDDEN.exec(path);
  if (forbidden !== null) return invalid(`a forbidden character at ${forbidden.index}`);
  for (const name of path.slice(1).split("/")) {
    if (name === "") return invalid("an empty name between two slashes");
    if (name === "." || name === "..") return invalid(`the relative name ${name}`);
  }
  return null;
}

/** Throws a `UsageError` for what cannot be the path of a znode; before a number is added, if `sequential`. */
export function checkPath(path: string, sequential = false): void {
  const problem = pathProblem(sequential ? `${path}1` : path);
  if (problem !== null) throw new UsageError(problem);
}
