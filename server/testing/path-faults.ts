/** Paths that are wrong, each in one way, and the operations to try them with. */
import type { Request } from "../wire/request-types.ts";
import { create, exists, getChildren, getData, remove, setData } from "./requests.ts";

export const PATH_FAULTS: Readonly<Record<string, string>> = {
  empty: "",
  relative: "a",
  "relative with a slash": "a/b",
  "double slash": "/a//b",
  "double slash at the start": "//a",
  dot: "/./a",
  "dot at the end": "/a/.",
  "dot dot": "/a/../b",
  "trailing slash": "/a/",
  NUL: "/a\0b",
  "control character": "/a\u0001b",
  "delete character": "/a\u007fb",
  "private use character": "/a\uf8ffb",
  special: "/a\uffff",
};

export const OPERATIONS: Readonly<Record<string, (path: string) => Request>> = {
  create: (path) => create(path),
  createSequential: (path) => create(path, "", 2),
  createEphemeral: (path) => create(path, "", 1),
  delete: (path) => remove(path),
  setData: (path) => setData(path, "x"),
  exists: (path) => exists(path),
  getData: (path) => getData(path),
  getChildren: (path) => getChildren(path),
  getChildren2: (path) => ({ type: "getChildren2", path, watch: false }),
  sync: (path) => ({ type: "sync", path }),
};
