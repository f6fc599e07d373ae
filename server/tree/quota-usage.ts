/**
 * The znodes that show how much of a quota is used: /zookeeper/quota/PATH/zookeeper_stats. A client
 * creates one, and the tree keeps it: its data change without a transaction of their own, and neither
 * version nor mzxid tells (DataTree.updateQuotaStat and updateQuotaForPath of ZooKeeper).
 */
import { formatQuota, parseQuota, quotaNumber } from "./quota-numbers.ts";
import { statsPathOf } from "./quota-paths.ts";
import type { TreeNode } from "./znode.ts";

type Nodes = ReadonlyMap<string, TreeNode>;

/** Adds to what is shown as used; gives by how many bytes the tree's data have grown. */
export function addUsage(nodes: Nodes, path: string, count: number, bytes: number): number {
  const shown = nodes.get(statsPathOf(path));
  if (shown === undefined) return 0;
  const numbers = parseQuota(shown.data);
  const total = quotaNumber(numbers, "count") + count;
  return show(shown, formatQuota(numbers, total, quotaNumber(numbers, "bytes") + bytes));
}

/** Counts the znode `path` and all below it anew; gives by how many bytes the tree's data have grown. */
export function recountUsage(nodes: Nodes, path: string): number {
  const shown = nodes.get(statsPathOf(path));
  if (shown === undefined) return 0;
  let count = 0;
  let bytes = 0;
  // Not recursive: a path may be as deep as it is long.
  const ahead = [path];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    const node = nodes.get(at);
    if (node === undefined) continue;
    count++;
    bytes += node.dataLength;
    for (const name of node.children) ahead.push(`${at}/${name}`);
  }
  return show(shown, formatQuota(new Map(), count, bytes));
}

function show(node: TreeNode, data: Buffer): number {
  const before = node.dataLength;
  node.data = data;
  return data.length - before;
}
