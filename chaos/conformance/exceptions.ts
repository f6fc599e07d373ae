/**
 * The differences that are meant, each with its reason; the README's table has the same. What is not
 * listed is a failure, and so is an exception that does not happen any more.
 */
import type { TargetName } from "./targets.ts";

export interface Exception {
  readonly suite: string;
  /** The case's name. */
  readonly case: string;
  /** Which target differs from ZooKeeper 3.9. */
  readonly target: Exclude<TargetName, "zookeeper-3.9">;
  readonly why: string;
}

const EXISTS_WITHOUT_READ =
  "exists needs the READ permission from 3.9 on, so that who may not read learns nothing; 3.8 asks for none";

const PERSISTENT_WATCHES_SHADOWED =
  "3.8 keeps one mode per watcher and path: a recursive watch takes the place of the persistent one";

export const EXCEPTIONS: readonly Exception[] = [
  {
    suite: "c-client",
    case: "who may do what",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
  {
    suite: "kazoo",
    case: "each permission allows what it is for and nothing else",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
  {
    suite: "kazoo",
    case: "a client without credentials is denied and with them is not",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
  {
    suite: "kazoo",
    case: "ACLs that are none are refused",
    target: "zookeeper-3.8",
    why: "addresses of IPv6 are known to the ip scheme from 3.9 on; 3.8 refuses them",
  },
  {
    suite: "java",
    case: "every permission is needed for its operations",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
  {
    suite: "java",
    case: "digest between two clients",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
  {
    suite: "java",
    case: "acls that are none",
    target: "zookeeper-3.8",
    why: "ip ACLs take IPv6 addresses from 3.9 on",
  },
  {
    suite: "java",
    case: "one event for all kinds of watches on a path",
    target: "zookeeper-3.8",
    why: PERSISTENT_WATCHES_SHADOWED,
  },
  {
    suite: "java",
    case: "persistent becomes recursive and back",
    target: "zookeeper-3.8",
    why: PERSISTENT_WATCHES_SHADOWED,
  },
  {
    suite: "java",
    case: "persistent watches are removed by type",
    target: "zookeeper-3.8",
    why: "persistent watches can be removed by their type from 3.9 on",
  },
  {
    suite: "java",
    case: "a read-only client of a server without quorum",
    target: "reference",
    why:
      "ZooKeeper's read-only server answers a new session with NotReadOnly unless localSessionsEnabled is set, " +
      "so that a read-only client gets in only with a session that it had; ours lets it in",
  },
];
