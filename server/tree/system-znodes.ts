/**
 * The znodes that are there from the start, before any transaction (DataTree's constructor in
 * ZooKeeper): zxid 0, time 0, and not counted as creations by their parents, so that the root shows
 * cversion −1 and /zookeeper −2.
 */
import { NO_ZXID } from "../ids.ts";
import { OPEN_ACL, READ_ACL } from "./acl.ts";
import { TreeNode } from "./znode.ts";

/** Whose data are the ensemble's configuration. */
export const CONFIG_PATH = "/zookeeper/config";

const SYSTEM_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/zookeeper",
  "/zookeeper/quota",
  CONFIG_PATH,
]);

/** Whether the znode belongs to the system, and can not be deleted. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_PATHS.has(path);
}

/** New system znodes, linked to each other; parents before children. */
export function makeSystemZnodes(): TreeNode[] {
  const [root, zookeeper, quota] = ["/", "/zookeeper", "/zookeeper/quota"].map(
    (path) => new TreeNode(path, Buffer.alloc(0), OPEN_ACL, NO_ZXID, 0),
  ) as [TreeNode, TreeNode, TreeNode];
  const config = new TreeNode(CONFIG_PATH, Buffer.alloc(0), READ_ACL, NO_ZXID, 0);
  // Its ACL was set once, to a version that is not counted.
  config.aversion = -1;
  root.addChild("zookeeper");
  zookeeper.addChild("quota");
  zookeeper.addChild("config");
  return [root, zookeeper, quota, config];
}
