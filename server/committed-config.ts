/**
 * Where configurations of the ensemble are found: in the tree, as the data of /zookeeper/config, and in
 * the transactions that put it there.
 */
import type { ServerConfig } from "./config.ts";
import {
  type EnsembleConfig,
  formatEnsembleConfig,
  parseEnsembleConfig,
} from "./ensemble-config.ts";
import { InvariantError } from "./errors.ts";
import type { LogEntry } from "./storage/storage.ts";
import type { DataTree } from "./tree/data-tree.ts";
import { CONFIG_PATH } from "./tree/system-znodes.ts";
import { decodeTxn, isReconfigTxn } from "./tree/txn-codec.ts";

/**
 * The configuration that a reconfiguration has put into the tree; null when there was none yet, for then
 * the file counts. Throws an `EnsembleConfigError` when the data is no configuration.
 */
export function configInTree(tree: Pick<DataTree, "get">): EnsembleConfig | null {
  const data = tree.get(CONFIG_PATH)?.data ?? null;
  if (data === null || data.length === 0) return null;
  const config = parseEnsembleConfig(data.toString("utf8"));
  return config.version === 0 ? null : config;
}

/** The configuration that a transaction of the log proposes; null: it is another transaction. */
export function configInEntry(entry: LogEntry): EnsembleConfig | null {
  if (!isReconfigTxn(entry.bytes)) return null;
  const { body } = decodeTxn(entry.bytes);
  if (body.type !== "reconfig") throw new InvariantError(`a reconfig that is a ${body.type}`);
  const config = parseEnsembleConfig(body.data.toString("utf8"));
  return config.version === 0 ? null : config;
}

/**
 * What the leader of a new epoch has to put into the tree, with `zxid` as its version if it is to count;
 * null: what is there is right. Where servers may be changed at run time the file counts only once, and
 * where they may not, it always does.
 */
export function configToPropose(
  config: ServerConfig,
  tree: Pick<DataTree, "get">,
  zxid: EnsembleConfig["version"],
): EnsembleConfig | null {
  if (config.isStandalone) return null;
  if (config.reconfigEnabled) {
    return configInTree(tree) === null ? { ...config.ensemble, version: zxid } : null;
  }
  const text = tree.get(CONFIG_PATH)?.data?.toString("utf8") ?? "";
  return text === formatEnsembleConfig(config.ensemble) ? null : config.ensemble;
}
