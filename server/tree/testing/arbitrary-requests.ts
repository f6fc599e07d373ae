/** Requests on a handful of paths, drawn so that they meet each other often. */
import fc from "fast-check";
import type { PrepareRequest } from "../prepare.ts";
import { create, remove, setData } from "./leader.ts";

const PATHS = ["/a", "/b", "/a/x", "/a/y", "/b/z"] as const;
const anyPath = fc.constantFrom(...PATHS);

/** Creates (ephemeral ones too), deletes, changes of data and rights, and a quota on /a. */
export const arbitraryRequest: fc.Arbitrary<PrepareRequest> = fc.oneof(
  anyPath.map((path) => create(path)),
  anyPath.map((path) => create(path, 1)),
  fc.tuple(anyPath, fc.string({ maxLength: 9 })).map(([path, data]) => setData(path, data)),
  anyPath.map((path) => remove(path)),
  fc.tuple(anyPath, fc.integer({ min: 1, max: 31 })).map(([path, perms]) => ({
    type: "setACL" as const,
    path,
    acl: [{ perms, scheme: "world", id: "anyone" }],
    version: -1,
  })),
  fc.constant(create("/zookeeper/quota/a")),
  fc.constant(create("/zookeeper/quota/a/zookeeper_limits")),
  fc.constant(create("/zookeeper/quota/a/zookeeper_stats")),
);
