import { ErrorCode } from "../../server/errors.ts";
import type { RequestMethods } from "../client/request-methods.ts";
import { checked, done } from "./errors.ts";

/** Requests that are under way at once while a tree is read. */
const AT_ONCE_MAX = 100;

/** The path of a child. */
export function childPath(path: string, name: string): string {
  return path === "/" ? `/${name}` : `${path}/${name}`;
}

/**
 * The paths below and with `path` in the order of `ls -R`: a znode's children, sorted, before those of
 * the first of them. It is no snapshot: what goes meanwhile is left out. Throws a `CommandError` when
 * `path` itself is not there, and for every other error; the signal's reason when it is aborted.
 */
export async function* walk(
  zk: RequestMethods,
  path: string,
  watch: boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  await done(zk.getData(path, watch), path);
  yield path;
  // A stack of its own, not calls: a tree may be deeper than calls can be.
  const stack = [path];
  for (let parent = stack.pop(); parent !== undefined; parent = stack.pop()) {
    signal.throwIfAborted();
    const children = await childrenOf(zk, parent, watch);
    yield* children;
    stack.push(...children.toReversed());
  }
}

async function childrenOf(zk: RequestMethods, path: string, watch = false): Promise<string[]> {
  const result = await zk.getChildren(path, watch);
  if (result.code === ErrorCode.NoNode) return [];
  const { children } = checked(result, path);
  return (children ?? []).toSorted().map((name) => childPath(path, name));
}

/**
 * The paths below and with `path`, each after its parent; read level by level. Throws as `walk` does.
 */
export async function subtree(
  zk: RequestMethods,
  path: string,
  signal: AbortSignal,
): Promise<string[]> {
  await done(zk.exists(path), path);
  const paths = [path];
  for (let at = 0; at < paths.length;) {
    signal.throwIfAborted();
    const parents = paths.slice(at, at + AT_ONCE_MAX);
    at += parents.length;
    for (const children of await Promise.all(parents.map((parent) => childrenOf(zk, parent)))) {
      for (const child of children) paths.push(child);
    }
  }
  return paths;
}
