/**
 * From what is on disk to a server's state at start: the tree holds what the log knows to be
 * committed; what comes after waits for a leader to confirm it, or to cut it.
 */
import { configInTree } from "./committed-config.ts";
import type { ServerConfig } from "./config.ts";
import { type EnsembleConfig, EnsembleConfigError, formatMembers } from "./ensemble-config.ts";
import { formatZxid, type Zxid } from "./ids.ts";
import type { Replica } from "./replica.ts";
import { type LogEntry, type Storage, StorageError } from "./storage/storage.ts";
import { CONFIG_PATH } from "./tree/system-znodes.ts";
import { DecodeError } from "./wire/jute.ts";
import type { ZabRecovered } from "./zab/peer.ts";

export interface Recovery {
  readonly recovered: { readonly lastZxid: Zxid; readonly notes: readonly string[] };
  readonly zab: ZabRecovered;
  /** The servers as they are committed here; those of the file if nothing else is known. */
  readonly ensemble: EnsembleConfig;
}

/** Throws a `StorageError` when the data directory cannot be used. */
export function recover(
  storage: Storage,
  replica: Pick<Replica<never>, "apply" | "restore" | "tree">,
  config: ServerConfig,
): Recovery {
  const entries: LogEntry[] = [];
  const recovered = storage.recover({
    snapshot: (zxid, data) => restoreSnapshot(zxid, data, replica, config),
    // The log's end stays in memory, and its data in the tree: not with the whole file around them.
    entry: ({ zxid, bytes }) => entries.push({ zxid, bytes: Buffer.from(bytes) }),
  });
  const { epochs, committedZxid: committed, snapshotZxid: base } = recovered;
  for (const entry of entries) {
    if (entry.zxid > committed) break;
    applyCommitted(entry, replica, config);
  }
  const ensemble = (config.reconfigEnabled ? readConfig(replica, config) : null) ?? config.ensemble;
  const notes = [...recovered.notes, ...noteOf(ensemble, config, replica)];
  return {
    recovered: { lastZxid: recovered.lastZxid, notes },
    zab: { epochs, committed, entries, base },
    ensemble,
  };
}

/** Its bytes are as they were written: that they make no tree says who wrote them. */
function restoreSnapshot(
  zxid: Zxid,
  data: Buffer,
  replica: Pick<Replica<never>, "restore">,
  { dataDir }: ServerConfig,
): void {
  try {
    replica.restore(data);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new StorageError(
      `the snapshot of ${formatZxid(zxid)} in ${dataDir} cannot be used (${error.message}): keep the ` +
        "directory as evidence; start the version of this server that wrote it, or start with an empty " +
        "directory, and the state is taken over from the others",
    );
  }
}

/** What is committed has been read before: that it cannot be now says who wrote it. */
function applyCommitted(
  entry: LogEntry,
  replica: Pick<Replica<never>, "apply">,
  { dataLogDir }: ServerConfig,
): void {
  try {
    replica.apply(entry);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new StorageError(
      `the log in ${dataLogDir} holds a transaction at ${formatZxid(entry.zxid)} that cannot be read ` +
        `(${error.message}): it was written by a later version of this server, start that one`,
    );
  }
}

/** What an operator should know who looks at the server lines of the file. */
function noteOf(
  ensemble: EnsembleConfig,
  config: ServerConfig,
  replica: Pick<Replica<never>, "tree">,
): readonly string[] {
  const inFile = formatMembers(config.ensemble);
  if (formatMembers(ensemble) !== inFile) {
    const ids = ensemble.members.map(({ id }) => id).join(", ");
    return [
      `the servers are ${ids}, by a reconfiguration: the server lines of the file do not count`,
    ];
  }
  const text = replica.tree.get(CONFIG_PATH)?.data?.toString("utf8") ?? "";
  const isChanged = text !== "" && !text.startsWith(`${inFile}version=`);
  if (config.reconfigEnabled || !isChanged) return [];
  return [`the servers are those of the file, not of ${CONFIG_PATH}: reconfigEnabled is not set`];
}

function readConfig(
  replica: Pick<Replica<never>, "tree">,
  config: ServerConfig,
): EnsembleConfig | null {
  try {
    return configInTree(replica.tree);
  } catch (error) {
    if (!(error instanceof EnsembleConfigError)) throw error;
    throw new StorageError(
      `${CONFIG_PATH} in ${config.dataDir} holds no configuration of the ensemble (${error.message}): ` +
        "with reconfigEnabled=false the servers of the file count instead",
    );
  }
}
